"""What the handlers write: one call, one query. All of it is in the transaction that the handler was given."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

import asyncpg
import msgspec
import numpy as np

from services.coverage import ledger, losses, movements
from services.coverage.aside import aside
from services.coverage.facts import (
    BriefingFact,
    ClaimFact,
    DenominatorFact,
    OutreachFact,
    StatementFact,
    TargetFact,
)
from services.coverage.last_seen import LastSeen
from services.coverage.members import Side, Sides, sides
from services.coverage.queries import queries
from services.coverage.sources import Listing, Named, Names
from services.coverage.stays import Changes
from services.coverage.timelines import EPOCH
from services.coverage.transitions import Stored, Transitions, Version
from shared.database import columns

Recorded = ClaimFact | DenominatorFact | TargetFact | BriefingFact | OutreachFact | StatementFact

CHUNK_BYTES = 1 << 20
SECOND_BITS = 40
LAST_SECOND = (1 << SECOND_BITS) - 1
COOPERATIVE_LEDGER = ("cooperative", "through", "recorded", "cell", "day", *ledger.MEASURES)


class EnrolmentDetails(msgspec.Struct, frozen=True, gc=False):
    """What is kept of an enrolment fact beside its timeline; `first_start`: the day's number, listed by then or not;
    `sides`: of its `cooperative` and `channel`."""

    agency: str | None
    first_start: int | None
    cooperative: str | None
    channel: str | None
    sides: Sides


class Before(NamedTuple):
    """What was stored before of the partners of which there is a newer version, by partner_id: the version; of those
    that counted for cooperatives on which sides; and of a listing its lists."""

    stored: dict[str, Stored]
    sides: dict[str, Sides]
    lists: dict[str, Names]


async def store_enrolments(db: asyncpg.Connection, newest: dict[str, Version[EnrolmentDetails]]) -> Before:
    """Store the versions that are newer than what is stored."""
    ids, numbers, timelines, seconds, sources, details = columns(newest.values(), 6)
    first_starts = [each.first_start for each in details]
    cooperatives, channels = [each.cooperative for each in details], [each.channel for each in details]
    stored = await db.fetch(
        queries["store_enrolments"], ids, numbers, seconds, timelines, first_starts, cooperatives, channels, sources
    )
    before = {row[0]: sides(row[5], row[6]) for row in stored if row[5] or row[6]}
    return Before({row[0]: row[1:5] for row in stored}, before, {})


async def store_partners(db: asyncpg.Connection, newest: dict[str, Version[Listing]]) -> Before:
    """The same for partners."""
    ids, numbers, timelines, seconds, sources, listings = columns(newest.values(), 6)
    lists, cooperatives = [_array(names) for _, names, _ in listings], [fact.cooperative_id for fact, _, _ in listings]
    regions = [fact.region for fact, _, _ in listings]
    stored = await db.fetch(
        queries["store_partners"], ids, numbers, seconds, timelines, regions, lists, cooperatives, sources
    )
    before = {row[0]: sides(row[6]) for row in stored if row[6]}
    lists_before = {row[0]: tuple(row[5]) for row in stored}
    return Before({row[0]: row[1:5] for row in stored}, before, lists_before)


@lru_cache(maxsize=10_000)
def _array(texts: Names) -> str:
    """The texts as PostgreSQL writes an array, which is the cheapest way to give each row one of its own."""
    return "{" + ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts) + "}"


class Rows(NamedTuple):
    """What transitions append to each table."""

    ledger: Any
    movements: Any
    losses: Any


async def add_to_figures(db: asyncpg.Connection, changed: Transitions, named: Named, *, enrolled: bool) -> None:
    """Append as one batch what transitions change: the figures, by whom and why, and who leaves a cell. `named`: the
    sources of the transitions, perhaps of others too."""
    rows = await aside(len(changed.recorded), _rows, changed, enrolled)
    if len(rows.ledger) or len(rows.movements):
        most = max(len(rows.ledger), len(rows.movements))
        sources = [(source, _array(names)) for source, names in sorted(named.items())]
        number = await db.fetchval(queries["open_batch"], most, ledger.places(rows.ledger), *columns(sources, 2))
        await _copy(db, "ledger", ledger.COLUMNS, rows.ledger, partial(ledger.binary_copy, number))
        await _copy(db, "movements", movements.COLUMNS, rows.movements, partial(movements.binary_copy, number))
    await _copy(db, "losses", losses.COLUMNS, rows.losses, losses.binary_copy)


def _rows(changed: Transitions, enrolled: bool) -> Rows:
    parts = []
    for part in changed.parts(ledger.MOST_TRANSITIONS):
        changes = Changes.of(part)
        of_ledger = ledger.within_integers(ledger.differences(changes))
        parts.append((of_ledger, movements.of(changes, enrolled=enrolled), losses.differences(changes)))
    return Rows(*map(np.concatenate, zip(*parts, strict=True))) if parts else Rows((), (), ())


async def _copy(
    db: asyncpg.Connection, table: str, names: Sequence[str], rows: Any, encode: Callable[[Any], bytes]
) -> None:
    if len(rows):
        data = await aside(len(rows), encode, rows)
        await db.copy_to_table(table, source=_chunks(data), columns=names, format="binary")


async def add_to_cooperatives(db: asyncpg.Connection, versions: int, moved: Iterable[tuple[Side, Transitions]]) -> None:
    """Append what these transitions, found among so many versions, change for each side of a cooperative."""
    records = await aside(versions, _cooperative_rows, moved)
    if records:
        await db.copy_records_to_table("cooperative_ledger", records=records, columns=COOPERATIVE_LEDGER)


def _cooperative_rows(moved: Iterable[tuple[Side, Transitions]]) -> list[tuple[Any, ...]]:
    """The rows of all sides, summed at once: the number of the side stands above the bits of the second."""
    found, joint = [], Transitions.none()
    for number, (side, own) in enumerate(moved):
        found.append(side)
        joint.before.extend(own.before)
        joint.after.extend(own.after)
        joint.recorded.extend(number << SECOND_BITS | second for second in own.recorded)
    parts = [ledger.differences(Changes.of(part)) for part in joint.parts(ledger.MOST_TRANSITIONS)]
    rows = ledger.within_integers(np.concatenate(parts)).tolist() if parts else []
    return [
        (*found[joined >> SECOND_BITS], joined & LAST_SECOND, cell, date.fromordinal(day + EPOCH), *measures)
        for joined, cell, day, *measures in rows
    ]


async def add_merges(db: asyncpg.Connection, versions: Iterable[tuple[Listing, int]]) -> None:
    """Keep which id answers for each merged partner, since which second."""
    merged = [(fact, second) for (fact, *_), second in versions if fact.merged_into]
    rows = [(fact.partner_id, fact.version, second, fact.merged_into) for fact, second in merged]
    if rows:
        await db.execute(queries["add_merges"], *columns(rows))


async def record_last_seen(db: asyncpg.Connection, topic: str, partition: int, agencies: dict[str, LastSeen]) -> None:
    if agencies:
        rows = [(agency, seen.second, seen.day, seen.events) for agency, seen in agencies.items()]
        days = [(agency, day) for agency, seen in agencies.items() for day in seen.days]
        await db.execute(queries["record_last_seen"], topic, partition, *columns(rows), *columns(days))


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


async def add_targets(db: asyncpg.Connection, facts: Sequence[tuple[TargetFact, bool]]) -> None:
    """Targets, each with whether it was withdrawn, as they came."""
    await db.executemany(
        queries["add_target"],
        [
            (t.region, t.measure, t.start, t.until, t.source, t.value, t.list, t.agency, second_of(t), withdrawn)
            for t, withdrawn in facts
        ],
    )


async def add_briefings(db: asyncpg.Connection, facts: Sequence[tuple[tuple[str, BriefingFact], bool]]) -> None:
    """Briefings by the keys of their records, each with whether it was withdrawn, as they came."""
    await db.executemany(
        queries["add_briefing"],
        [
            (key, second_of(b), b.region, b.held_on, b.agency, b.quota, b.present, sorted(set(b.attendees)), withdrawn)
            for (key, b), withdrawn in facts
        ],
    )


async def add_outreach(db: asyncpg.Connection, acts: Mapping[str, tuple[str, OutreachFact]]) -> None:
    """Acts by the ids of their events, each with its type."""
    rows = [
        (event, a.partner_id, second_of(a), a.region, kind, a.template, a.channel, a.agent_id, a.outcome, a.causation)
        for event, (kind, a) in sorted(acts.items())
    ]
    if rows:
        await db.execute(queries["add_outreach"], *columns(rows))


async def first_seen(db: asyncpg.Connection, event_ids: Sequence[str]) -> list[str]:
    """Those of these events that were not delivered before."""
    return [row["event_id"] for row in await db.fetch(queries["first_seen"], sorted(event_ids))]


def second_of(fact: Recorded) -> int:
    """The second that the fact was recorded in, since 1970."""
    return int(fact.recorded_at.timestamp())


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), CHUNK_BYTES):
        yield data[at : at + CHUNK_BYTES]
