"""What of an agency's quarantine is asked for: by reason, kind, upload and text; how much of it there is; one entry."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Query

from services.registration.api.access import check_scope
from services.registration.api.parameters import position
from services.registration.intake import scopes, values
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.problems import Problem, not_found
from shared.security import Principal

PAGE = 500
MOST_READ = 3_000
"""Entries that are opened at most to look for a text: they are sealed, so nothing but opening finds it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries; None is all."""

    import_id: UUID | None = None
    code: str | None = None
    kind: str | None = None
    text: str | None = None

    def means(self, sent: Any) -> bool:
        return self.text is None or any(self.text in each.casefold() for each in _texts(sent))


async def asked(
    import_id: str | None = None,
    code: Annotated[str | None, Query(max_length=40)] = None,
    kind: Annotated[str | None, Query(max_length=60)] = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
) -> Asked:
    """A dependency. Raises Problem for what is no id of an upload."""
    of_import = values.uuid_or_none(import_id) if import_id else None
    if import_id and of_import is None:
        raise Problem(422, "invalid_value", "This import id was not given by us.", field="import_id")
    return Asked(of_import, _readable(code), _readable(kind), _readable((text or "").strip().casefold()))


def _readable(text: str | None) -> str | None:
    """None for nothing; a text with NUL is in no entry and no column."""
    if text and "\x00" in text:
        raise Problem(422, "invalid_value", "The text holds a NUL character.", field="text")
    return text or None


async def find(here: Services, principal: Principal, asked: Asked, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page, the oldest first. `next_cursor` is where to go on, also where a text was not found so far."""
    found: list[dict[str, Any]] = []
    after, read = position(cursor), 0
    while True:
        rows = await _rows(here, principal, asked, after, limit + 1 if asked.text is None else PAGE)
        for row in rows:
            if len(found) == limit:
                return {"items": found, "next_cursor": str(after)}
            after, sent = row["id"], here.vault.open(row["sealed"])
            if asked.means(sent):
                found.append(as_json(row, sent))
        read += len(rows)
        if asked.text is None or len(rows) < PAGE:
            return {"items": found, "next_cursor": None}
        if read >= MOST_READ:
            return {"items": found, "next_cursor": str(after)}


async def find_retried(
    here: Services, principal: Principal, asked: Asked, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of those that were accepted when they were sent again, the oldest first; nothing of them is held."""
    if (asked.code, asked.kind, asked.text) != (None, None, None):
        detail = "What was accepted is not held any more: ask for it by import_id alone."
        raise Problem(422, "invalid_value", detail, field="state")
    known = principal.agency, position(cursor), asked.import_id, scopes.hidden_words(principal.may), limit + 1
    rows = await here.pool.fetch(queries["retried_page"], *known)
    page = rows[:limit]
    return {
        "items": [_as_retried(row) for row in page],
        "next_cursor": str(page[-1]["id"]) if len(rows) > limit else None,
    }


def _as_retried(row: asyncpg.Record) -> dict[str, Any]:
    """What is left of an entry that was accepted: its place, and why it was refused before."""
    return {
        "id": str(row["id"]),
        "type": row["type"],
        "code": row["code"],
        "import_id": str(row["import_id"]) if row["import_id"] else None,
        "line": row["line"],
        "state": "retried",
        "by_itself": row["by_itself"],
        "retried_at": row["retried_at"].isoformat(),
    }


async def _rows(here: Services, principal: Principal, asked: Asked, after: UUID, limit: int) -> list[asyncpg.Record]:
    hidden = scopes.hidden_words(principal.may)
    known = (principal.agency, after, asked.import_id, hidden, asked.kind, limit)
    if asked.code is None:
        return list(await here.pool.fetch(queries["quarantine_page"], *known))
    return list(await here.pool.fetch(queries["quarantine_of_code"], *known, asked.code))


async def count(here: Services, principal: Principal, import_id: UUID | None = None) -> list[dict[str, Any]]:
    """How many entries there are by code and kind, most first."""
    hidden = scopes.hidden_words(principal.may)
    return [
        {"code": row["code"], "type": row["type"], "count": row["count"]}
        for row in await here.pool.fetch(queries["quarantine_counts"], principal.agency, import_id, hidden)
    ]


async def own(here: Services, principal: Principal, entry_id: str) -> asyncpg.Record:
    """The agency's entry; one of a kind that the caller may not send is not for it, unless it was refused for that."""
    asked_for = values.uuid_or_none(entry_id)
    row = await here.pool.fetchrow(queries["quarantined"], asked_for, principal.agency) if asked_for else None
    if row is None:
        raise not_found()
    if row["code"] != "forbidden_type":
        check_scope(row["type"], principal)
    return row


def as_json(row: asyncpg.Record, sent: Any) -> dict[str, Any]:
    """An entry with what was sent: an event, or a row's `cells` under the file's `columns`."""
    is_row = row["import_id"] is not None
    return {
        "id": str(row["id"]),
        "type": row["type"],
        "code": row["code"],
        "field": row["field"],
        "detail": row["detail"],
        "import_id": str(row["import_id"]) if is_row else None,
        "list": row["list"],
        "line": row["line"],
        "event": None if is_row else sent,
        "columns": row["header"],
        "cells": sent["cells"] if is_row else None,
        "version": version_of(row),
        "recorded_at": row["recorded_at"].isoformat(),
        "state": "waiting" if row["retry_at"] is not None else "refused",
        "retried_at": row["retried_at"].isoformat() if row["retried_at"] else None,
    }


def version_of(row: asyncpg.Record) -> str:
    """Another one with every correction, even by what was there already."""
    return sha256(row["sealed"]).hexdigest()[:16]


def _texts(sent: Any) -> list[str]:
    """All values of a JSON value, as texts."""
    match sent:
        case dict():
            return [text for each in sent.values() for text in _texts(each)]
        case list():
            return [text for each in sent for text in _texts(each)]
        case None:
            return []
        case _:
            return [str(sent)]
