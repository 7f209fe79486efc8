"""The form fields of an upload, read strictly. Every reader raises Problem with the field that is wrong."""

import re
from datetime import date
from typing import BinaryIO, TypeVar, cast, get_args

import msgspec

from services.registration.api import parameters
from services.registration.api.access import check_scope
from services.registration.intake import columns, day_bounds
from services.registration.intake.columns import FileKind
from services.registration.intake.files.header import WINDOW
from services.registration.intake.files.reading_options import DateOrder, DecimalMark, ReadingOptions
from services.registration.intake.row_reader import LISTINGS
from services.registration.writer import uploads
from services.registration.writer.remembered_readings import Remembered
from shared.events.text_limits import limit_of
from shared.jakarta import today
from shared.problems import Problem
from shared.security import Principal

MOST_BYTES = 1 << 30
MOST_FORM_BYTES = 64 << 10
"""What an upload's other fields and its boundaries may take beside the file."""
MOST_NAMED = 200
"""Columns that an upload may say the meaning of."""

T = TypeVar("T")


def file_kind(kind: str, principal: Principal) -> str:
    """The kind of file, which the caller has the scope for."""
    kind = columns.ALIASES.get(kind, kind)
    if kind not in columns.KINDS:
        raise Problem(422, "invalid_value", f"kind is one of {', '.join(columns.KINDS)}.", field="kind")
    check_scope(kind, principal)
    return kind


def tries(text: str | None) -> bool:
    """Whether the address asks for a dry run: ?dry_run, ?dry_run=true."""
    if text is None or text.lower() in ("false", "0", "no"):
        return False
    if text.lower() not in ("", "true", "1", "yes"):
        raise Problem(422, "invalid_value", "dry_run is true or false.", field="dry_run")
    return True


def requires_nik(text: str) -> bool:
    asked = text.strip().lower()
    if asked not in ("", "nik"):
        raise Problem(422, "invalid_value", "require is nik, or not given.", field="require")
    return asked == "nik"


def delisting(kind: str, replaces: bool, confirmed: str | None) -> int | None:
    """How many partners may leave the list without asking, as far as the form says so."""
    if replaces and kind not in LISTINGS:
        detail = (
            "Only a list of partners or persons is a whole list; rows of other kinds replace those with their number."
        )
        raise Problem(422, "invalid_value", detail, field="replace")
    text = (confirmed or "").strip()
    if not text:
        return None
    if not replaces or not re.fullmatch(r"[0-9]{1,9}", text):
        detail = "confirm_delisting goes with replace=true and is a number of partners."
        raise Problem(422, "invalid_value", detail, field="confirm_delisting")
    return int(text)


def list_name(name: str | None, filename: str | None) -> str:
    name = (name or "").replace("\x00", "").strip()
    stem = re.sub(r"\.[A-Za-z0-9]+$", "", filename or "")
    found = name or re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "default"
    if len(found) > limit_of("list"):
        raise Problem(422, "too_long", f"A list's name has at most {limit_of('list')} characters.", field="list")
    return found


def day_of_list(text: str | None) -> date:
    """The day of the list; one that none of its rows could have is refused once, not with each of them."""
    day = parameters.day_or_today((text or "").strip(), "list_date")
    refusal = day_bounds.outside("list_date", day, day_bounds.year_ahead(today()))
    if refusal is not None:
        raise Problem(422, refusal.code, refusal.detail, field=refusal.field)
    return day


def reading_options(
    kind: str, sheet: str | None, header_row: str | None, named: str | None, date_order: str | None, decimal: str | None
) -> ReadingOptions:
    """How the file is to be read, as far as the form says so; an empty field is not given."""
    given = _named_columns(kind, named or "")
    return ReadingOptions(
        sheet=_sheet(sheet or ""),
        header_row=_header_row((header_row or "").strip()),
        columns=given,
        date_order=_one_of("date_order", (date_order or "").strip().lower(), get_args(DateOrder)),
        decimal=_one_of("decimal", (decimal or "").strip(), get_args(DecimalMark)),
        forgets=(named or "").strip() != "" and not given,
    )


def _sheet(text: str) -> str | None:
    if len(text) > 200 or "\x00" in text:
        raise Problem(422, "invalid_value", "A sheet's name has at most 200 characters.", field="sheet")
    return text or None


def _header_row(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > WINDOW:
        raise Problem(422, "invalid_value", f"header_row is a line's number from 1 to {WINDOW}.", field="header_row")
    return int(text)


def _one_of(field: str, text: str, known: tuple[T, ...]) -> T | None:
    found = next((each for each in known if each == text), None)
    if text and found is None:
        names = " or ".join(map(str, known))
        raise Problem(422, "invalid_value", f"{field} is {names}, or not given.", field=field)
    return found


def _named_columns(kind: str, text: str) -> dict[str, str]:
    """`{"Nama Toko": "name", "Kode": null}`; null says that the column is not read."""
    if not text.strip():
        return {}
    try:
        given = msgspec.json.decode(text.encode(errors="replace"), type=dict[str, str | None])
    except (msgspec.DecodeError, RecursionError):
        raise _columns_problem("columns is a JSON object: a column's name and what it means.") from None
    if len(given) > MOST_NAMED or any(not name.strip() or len(name) > 200 or "\x00" in name for name in given):
        raise _columns_problem(f"columns names at most {MOST_NAMED} columns, each with at most 200 characters.")
    meanings = columns.usable(kind)
    if unknown := next((meaning for meaning in given.values() if meaning and meaning not in meanings), None):
        raise _columns_problem(f"No column means '{unknown[:40]}' here; it is one of {', '.join(meanings)}.")
    used = [meaning for meaning in given.values() if meaning and meaning != "phone"]
    if len(used) != len(set(used)):
        raise _columns_problem("Two columns cannot have the same meaning.")
    return {name: meaning or "" for name, meaning in given.items()}


def _columns_problem(detail: str) -> Problem:
    return Problem(422, "invalid_value", detail, field="columns")


def check_file(file: BinaryIO, kind: str, options: ReadingOptions, remembered: Remembered) -> None:
    """Refuses at once a file whose beginning shows that no table is in it."""
    refusal = uploads.check(file, cast(FileKind, kind), options, remembered)
    if refusal is not None:
        raise Problem(422, refusal.code, refusal.detail, field=refusal.field)
