"""What a form of the upload page says, and the file that it sends or sent before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import UploadFile
from starlette.datastructures import FormData

from services.registration.api import import_start, upload_form, uploads
from services.registration.api.import_start import Begun, Declared
from services.registration.runtime import Services
from services.registration.web import upload_words as words
from shared.jakarta import today
from shared.problems import Problem
from shared.security import Principal
from shared.web.language import Language

FIELDS = ("kind", "list", "list_date", "replace", "require", "sheet", "header_row", "upload")


@dataclass(frozen=True)
class Asked:
    """The form as it was filled in; `upload` is the id of a file that we have, `filename` its name."""

    kind: str = ""
    list: str = ""
    list_date: str = ""
    replace: str = ""
    require: str = ""
    sheet: str = ""
    header_row: str = ""
    upload: str = ""
    filename: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    """By field, in the page's language."""

    @classmethod
    def of(cls, form: FormData) -> "Asked":
        texts = {name: text for name in FIELDS if isinstance(text := form.get(name), str)}
        known: Any = {name: texts.get(name, "") for name in FIELDS}
        return cls(**known)

    @classmethod
    def anew(cls, kind: str = "", list: str = "") -> "Asked":
        return cls(kind=kind, list=list, list_date=today().isoformat())

    def with_file(self, upload: str, filename: str) -> "Asked":
        return replace(self, upload=upload, filename=filename)


async def try_out(
    here: Services, principal: Principal, language: Language, asked: Asked, file: UploadFile | None
) -> Begun | Asked:
    """A dry run of the file; or the form with what is wrong. The file stays with us unless it is no list at all."""
    if file is not None and file.filename and file.size:
        await uploads.drop(here, principal, asked.upload)
        upload_id = await uploads.keep_file(here, str(principal.agency), file.filename, file.file)
        asked = replace(asked, upload=str(upload_id), filename=file.filename)
    elif file is not None and file.filename:
        return _with_problem(language, replace(asked, upload=""), Problem(422, "malformed", EMPTY, field="file"))
    if not asked.upload:
        _ = language.gettext
        return replace(asked, problems={"file": _("Choose the file that holds your list.")})
    try:
        declared = _declared(principal, asked)
        return await import_start.begin(here, principal, declared, None, asked.upload)
    except Problem as problem:
        return await _refused(here, principal, language, asked, problem)


EMPTY = "The file is empty."


async def _refused(here: Services, principal: Principal, language: Language, asked: Asked, problem: Problem) -> Asked:
    if problem.status in (401, 403, 429, 503):
        raise problem
    kept = await uploads.kept_file(here, principal, asked.upload)
    if kept is None:
        _ = language.gettext
        return replace(asked, upload="", filename="", problems={"file": _("Choose the file again: we do not have it.")})
    asked = replace(asked, filename=kept["filename"] or "")
    if problem.extra.get("field") == "file" and not words.may_be_read_otherwise(problem.detail):
        await uploads.drop(here, principal, asked.upload)
        asked = replace(asked, upload="", filename="")
    return _with_problem(language, asked, problem)


def _with_problem(language: Language, asked: Asked, problem: Problem) -> Asked:
    _ = language.gettext
    at = problem.extra.get("field")
    if at in ("file", "columns"):
        return replace(asked, problems={"file": words.of_file(_, problem.detail)})
    sentences = {
        "kind": _("Choose what the rows of the file are."),
        "list": _("This name is too long: 200 characters at most."),
        "list_date": _("Write the day as day/month/year, for example 31/12/2025."),
        "replace": _("Only a list of businesses or persons can be a whole list."),
        "header_row": _("Give the number of the line, from 1 to 200."),
        "sheet": _("The file has no such sheet. Choose another one."),
    }
    where = str(at) if at in sentences else "file"
    return replace(
        asked, problems={where: sentences.get(where, words.reason(language, problem.code, problem.detail).meaning)}
    )


def _declared(principal: Principal, asked: Asked) -> Declared:
    kind = upload_form.file_kind(asked.kind, principal)
    replaces = asked.replace == "true"
    return Declared(
        kind=kind,
        list=asked.list or None,
        day=upload_form.day_of_list(asked.list_date),
        needs_nik=upload_form.requires_nik(asked.require),
        dry_run=True,
        replaces=replaces,
        at_most=upload_form.delisting(kind, replaces, None),
        options=upload_form.reading_options(kind, asked.sheet, asked.header_row, None, None, None),
    )


@dataclass(frozen=True)
class Changes:
    """What the preview's form says of how the file is to be read, beside what it was read with."""

    columns: Mapping[str, str]
    sheet: str
    header_row: str
    date_order: str
    decimal: str
    forgets: bool

    @property
    def columns_field(self) -> str | None:
        """As the form field `columns` has it."""
        if self.forgets:
            return "{}"
        return json.dumps({name: meaning or None for name, meaning in self.columns.items()}) if self.columns else None


def changes(form: FormData, shown: list[dict[str, Any]], said: Mapping[str, str]) -> Changes:
    """`shown`: the preview's columns; `said`: header → meaning as said before. A column whose menu was
    changed takes its meaning from whichever column had it."""
    chosen = {at: str(form[f"meaning-{at}"]) for at in range(len(shown)) if f"meaning-{at}" in form}
    changed = {at: meaning for at, meaning in chosen.items() if meaning != (shown[at]["read_as"] or "")}
    taken = {meaning for meaning in changed.values() if meaning and meaning != "phone"}
    columns = {name: meaning for name, meaning in said.items() if meaning not in taken}
    columns |= {shown[at]["header"]: meaning for at, meaning in changed.items() if shown[at]["header"].strip()}
    rest = {name: str(form.get(name, "")) for name in ("sheet", "header_row", "date_order", "decimal")}
    return Changes(columns, **rest, forgets="forget" in form)


def is_changed(changes: Changes, record_options: Mapping[str, Any], read_sheet: str) -> bool:
    """Whether the form asks for another reading than the one that is shown."""
    said = {
        "columns": dict(record_options.get("columns", {})),
        "header_row": str(record_options.get("header_row") or ""),
        "date_order": record_options.get("date_order") or "",
        "decimal": record_options.get("decimal") or "",
    }
    asked = {name: getattr(changes, name) for name in said} | {"columns": dict(changes.columns)}
    return changes.forgets or asked != said or (changes.sheet or read_sheet) != read_sheet
