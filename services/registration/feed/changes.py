"""Reading an agency's changes in their order, so that none is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from services.registration.intake import free_text
from services.registration.queries import queries
from services.registration.vault import Vault

TARGET: Final = {"merged": "merged_into", "split": "split_from"}


@dataclass(frozen=True, slots=True)
class Page:
    """Changes of an agency, and the number up to which it has them all."""

    records: Sequence[asyncpg.Record]
    end: int
    is_full: bool


class CursorGone(Exception):
    """Changes after this number are deleted, or the number is of another log."""


async def end(pool: asyncpg.Pool) -> int:
    """The number of the newest change."""
    return int(await pool.fetchval(queries["end_of_changes"]))


async def after(pool: asyncpg.Pool, agency: str, number: int, limit: int, until: int | None = None) -> Page:
    """At most `limit` changes of the agency after this number. Raises CursorGone.

    The end is read before the changes: what commits in between is beyond it. The horizon is read after them: what is
    deleted in between is before it.
    """
    last = await end(pool) if until is None else until
    records = await pool.fetch(queries["changes_after"], agency, number, last, limit)
    if number > last or number < await pool.fetchval(queries["change_horizon"]):
        raise CursorGone
    is_full = len(records) == limit
    return Page(records, records[-1]["number"] if is_full else last, is_full)


async def oldest(pool: asyncpg.Pool) -> int:
    """The number after which all changes are kept."""
    return int(await pool.fetchval(queries["change_horizon"]))


def as_json(vault: Vault, record: asyncpg.Record) -> dict[str, Any]:
    """A change as it leaves the service; refs that look like a person's number are left out."""
    what = record["what"]
    return {
        "id": str(vault.hash("change", record["number"])),
        "what": what,
        "partner_id": str(record["partner_id"]),
        "refs": [ref for ref in record["refs"] if not free_text.has_personal_number(ref)],
        "since": record["since"].isoformat() if record["since"] else None,
        **({TARGET[what]: str(record["other"])} if what in TARGET else {}),
        "recorded_at": record["recorded_at"].isoformat(),
    }
