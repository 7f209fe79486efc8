"""What happens to a batch of each topic. All effects are in the transaction that also moves the offsets."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import asyncpg

from services.coverage import cells, ledger, transitions
from services.coverage.facts import Enrolled, Listed, Listing
from services.coverage.ledger import Moves
from services.coverage.transitions import Heard, Known, Version
from shared.bus.batch import Batch
from shared.bus.records import Record, event_id, event_type
from shared.database import Queries
from shared.events import claims, partners, reference
from shared.events.claims import Claim
from shared.events.reference import Agreement, Briefing, Denominator, Target

queries = Queries.load(Path(__file__).parent / "queries.sql")

PARTNER_TYPES = {*partners.TYPES, ""}
CLAIM_TYPES = {*claims.TYPES, ""}
"""All of one value each: a record without a type is taken by its value; one of a type we do not know is not."""

DAY_ONE = date(1970, 1, 1)


async def on_enrollments(batch: Batch, db: asyncpg.Connection) -> None:
    """Move every partner of the batch to its new timeline; the ledger gets the difference.

    The type is not looked at: every one of them carries the whole timeline, and this path is the hottest.
    """
    versions = await asyncio.to_thread(transitions.read, batch, Enrolled, cells.enrolled, _enrolment)
    known = await _store_enrolments(db, transitions.newest(versions))
    made = transitions.made(versions, known)
    await _add_to_ledger(db, made.moves)
    await _hear(db, batch, transitions.heard((agency, second) for (agency, _), second in made.versions))


async def on_partners(batch: Batch, db: asyncpg.Connection) -> None:
    """The same for who is listed; each version is an event of the agencies that `_spoken` tells."""
    versions = await asyncio.to_thread(transitions.read, batch, Listed, cells.listed, _listing, PARTNER_TYPES)
    known, lists = await _store_partners(db, transitions.newest(versions))
    made = transitions.made(versions, known)
    await _add_to_ledger(db, made.moves)
    await _hear(db, batch, transitions.heard(_spoken(made.versions, lists)))


async def on_claims(batch: Batch, db: asyncpg.Connection) -> None:
    """Keep every version of a claim; which of them holds is asked with the question."""
    versions = {(claim.claim_id, claim.version): claim for _, claim in batch.decode(Claim, batch.of_types(CLAIM_TYPES))}
    rows = [
        (*key, _second(c), c.region, c.programme, c.segment, c.status, c.amount, c.occurred_on, c.tenure_months)
        for key, c in sorted(versions.items())
    ]
    fresh = await db.fetch(queries["add_claims"], *_columns(rows, 10))
    seen = [(versions[str(row["claim_id"]), row["version"]].agency, row["recorded"]) for row in fresh]
    await _hear(db, batch, transitions.heard(seen))


async def on_reference(batch: Batch, db: asyncpg.Connection) -> None:
    """Keep denominators and targets, each with its source and when it became known; nothing is ever replaced.

    All four types tell that their agency is not silent; a record of any other type is rejected.
    """
    records = batch.of_types(reference.TYPES)
    kinds: dict[str, Any] = reference.TYPES
    told = {name: list(batch.decode(kind, _of(records, name))) for name, kind in kinds.items()}
    denominators: list[Denominator] = [fact for _, fact in told["denominator.set"]]
    targets: list[Target] = [fact for _, fact in told["target.set"]]
    await db.executemany(
        queries["add_denominator"],
        [(d.region, d.measure, d.as_of, d.source, d.value, d.status, d.agency, _second(d)) for d in denominators],
    )
    await db.executemany(
        queries["add_target"],
        [(t.region, t.measure, t.start, t.until, t.source, t.value, t.list, t.agency, _second(t)) for t in targets],
    )
    facts = {_identity(record): fact for found in told.values() for record, fact in found}
    fresh = await db.fetch(queries["first_heard"], sorted(facts))
    seen = [facts[row["event_id"]] for row in fresh]
    await _hear(db, batch, transitions.heard((fact.agency, _second(fact)) for fact in seen))


# --- storing -------------------------------------------------------------------------------------------------------


Enrolment = tuple[str | None, str | None]
"""What is kept of an enrolment fact beside its timeline: the agency, and the first start, listed by then or not."""


def _enrolment(fact: Enrolled) -> Enrolment:
    return fact.agency, fact.periods[0].start if fact.periods else None


def _listing(fact: Listed) -> Listed:
    return fact


async def _store_enrolments(db: asyncpg.Connection, newest: dict[str, Version[Enrolment]]) -> dict[str, Known]:
    rows = [
        (partner_id, number, second, timeline, first and _day(first))
        for partner_id, number, timeline, second, (_, first) in newest.values()
    ]
    stored = await db.fetch(queries["move_enrolments"], *_columns(rows, 5))
    return {partner_id: (version, second, timeline) for partner_id, version, second, timeline in stored}


async def _store_partners(
    db: asyncpg.Connection, newest: dict[str, Version[Listed]]
) -> tuple[dict[str, Known], dict[str, set[str]]]:
    rows = [
        (partner_id, number, second, timeline, fact.region, json.dumps(_lists(fact)))
        for partner_id, number, timeline, second, fact in newest.values()
    ]
    stored = await db.fetch(queries["move_partners"], *_columns(rows, 6))
    return {row[0]: (row[1], row[2], row[3]) for row in stored}, {row[0]: set(row[4]) for row in stored}


def _lists(fact: Listed) -> list[str]:
    """The lists that name the partner, as agency/list; none once it is merged, erased or delisted."""
    if fact.status != "active" or fact.listed_on is None:
        return []
    return sorted({f"{listing.agency}/{listing.list}" for listing in fact.lists})


def _spoken(moving: list[tuple[Listed, int]], lists: dict[str, set[str]]) -> list[tuple[str | None, int]]:
    """Whose events the new versions of partners are, with their seconds.

    A fact does not name who caused it. Those spoke whose lists took the partner up or left it out; where no list
    changed, the agency of the newest listing did: of all that name the partner it is the likeliest to have sent new
    particulars. A merge is no event of the lists that go over to the survivor: its own fact tells of them.
    """
    seen: list[tuple[str | None, int]] = []
    for fact, second in moving:
        before, now = lists[fact.partner_id], set(_lists(fact))
        lists[fact.partner_id] = now
        if now != before:
            touched = before ^ now if fact.status != "merged" else ()
            seen += [(agency, second) for agency in {each.partition("/")[0] for each in touched}]
        elif now:
            seen.append((max(fact.lists, key=_listed_on).agency, second))
    return seen


def _listed_on(listing: Listing) -> str:
    return listing.listed_on or ""


async def _add_to_ledger(db: asyncpg.Connection, made: Moves) -> None:
    rows = await asyncio.to_thread(ledger.differences, made)
    if len(rows):
        number = await db.fetchval(queries["open_batch"], len(rows), ledger.places(rows))
        source = _whole(await asyncio.to_thread(ledger.binary_copy, number, rows))
        await db.copy_to_table("ledger", source=source, columns=ledger.COLUMNS, format="binary")


async def _hear(db: asyncpg.Connection, batch: Batch, heard: dict[str, Heard]) -> None:
    if heard:
        first = batch.records[0]
        rows = [(agency, h.last, DAY_ONE + timedelta(h.day), h.events) for agency, h in heard.items()]
        await db.execute(queries["hear"], batch.topic, first.partition, *_columns(rows, 4))


def _of(records: list[Record], name: str) -> list[Record]:
    return [record for record in records if event_type(record) == name]


def _identity(record: Record) -> str:
    """The event's id, the same however often it is delivered; its place in the log for one that has none."""
    return event_id(record) or f"{record.partition}/{record.offset}"


def _second(fact: Claim | Denominator | Target | Briefing | Agreement) -> int:
    return int(fact.recorded_at.timestamp())


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


@lru_cache(maxsize=200_000)
def _day(text: str) -> date:
    return date.fromisoformat(text)


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 1 << 20):
        yield data[at : at + (1 << 20)]
