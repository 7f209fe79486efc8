"""What the handlers write: one call, one query. All of it is in the transaction that the handler was given."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import asyncpg

from services.coverage import ledger, losses
from services.coverage.facts import ClaimFact, DenominatorFact, PartnerFact, StatementFact, TargetFact
from services.coverage.last_seen import LastSeen, lists_of
from services.coverage.members import Side, Sides, sides
from services.coverage.queries import queries
from services.coverage.timelines import EPOCH
from services.coverage.transitions import Stored, Transitions, Version
from shared.database import columns

DAY_ONE = date(1970, 1, 1)
CHUNK_BYTES = 1 << 20
SECOND_BITS = 40
LAST_SECOND = (1 << SECOND_BITS) - 1
COOPERATIVE_LEDGER = ("cooperative", "through", "recorded", "cell", "day", *ledger.MEASURES)


class EnrolmentDetails(NamedTuple):
    """What is kept of an enrolment fact beside its timeline; `first_start`: listed by then or not."""

    agency: str | None
    first_start: str | None
    cooperative: str | None
    channel: str | None


async def store_enrolments(
    db: asyncpg.Connection, newest: dict[str, Version[EnrolmentDetails]]
) -> tuple[dict[str, Stored], dict[str, Sides]]:
    """Store the versions that are newer than what is stored; partner_id → what was stored of it before, and on which
    sides of cooperatives it counted then."""
    rows = [
        (partner_id, number, second, timeline, first_start and _date(first_start), cooperative, channel)
        for partner_id, number, timeline, second, (_, first_start, cooperative, channel) in newest.values()
    ]
    stored = await db.fetch(queries["store_enrolments"], *columns(rows, 7))
    before = {row[0]: sides(row[4], row[5]) for row in stored if row[4] or row[5]}
    return {row[0]: (row[1], row[2], row[3]) for row in stored}, before


async def store_partners(
    db: asyncpg.Connection, newest: dict[str, Version[PartnerFact]]
) -> tuple[dict[str, Stored], dict[str, Sides], dict[str, set[str]]]:
    """The same for partners; beside it partner_id → the lists that named it before."""
    rows = [
        (partner_id, number, second, timeline, fact.region, json.dumps(lists_of(fact)), fact.cooperative_id)
        for partner_id, number, timeline, second, fact in newest.values()
    ]
    stored = await db.fetch(queries["store_partners"], *columns(rows, 7))
    before = {row[0]: sides(row[5]) for row in stored if row[5]}
    return {row[0]: (row[1], row[2], row[3]) for row in stored}, before, {row[0]: set(row[4]) for row in stored}


async def add_to_ledger(db: asyncpg.Connection, transitions: Transitions) -> None:
    """Append the differences that these transitions make, as one batch."""
    rows = await asyncio.to_thread(ledger.differences, transitions)
    if len(rows):
        rows = ledger.within_integers(rows)
        number = await db.fetchval(queries["open_batch"], len(rows), ledger.places(rows))
        source = _chunks(await asyncio.to_thread(ledger.binary_copy, number, rows))
        await db.copy_to_table("ledger", source=source, columns=ledger.COLUMNS, format="binary")


async def add_losses(db: asyncpg.Connection, transitions: Transitions) -> None:
    """Append who leaves a cell by these transitions, and for which one."""
    rows = await asyncio.to_thread(losses.differences, transitions)
    if len(rows):
        source = _chunks(await asyncio.to_thread(losses.binary_copy, rows))
        await db.copy_to_table("losses", source=source, columns=losses.COLUMNS, format="binary")


async def add_to_cooperatives(db: asyncpg.Connection, moved: Iterable[tuple[Side, Transitions]]) -> None:
    """Append what these transitions change for each side of a cooperative."""
    records = await asyncio.to_thread(_cooperative_rows, moved)
    if records:
        await db.copy_records_to_table("cooperative_ledger", records=records, columns=COOPERATIVE_LEDGER)


def _cooperative_rows(moved: Iterable[tuple[Side, Transitions]]) -> list[tuple[Any, ...]]:
    """The rows of all sides, summed at once: the number of the side stands above the bits of the second."""
    found, joint = [], Transitions([], [], [])
    for number, (side, own) in enumerate(moved):
        found.append(side)
        joint.before.extend(own.before)
        joint.after.extend(own.after)
        joint.recorded.extend(number << SECOND_BITS | second for second in own.recorded)
    rows = ledger.within_integers(ledger.differences(joint)).tolist()
    return [
        (*found[joined >> SECOND_BITS], joined & LAST_SECOND, cell, date.fromordinal(day + EPOCH), *measures)
        for joined, cell, day, *measures in rows
    ]


async def add_merges(db: asyncpg.Connection, versions: Iterable[tuple[PartnerFact, int]]) -> None:
    """Keep which id answers for each merged partner, since which second."""
    rows = [(fact.partner_id, fact.version, second, fact.merged_into) for fact, second in versions if fact.merged_into]
    if rows:
        await db.execute(queries["add_merges"], *columns(rows))


async def record_last_seen(db: asyncpg.Connection, topic: str, partition: int, agencies: dict[str, LastSeen]) -> None:
    if agencies:
        rows = [(agency, seen.second, DAY_ONE + timedelta(seen.day), seen.events) for agency, seen in agencies.items()]
        await db.execute(queries["record_last_seen"], topic, partition, *columns(rows, 4))


async def add_claims(db: asyncpg.Connection, versions: dict[tuple[str, int], ClaimFact]) -> list[tuple[ClaimFact, int]]:
    """Add the versions of claims that are not kept yet; these, with their seconds."""
    rows = [
        (*key, second_of(c), c.region, c.programme, c.segment, c.status, c.amount, c.occurred_on, c.tenure_months)
        for key, c in sorted(versions.items())
    ]
    added = await db.fetch(queries["add_claims"], *columns(rows, 10))
    return [(versions[str(row["claim_id"]), row["version"]], row["recorded"]) for row in added]


async def add_denominators(db: asyncpg.Connection, facts: Sequence[DenominatorFact]) -> None:
    await db.executemany(
        queries["add_denominator"],
        [(d.region, d.measure, d.as_of, d.source, d.value, d.status, d.agency, second_of(d)) for d in facts],
    )


async def add_targets(db: asyncpg.Connection, facts: Sequence[TargetFact]) -> None:
    await db.executemany(
        queries["add_target"],
        [(t.region, t.measure, t.start, t.until, t.source, t.value, t.list, t.agency, second_of(t)) for t in facts],
    )


async def first_seen(db: asyncpg.Connection, event_ids: Sequence[str]) -> list[str]:
    """Those of these events that were not delivered before."""
    return [row["event_id"] for row in await db.fetch(queries["first_seen"], sorted(event_ids))]


def second_of(fact: ClaimFact | DenominatorFact | TargetFact | StatementFact) -> int:
    """The second that the fact was recorded in, since 1970."""
    return int(fact.recorded_at.timestamp())


@lru_cache(maxsize=200_000)
def _date(text: str) -> date:
    return date.fromisoformat(text)


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), CHUNK_BYTES):
        yield data[at : at + CHUNK_BYTES]
