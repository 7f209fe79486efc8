"""What was refused: by reason, row by row as fields to correct, and sent again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from fastapi import Depends, Query
from starlette.responses import Response

from services.registration.api import quarantine, refused
from services.registration.api.access import sender, services
from services.registration.api.quarantine import Changed, WhichToRetry
from services.registration.api.refused import Asked
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.web import entry_form, words
from services.registration.web.entry_form import Field
from services.registration.web.upload_words import of_row
from shared.problems import Problem
from shared.security import Principal
from shared.web.pages import Page, SignedIn, form_of, pages

router = pages()

SHOWN: Final = 20
WAITS: Final = ("partner_unknown", "unknown_participant")
"""Reasons that go away once something else arrives; the entries are then sent again without anybody's doing."""
SENDABLE: Final = (
    *WAITS,
    *("outside_jurisdiction", "forbidden_type", "too_many_sources", "conflict", "failed"),
    *("event_outside_membership", "programme_not_held", "programme_dropped"),
)
"""Reasons that can be gone without a change of the entry: rights, other data or a failure of ours made them."""
MENDABLE: Final = (409, 422)
"""Statuses of refusals that a person at the form can do something about."""

Sender = Annotated[Principal, Depends(sender)]
Here = Annotated[Services, Depends(services)]


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as people see it."""

    entry: dict[str, Any]
    title: str
    fields: list[Field]

    @property
    def faulty(self) -> list[Field]:
        return [each for each in self.fields if each.is_faulty]


@router.get("/quarantine")
async def list_refused(
    page: SignedIn,
    principal: Sender,
    here: Here,
    asked: Annotated[Asked, Depends(refused.asked)],
    cursor: str | None = None,
    done: Annotated[str, Query(max_length=20)] = "",
    accepted: int = 0,
    rejected: int = 0,
    again: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    counts = await refused.count(here, principal)
    found = await refused.find(here, principal, asked, cursor or None, SHOWN)
    given = _given(asked)
    return page.render(
        "quarantine.html",
        asked=asked,
        reasons=_by(counts, "code"),
        kinds=_by(counts, "type"),
        entries=await _shown(here, found["items"]),
        following=_address(given | {"cursor": found["next_cursor"]}) if found["next_cursor"] else None,
        is_first=not cursor,
        done=done,
        accepted=accepted,
        rejected=rejected,
        following_retry=again,
        waits=WAITS,
        sendable=SENDABLE,
        of_row=of_row,
        of_rows=_codes_of_rows_alone(counts),
        filters=urlencode(given),
        words=words.kinds(page.language),
        names=words.fields(page.language),
    )


@router.post("/quarantine/retry")
async def send_all_again(page: SignedIn, principal: Sender, here: Here) -> Response:
    """Those of one reason, so many at once."""
    given = await form_of(page.request)
    try:
        wanted = WhichToRetry(code=given.get("code") or None, cursor=given.get("cursor") or None)
    except ValueError:
        raise Problem(422, "invalid_value", "This reason was not given by us.", field="code") from None
    result = await quarantine.retry_many(principal, here, wanted)
    counts = {name: str(result[name]) for name in ("accepted", "rejected")}
    shown = {"code": wanted.code, "done": "retried", "again": result["next_cursor"], **counts}
    return page.go_to(_address(shown))


@router.get("/quarantine/{entry_id}")
async def show_entry(page: SignedIn, principal: Sender, here: Here, entry_id: str, back: str = "") -> Response:
    return await _form(page, here, await quarantine.get_entry(entry_id, principal, here), back)


@router.post("/quarantine/{entry_id}")
async def send_again(page: SignedIn, principal: Sender, here: Here, entry_id: str) -> Response:
    """Keeps what was changed and sends the entry again; refused again, the form says why."""
    given = await form_of(page.request)
    back = given.get("back", "")
    entry = await _entry_or_none(principal, here, entry_id)
    if entry is None:
        return page.render("entry_gone.html", status=404)
    if given.get("version", entry["version"]) != entry["version"]:
        return await _form(page, here, entry, back, Changed(), typed=given)
    (shown,) = await _shown(here, [entry])
    try:
        body = entry_form.corrections(entry, shown.fields, given)
        if body is not None:
            await quarantine.correct(entry_id, body, principal, here, entry["version"])
        await quarantine.retry(entry_id, principal, here)
    except Problem as problem:
        if problem.status == 404:  # sent twice at once: the other one was taken
            return page.render("entry_gone.html", status=404)
        if problem.status not in MENDABLE:
            raise
        kept = await _entry_or_none(principal, here, entry_id)
        if isinstance(problem, Changed) and kept is not None:
            return await _form(page, here, kept, back, problem, typed=given)
        return await _form(page, here, kept or entry, back, problem, given)
    return page.go_to(_address(_from_query(back) | {"done": "accepted"}))


@router.post("/quarantine/{entry_id}/delete")
async def give_up(page: SignedIn, principal: Sender, here: Here, entry_id: str) -> Response:
    back = (await form_of(page.request)).get("back", "")
    if await _entry_or_none(principal, here, entry_id) is None:
        return page.render("entry_gone.html", status=404)
    await quarantine.delete_entry(entry_id, principal, here)
    return page.go_to(_address(_from_query(back) | {"done": "deleted"}))


async def _entry_or_none(principal: Principal, here: Services, entry_id: str) -> dict[str, Any] | None:
    try:
        return await quarantine.get_entry(entry_id, principal, here)
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


async def _form(
    page: Page,
    here: Services,
    entry: dict[str, Any],
    back: str,
    problem: Problem | None = None,
    given: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """The form of an entry; after a refusal with its reason and what was typed. `typed`: what was not kept, since
    somebody else corrected the entry."""
    (shown,) = await _shown(here, [entry])
    return page.render(
        "entry.html",
        status=problem.status if problem else 200,
        shown=shown,
        entry=entry,
        given=given or {},
        typed=typed or {},
        code=problem.code if problem else entry["code"],
        detail=problem.detail if problem else entry["detail"],
        field=problem.extra.get("field") if problem else entry["field"],
        is_again=problem is not None,
        is_changed=isinstance(problem, Changed),
        waits=WAITS,
        of_row=of_row,
        surplus=entry_form.surplus(entry),
        sent=msgspec.json.format(msgspec.json.encode(entry["event"] or entry["cells"]), indent=2).decode(),
        back=urlencode(_from_query(back)),
        words=words.kinds(page.language),
        names=words.fields(page.language),
    )


async def _shown(here: Services, entries: Collection[dict[str, Any]]) -> list[Shown]:
    of_files = {UUID(each["import_id"]) for each in entries if each["import_id"]}
    rows = await here.pool.fetch(queries["reported_columns"], list(of_files)) if of_files else []
    reports = {str(row["import_id"]): msgspec.json.decode(row["columns"]) for row in rows}
    found = []
    for entry in entries:
        report = [(name, meaning) for name, meaning, *_ in reports.get(entry["import_id"], [])]
        fields = entry_form.fields(entry, report)
        found.append(Shown(entry, entry_form.title(fields), fields))
    return found


def _by(counts: Collection[dict[str, Any]], name: str) -> dict[str, int]:
    """So many entries by code or by kind, most first."""
    found: dict[str, int] = {}
    for each in counts:
        if each[name] is not None:
            found[each[name]] = found.get(each[name], 0) + each["count"]
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _codes_of_rows_alone(counts: Collection[dict[str, Any]]) -> set[str]:
    """Codes of which no event was refused, only rows of files."""
    of_events = {each["code"] for each in counts if each["type"] is None or "." in each["type"]}
    return {each["code"] for each in counts} - of_events


def _given(asked: Asked) -> dict[str, str]:
    values = {"import_id": asked.import_id, "code": asked.code, "kind": asked.kind, "text": asked.text}
    return {name: str(value) for name, value in values.items() if value is not None}


def _from_query(text: str) -> dict[str, str]:
    """The filters in a query that a form brought back; nothing else leads back to."""
    known = ("import_id", "code", "kind", "text")
    return {name: value for name, value in parse_qsl(text) if name in known}


def _address(given: Mapping[str, str | None]) -> str:
    return "/quarantine?" + urlencode({name: value for name, value in given.items() if value})
