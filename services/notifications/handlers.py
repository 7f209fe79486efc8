"""What each fact does to the reminders: fold it into the partner's row, then decide anew about whom it touches."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.notifications.projections import (
    ContactFact,
    EnrollmentFact,
    Listing,
    PartnerFact,
    Timeline,
    listing,
    timeline,
)
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared.bus.batch import Batch
from shared.bus.records import Record, header, key_text


class Handlers:
    """The handlers of the fact topics, sharing the scheduler. All are pure functions of batch, database and clock."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    async def on_partners(self, batch: Batch, db: asyncpg.Connection) -> None:
        """Listed, delisted, merged, erased."""
        facts = [fact for _, fact in batch.decode(PartnerFact)]
        rows = await db.fetch(queries["listings"], _ids(facts))
        known = {row["partner_id"]: _kept(row) for row in rows}
        newer: dict[str, Listing] = {}
        for fact in facts:
            key = str(fact.partner_id)
            old = newer.get(key) or known.get(key, Listing())
            if (new := listing(old, fact)) is not old:
                newer[key] = new
        await db.execute(queries["store_listings"], *_columns(newer, 9, _listing_row), self._scheduler.now())
        erased = [fact for fact in facts if newer.get(str(fact.partner_id), Listing()).status == "erased"]
        await self._erase(db, {str(fact.partner_id): fact.recorded_at for fact in erased})
        # Whom a partner was merged into until now is touched as well: a later row may have split it off again.
        left = [old.merged_into for key, old in known.items() if key in newer and old.merged_into]
        await self._scheduler.reschedule(db, [*newer, *left])

    async def on_enrollments(self, batch: Batch, db: asyncpg.Connection) -> None:
        """Registered by any agency, lapsed, registered again."""
        facts = [fact for _, fact in batch.decode(EnrollmentFact)]
        rows = await db.fetch(queries["timelines"], _ids(facts))
        known = {row["partner_id"]: Timeline(*tuple(row)[1:]) for row in rows}
        newer: dict[str, Timeline] = {}
        for fact in facts:
            key = str(fact.partner_id)
            old = newer.get(key) or known.get(key, Timeline())
            if (new := timeline(old, fact)) is not old:
                newer[key] = new
        await db.execute(queries["store_timelines"], *_columns(newer, 7, _timeline_row))
        await self._scheduler.reschedule(db, newer)

    async def on_contacts(self, batch: Batch, db: asyncpg.Connection) -> None:
        """How a partner is reached; a tombstone erases all that is personal."""
        last: dict[str, ContactFact] = {}
        offsets: dict[str, int] = {}
        for record, fact in batch.decode(ContactFact):
            key = str(fact.partner_id)
            if key not in last or fact.version > last[key].version:
                last[key], offsets[key] = fact, record.offset
        erased = {key: moment for key, offset, moment in _tombstones(batch) if offset > offsets.get(key, -1)}
        await db.execute(queries["store_contacts"], *_columns(last, 8, _contact_row))
        await self._erase(db, erased)
        await self._scheduler.reschedule(db, [*last, *erased])

    async def _erase(self, db: asyncpg.Connection, erased: dict[str, datetime]) -> None:
        if erased:
            await db.execute(queries["erase_contacts"], list(erased), list(erased.values()))
            await db.execute(queries["erase_opt_out_reasons"], list(erased))


def _tombstones(batch: Batch) -> Iterable[tuple[str, int, datetime]]:
    """(partner's id, offset, when it was said) of each."""
    for record in batch.tombstones():
        try:
            yield str(UUID(key_text(record))), record.offset, _said_at(record)
        except ValueError:
            batch.reject(record, "malformed: key")


def _said_at(record: Record) -> datetime:
    """The event's own time; when it was published if that is missing. Raises ValueError for what is no time."""
    time = header(record.headers, "ce_time")
    return datetime.fromisoformat(time) if time else datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _ids(facts: Iterable[PartnerFact | EnrollmentFact]) -> list[str]:
    return sorted({str(fact.partner_id) for fact in facts})


def _columns(rows: dict[str, Any], width: int, spread: Any) -> list[list[Any]]:
    """The rows turned into columns, the partner's id first."""
    table = [(key, *spread(row)) for key, row in sorted(rows.items())]
    return [list(column) for column in zip(*table, strict=True)] if table else [[] for _ in range(width)]


def _kept(row: asyncpg.Record) -> Listing:
    _, *listing, agencies = row
    return replace(Listing(*listing), agencies=tuple(agencies))


def _listing_row(new: Listing) -> tuple[Any, ...]:
    known = (new.region, new.kind, new.listed_known_at, " ".join(new.agencies))
    return new.version, new.status, new.merged_into, new.merged_at, *known


def _timeline_row(new: Timeline) -> tuple[Any, ...]:
    insured = (new.insured_from, new.insured_until, new.end_known_at)
    return new.version, *insured, new.past_until, new.past_known_at


def _contact_row(fact: ContactFact) -> tuple[Any, ...]:
    contact = (fact.name, fact.contact_person, fact.phone, fact.email)
    return fact.version, *contact, fact.language, fact.recorded_at
