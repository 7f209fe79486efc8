"""What each fact does to the reminders: project it into the partner's row, then reschedule the partners it affects."""

from collections.abc import Iterator
from typing import TypeVar

import asyncpg

from services.notifications import erasure, partner_store, traces
from services.notifications.addresses import AddressKeys
from services.notifications.projections import (
    ClaimFact,
    ContactFact,
    EnrollmentFact,
    Listing,
    PartnerFact,
    Timeline,
    next_listing,
    next_timeline,
    project,
    unusable_field,
)
from services.notifications.schedule import Scheduler
from shared.bus.batch import Batch
from shared.bus.records import Record

Fact = TypeVar("Fact", PartnerFact, EnrollmentFact, ContactFact, ClaimFact)


class Handlers:
    """The handlers of the fact topics, sharing the scheduler; each depends on batch, database and clock alone."""

    def __init__(self, scheduler: Scheduler, keys: AddressKeys) -> None:
        self._scheduler = scheduler
        self._keys = keys

    async def on_partners(self, batch: Batch, db: asyncpg.Connection) -> None:
        """Listed, delisted, merged, erased."""
        facts = [fact for _, fact in _decode(batch, PartnerFact)]
        stored = await partner_store.listings(db, facts)
        changed = project(facts, stored, Listing(), next_listing)
        await partner_store.store_listings(db, changed, stored, self._scheduler.now())
        erased = {key for key, row in changed.items() if row.status == "erased"}
        await erasure.erase(db, {fact.partner_id: fact.recorded_at for fact in facts if fact.partner_id in erased})
        # The partner that one was merged into until now is affected as well: a later row may have split them again.
        former = [stored[key].merged_into for key in changed if key in stored]
        merged = [key for key, row in changed.items() if row.status == "merged"]
        themselves = changed.keys() - set(merged)
        new = {key: row for key, row in changed.items() if key not in stored and row.status == "active"}
        done = await self._scheduler.schedule_newcomers(db, new)
        await self._scheduler.reschedule(db, [*merged, *filter(None, former)], themselves - done)
        await traces.note(db, batch, themselves)

    async def on_enrollments(self, batch: Batch, db: asyncpg.Connection) -> None:
        """Registered by any agency, lapsed, registered again."""
        facts = [fact for _, fact in _decode(batch, EnrollmentFact)]
        stored = await partner_store.timelines(db, facts)
        changed = project(facts, stored, Timeline(), next_timeline)
        await partner_store.store_timelines(db, changed)
        await self._scheduler.reschedule(db, changed)
        await traces.note(db, batch, changed)

    async def on_contacts(self, batch: Batch, db: asyncpg.Connection) -> None:
        """How a partner is reached; a tombstone erases all that is personal."""
        newest: dict[str, ContactFact] = {}
        offsets: dict[str, int] = {}
        for record, fact in _decode(batch, ContactFact):
            key = fact.partner_id
            if key not in newest or fact.version > newest[key].version:
                newest[key], offsets[key] = fact, record.offset
        erased = {key: at for key, offset, at in erasure.tombstones(batch) if offset > offsets.get(key, -1)}
        changed = await partner_store.store_contacts(db, newest.values(), self._keys)
        await erasure.erase(db, erased)
        await self._scheduler.reschedule(db, [*changed, *erased])
        await traces.note(db, batch, changed)

    async def on_claims(self, batch: Batch, db: asyncpg.Connection) -> None:
        """Paid, or not any more: what messages tell of a region."""
        newest: dict[str, ClaimFact] = {}
        for _, fact in _decode(batch, ClaimFact):
            if fact.claim_id not in newest or fact.version > newest[fact.claim_id].version:
                newest[fact.claim_id] = fact
        await partner_store.store_claims(db, newest.values())


def _decode(batch: Batch, kind: type[Fact]) -> Iterator[tuple[Record, Fact]]:
    """Each record with its fact; one with a field that cannot be used is rejected."""
    for record, fact in batch.decode(kind):
        field = unusable_field(fact)
        if field is None:
            yield record, fact
        else:
            batch.reject(record, f"malformed: {field}")
