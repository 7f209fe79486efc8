"""Cases for a person to decide: what is known of each side beside each other, and what follows from each answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Query
from starlette.responses import Response

from services.registration.api import cases, partners
from services.registration.api.access import overseer, services
from services.registration.api.cases import Decided
from services.registration.runtime import Services
from services.registration.web import words
from shared.problems import Problem
from shared.security import Principal
from shared.web.pages import SignedIn, form_of, pages, sent_form

router = pages()

SHOWN: Final = 10
MOST_COMPARED: Final = 4
"""Sides of which every fact is set beside the others'; of more of them only name and region are shown."""
COMPARED: Final = ("name", "kind", "scale", "nib", "nik", "workers", "person", "phone", "email", "lists")
NOT_SHOWN: Final = "nik"
"""A number of which only whether it was sent is shown."""
OF_IDENTITY: Final = ("possible_duplicate", "conflict")

Decider = Annotated[Principal, Depends(overseer)]
Here = Annotated[Services, Depends(services)]


@dataclass(frozen=True, slots=True)
class Side:
    """`facts` are empty for what is not the reader's to see: then only that there is another listing."""

    region: str
    region_name: str
    partner: str | None
    agencies: Collection[str]
    is_own: bool
    facts: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.facts.get("name", "")


@dataclass(frozen=True, slots=True)
class Shown:
    case: dict[str, Any]
    sides: list[Side]
    about: Side | None
    """The partner that a question about its region is about."""

    @property
    def title(self) -> str:
        return next((side.name for side in (self.about, *self.sides) if side and side.name), "")

    @property
    def rows(self) -> list[tuple[str, list[str], bool]]:
        """(fact, its value of each side, whether sides that are seen differ in it)."""
        found = []
        for fact in COMPARED:
            values = [side.facts.get(fact, "") for side in self.sides]
            seen = {value.casefold() for value in values if value}
            if seen:
                found.append((fact, values, len(seen) > 1))
        return found


@router.get("/cases")
async def list_cases(
    page: SignedIn,
    principal: Decider,
    here: Here,
    state: Literal["open", "closed"] = "open",
    cursor: str | None = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    found = await cases.list_cases(principal, here, state, cursor or None, SHOWN)
    return page.render(
        "cases.html",
        state=state,
        done=done,
        cases=await _shown(here, principal, found["items"]),
        cursor=found["next_cursor"],
        is_first=not cursor,
        of_identity=OF_IDENTITY,
        most_compared=MOST_COMPARED,
        not_shown=NOT_SHOWN,
        names=words.fields(page.language),
        kinds=words.kinds(page.language),
        scales=words.scales(page.language),
    )


@router.post("/cases/{case_id}")
async def decide(page: SignedIn, principal: Decider, here: Here, case_id: str) -> Response:
    form = await sent_form(page.request)
    decision = (await form_of(page.request)).get("decision", "")[:20]
    chosen = [each for each in form.getlist("partners") if isinstance(each, str)]
    try:
        body = Decided.model_validate({"decision": decision, "partners": chosen})
    except ValueError:
        raise Problem(422, "invalid_value", "Choose one of the answers.", field="decision") from None
    await cases.decide_case(case_id, body, principal, here)
    return page.go_to("/cases?done=decided")


async def _shown(here: Services, principal: Principal, found: Collection[dict[str, Any]]) -> list[Shown]:
    """With what the reader itself listed of each side, or all of it for the administrator."""
    ids = {side["partner"] for case in found for side in case["sides"] if "partner" in side}
    ids |= {case["subject"] for case in found if case["kind"] == "region_conflict"}
    known = {each["id"]: each for each in await partners.of_ids(here, principal.agency, ids)} if ids else {}
    return [_one(here, case, known) for case in found]


def _one(here: Services, case: dict[str, Any], known: Mapping[str, dict[str, Any]]) -> Shown:
    sides = [_side(here, side, known.get(side.get("partner", ""))) for side in case["sides"]]
    about = None
    if case["kind"] == "region_conflict" and case["subject"] in known:
        about = _side(here, {"region": "", "partner": case["subject"], "own": True}, known[case["subject"]])
    return Shown(case, sides, about)


def _side(here: Services, side: Mapping[str, Any], partner: Mapping[str, Any] | None) -> Side:
    region = here.regions.get(side["region"])
    return Side(
        side["region"],
        region.name if region else side["region"],
        side.get("partner"),
        side.get("agencies", ()),
        side.get("own", False),
        _facts(partner) if partner else {},
    )


def _facts(partner: Mapping[str, Any]) -> dict[str, str]:
    """What of a partner two sides are compared by, as texts; empty where nothing is known."""
    contact, workers = partner["contact"], partner["workers"] or {}
    values = {
        "name": partner["name"],
        "kind": partner["kind"],
        "scale": partner["scale"],
        "nib": partner["nib"],
        NOT_SHOWN: "given" if partner.get("has_nik") else None,
        "workers": workers.get("total"),
        **{name: contact.get(name) for name in ("person", "phone", "email")},
        "lists": ", ".join(each["list"] for each in partner["lists"]),
    }
    return {name: str(value) for name, value in values.items() if value not in (None, "")}
