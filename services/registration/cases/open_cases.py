"""Cases as they are kept: one for each kind and subject, open until its reason is gone or somebody decides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import msgspec

from services.registration.queries import queries
from shared.database import columns

Kind = Literal["region_conflict", "participant_claimed", "possible_duplicate", "conflict"]
KINDS: Final[tuple[Kind, ...]] = ("region_conflict", "participant_claimed", "possible_duplicate", "conflict")


@dataclass(frozen=True, slots=True)
class Case:
    """A question about `subject` (an id, never a name). Every side has a `region` and the `agencies` behind it; who
    asks sees further codes and ids of a side, but never its agencies. Equal sides must be written in an equal order."""

    id: UUID
    kind: Kind
    subject: str
    sides: Sequence[Mapping[str, Any]]


async def open_cases(db: asyncpg.Connection, cases: Sequence[Case], now: datetime) -> None:
    """Open these, or give them their present sides; one that was decided opens again only for other sides."""
    if cases:
        rows = [(each.id, each.kind, each.subject, msgspec.json.encode(each.sides).decode(), now) for each in cases]
        await db.execute(queries["open_cases"], *columns(rows))


async def close_cases(db: asyncpg.Connection, kind: Kind, subjects: Collection[str], now: datetime) -> None:
    """The reason of these is gone: those that are open are closed without a decision."""
    if subjects:
        await db.execute(queries["close_cases"], kind, list(subjects), now)


async def decided(db: asyncpg.Connection, kind: Kind, subjects: Collection[str]) -> dict[str, str]:
    """What was decided of those of these subjects of which something was."""
    if not subjects:
        return {}
    return {row["subject"]: row["decision"] for row in await db.fetch(queries["decided"], kind, list(subjects))}
