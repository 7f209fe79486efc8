"""The form fields of an upload, read strictly. Every reader raises Problem with the field that is wrong."""

import re
from datetime import date

from fastapi import UploadFile

from services.registration.api import parameters
from services.registration.api.access import check_scope
from services.registration.intake import columns, tables
from shared.events.text_limits import limit_of
from shared.problems import Problem
from shared.security import Principal

MOST_BYTES = 64 << 20
MOST_FORM_BYTES = 64 << 10
"""What an upload's other fields and its boundaries may take beside the file."""


def file_kind(kind: str, principal: Principal) -> str:
    """The kind of file, which the caller has the scope for."""
    kind = columns.ALIASES.get(kind, kind)
    if kind not in columns.KINDS:
        raise Problem(422, "invalid_value", f"kind is one of {', '.join(columns.KINDS)}.", field="kind")
    check_scope(kind, principal)
    return kind


def requires_nik(text: str) -> bool:
    asked = text.strip().lower()
    if asked not in ("", "nik"):
        raise Problem(422, "invalid_value", "require is nik, or not given.", field="require")
    return asked == "nik"


def list_name(name: str | None, filename: str | None) -> str:
    name = (name or "").replace("\x00", "").strip()
    stem = re.sub(r"\.[A-Za-z0-9]+$", "", filename or "")
    found = name or re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "default"
    if len(found) > limit_of("list"):
        raise Problem(422, "too_long", f"A list's name has at most {limit_of('list')} characters.", field="list")
    return found


def day_of_list(text: str | None) -> date:
    return parameters.day_or_today((text or "").strip(), "list_date")


async def file_content(file: UploadFile) -> bytes:
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Problem(413, "too_large", f"A file has at most {MOST_BYTES >> 20} MiB: send it in parts.", field="file")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Problem(415, "unsupported_media_type", "This is a workbook: save it as CSV and send that.", field="file")
    return content


def check_header(kind: str, content: bytes) -> None:
    """Refuses at once a file in which no header can be found."""
    refusal = tables.without_header(content, lambda name: columns.recognised(kind, name))
    if refusal is not None:
        raise Problem(422, refusal.code, refusal.detail, field=refusal.field)
