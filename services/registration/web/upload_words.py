"""What the pages call what becomes of a file: why a line was skipped, states, refusals; in plain words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from shared.web import reasons
from shared.web.language import Language

Text = Callable[[str], str]


def skipped(_: Text) -> dict[str, str]:
    """Why a line was no row → in words."""
    return {
        "blank": _("empty lines"),
        "sum": _("lines with sums"),
        "column_numbers": _("lines that number the columns"),
        "repeated_header": _("repeated headings"),
        "section_title": _("titles of sections"),
        "note": _("notes and signatures"),
    }


def states(_: Text) -> dict[str, str]:
    """State of an upload → in words."""
    return {
        "queued": _("waits for its turn"),
        "running": _("is being worked on"),
        "waiting": _("waits for your answer"),
        "done": _("done"),
        "cancelled": _("cancelled"),
        "failed": _("failed"),
    }


def accepted_as(_: Text, upload: Mapping[str, Any] | asyncpg.Record) -> list[tuple[str, int]]:
    """What became of the accepted rows, as (words, rows); together they are all of them, a row in one part only.

    A list's `created` counts businesses: of a row that changed into a new one only that it is new is said."""
    left: int = upload["accepted"]
    parts = []
    for name in ("created", "unchanged", "replaced"):
        rows = min(upload[name], left)
        left -= rows
        parts.append(rows)
    new, unchanged, changed = parts
    match upload["kind"]:
        case "partners":
            said = [(_("new businesses"), new), (_("joined to a business that you had listed"), left)]
        case "persons":
            said = [(_("new persons"), new), (_("joined to a person that you had listed"), left)]
        case _other:
            said, changed = [(_("newly recorded"), new)], changed + left
    said += [(_("changed or added to"), changed), (_("unchanged"), unchanged)]
    return [(words, rows) for words, rows in said if rows]


@dataclass(frozen=True)
class Reason:
    """Why something was refused: what is wrong, and what to do."""

    meaning: str
    action: str


def reason(language: Language, code: str, detail: str | None) -> Reason:
    """In the page's language; `detail` is what was said of this very row or file."""
    meaning, action = reasons.in_words(code, language.code)
    return Reason(language.sentence(detail) if detail else meaning, of_row(action))


def of_row(action: str) -> str:
    """What to do about a row, without what is for programs that send events.

    >>> of_row("Write 5. In an event, send a whole number.")
    'Write 5.'
    """
    return re.sub(r" (?:In an event|Dalam kejadian), [^.]*[.]", "", action)


def warning(language: Language, code: str) -> str:
    return reasons.in_words(code, language.code)[0]


_OF_FILES: Final = (
    (r"The file is empty.", "empty"),
    (r"This (?:workbook|archive) is protected by a password.*", "password"),
    (r"No (?:header|object has).*", "header"),
    (r"No column names a business.*", "names"),
    (r"This is a table of totals.*", "totals"),
    (r"This file is damaged.*", "damaged"),
    (r"In line (?P<line>\d+) another table.*", "another"),
    (r"Two tables stand beside.*", "beside"),
    (r"(?:This archive does not hold exactly one|This archive holds).*", "several"),
    (r".*(?:unpacks to more than|needs more memory|has at most [\d,]+ rows).*", "large"),
    (r"These are events.*", "events"),
    (r"This is .*not a (?:table|workbook).*", "other"),
    (r"(?:Line \d+ holds no column names|A file of JSON objects has no line).*", "header_row"),
    (r"The workbook has no sheet.*|Only workbooks have sheets.*", "sheet"),
    (r"The file has no column.*", "column"),
)


def may_be_read_otherwise(detail: str) -> bool:
    """Whether a refused file may be a list all the same, if only more is said of it."""
    found = _of_file(detail)
    return found is None or found[0] in ("header", "names", "header_row", "sheet", "column")


def _of_file(detail: str) -> tuple[str, re.Match[str]] | None:
    return next(((name, match) for shape, name in _OF_FILES if (match := re.fullmatch(shape, detail, re.S))), None)


def of_file(_: Text, detail: str) -> str:
    """What is wrong with a file, as its refusal says it, in the page's language."""
    found = _of_file(detail)
    if found is None:
        return _("This file cannot be read. Save it as an Excel workbook (.xlsx) and choose that one.")
    name, match = found
    sentences = {
        "empty": _("This file is empty. Choose the file that holds your list."),
        "password": _("This file is protected by a password. Save it without one, then choose it again."),
        "header": _(
            "We find no line of column names in this file. Give the line's number below, or rename the columns as in "
            "the example file."
        ),
        "names": _(
            "No column holds names of businesses or persons. Is this the right kind of list? Otherwise name that "
            "column as in the example file."
        ),
        "totals": _("This is a table of totals. Choose the list of the businesses themselves, one on each row."),
        "damaged": _("This file is damaged or did not arrive whole. Open it, save it again, and choose that one."),
        "another": _("Further down in this file another table begins. Save each table as a file of its own."),
        "beside": _("Two tables stand beside each other in this file. Put one below the other, under one header."),
        "several": _("This archive holds more than one file. Choose one table at a time."),
        "large": _("This file is too large to be read at once. Send it in parts."),
        "events": _("These are events for programs, not rows of a list. Choose an Excel or CSV file."),
        "other": _(
            "This is no table: perhaps a photo, a PDF or a letter. Choose the Excel or CSV file that holds the list."
        ),
        "header_row": _("There are no column names in the line that you gave. Correct its number or leave it empty."),
        "sheet": _("The file has no such sheet. Choose another one."),
        "column": _("The file does not have this column any more. Read it as we find it."),
    }
    where = f" ({match['line']})" if "line" in match.groupdict() and match["line"] else ""
    return sentences[name] + where
