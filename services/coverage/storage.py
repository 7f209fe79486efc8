"""What the handlers write: one call, one query. All of it is in the transaction that the handler was given."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

import asyncpg

from services.coverage import ledger
from services.coverage.facts import PartnerFact
from services.coverage.last_seen import LastSeen, lists_of
from services.coverage.queries import queries
from services.coverage.transitions import Stored, Transitions, Version
from shared.database import columns
from shared.events.claims import Claim
from shared.events.reference import Agreement, Briefing, Denominator, Target

DAY_ONE = date(1970, 1, 1)
CHUNK_BYTES = 1 << 20

EnrolmentDetails = tuple[str | None, str | None]
"""What is kept of an enrolment fact beside its timeline: its agency, and its first start, listed by then or not."""


async def store_enrolments(db: asyncpg.Connection, newest: dict[str, Version[EnrolmentDetails]]) -> dict[str, Stored]:
    """Store the versions that are newer than what is stored; partner_id → what was stored of it before."""
    rows = [
        (partner_id, number, second, timeline, first_start and _date(first_start))
        for partner_id, number, timeline, second, (_, first_start) in newest.values()
    ]
    stored = await db.fetch(queries["store_enrolments"], *columns(rows, 5))
    return {partner_id: (version, second, timeline) for partner_id, version, second, timeline in stored}


async def store_partners(
    db: asyncpg.Connection, newest: dict[str, Version[PartnerFact]]
) -> tuple[dict[str, Stored], dict[str, set[str]]]:
    """The same for partners; beside it partner_id → the lists that named it before."""
    rows = [
        (partner_id, number, second, timeline, fact.region, json.dumps(lists_of(fact)))
        for partner_id, number, timeline, second, fact in newest.values()
    ]
    stored = await db.fetch(queries["store_partners"], *columns(rows, 6))
    return {row[0]: (row[1], row[2], row[3]) for row in stored}, {row[0]: set(row[4]) for row in stored}


async def add_to_ledger(db: asyncpg.Connection, transitions: Transitions) -> None:
    """Append the differences that these transitions make, as one batch."""
    rows = await asyncio.to_thread(ledger.differences, transitions)
    if len(rows):
        number = await db.fetchval(queries["open_batch"], len(rows), ledger.places(rows))
        source = _chunks(await asyncio.to_thread(ledger.binary_copy, number, rows))
        await db.copy_to_table("ledger", source=source, columns=ledger.COLUMNS, format="binary")


async def record_last_seen(db: asyncpg.Connection, topic: str, partition: int, agencies: dict[str, LastSeen]) -> None:
    if agencies:
        rows = [(agency, seen.second, DAY_ONE + timedelta(seen.day), seen.events) for agency, seen in agencies.items()]
        await db.execute(queries["record_last_seen"], topic, partition, *columns(rows, 4))


async def add_claims(db: asyncpg.Connection, versions: dict[tuple[str, int], Claim]) -> list[tuple[Claim, int]]:
    """Add the versions of claims that are not kept yet; these, with their seconds."""
    rows = [
        (*key, second_of(c), c.region, c.programme, c.segment, c.status, c.amount, c.occurred_on, c.tenure_months)
        for key, c in sorted(versions.items())
    ]
    added = await db.fetch(queries["add_claims"], *columns(rows, 10))
    return [(versions[str(row["claim_id"]), row["version"]], row["recorded"]) for row in added]


async def add_denominators(db: asyncpg.Connection, facts: Sequence[Denominator]) -> None:
    await db.executemany(
        queries["add_denominator"],
        [(d.region, d.measure, d.as_of, d.source, d.value, d.status, d.agency, second_of(d)) for d in facts],
    )


async def add_targets(db: asyncpg.Connection, facts: Sequence[Target]) -> None:
    await db.executemany(
        queries["add_target"],
        [(t.region, t.measure, t.start, t.until, t.source, t.value, t.list, t.agency, second_of(t)) for t in facts],
    )


async def first_seen(db: asyncpg.Connection, event_ids: Sequence[str]) -> list[str]:
    """Those of these events that were not delivered before."""
    return [row["event_id"] for row in await db.fetch(queries["first_seen"], sorted(event_ids))]


def second_of(fact: Claim | Denominator | Target | Briefing | Agreement) -> int:
    """The second that the fact was recorded in, since 1970."""
    return int(fact.recorded_at.timestamp())


@lru_cache(maxsize=200_000)
def _date(text: str) -> date:
    return date.fromisoformat(text)


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), CHUNK_BYTES):
        yield data[at : at + CHUNK_BYTES]
