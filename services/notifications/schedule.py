"""Decides about many partners at once: facts out of the database, `decide` for each, the decisions back into it."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta

import asyncpg

from services.notifications.agents.tasks import close_settled
from services.notifications.alike import Alike, NextTime, next_time, next_times
from services.notifications.facts import Facts, Sent
from services.notifications.newcomers import Place, alike_newcomers
from services.notifications.policy_store import PolicyStore
from services.notifications.policy_timeline import PolicyTimeline, decide_by_timeline
from services.notifications.projections import Listing
from services.notifications.queries import queries
from services.notifications.rules import Decision
from shared.database import columns
from shared.regions import Regions
from shared.turns import in_turns

SETTLING = timedelta(minutes=1)
"""A merge is published on two topics: so long after one of the two was read, the other is on the log as well."""

MOST_ALIKE = 100
"""Partners that are decided about in one turn."""

BEFORE_FIRST_ID = "00000000-0000-0000-0000-000000000000"
"""Sorts before the id of every partner: where paging over all of them begins."""

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


class Scheduler:
    """Keeps the table `schedule` true to the facts, the policy and the time. Works inside the caller's transaction."""

    def __init__(self, policies: PolicyStore, regions: Regions, clock: Clock) -> None:
        self._policies = policies
        self.regions = regions
        self._clock = clock
        self._places: dict[str | None, Place] = {}

    def now(self) -> datetime:
        return self._clock()

    async def reschedule(
        self, db: asyncpg.Connection, partner_ids: Collection[str], themselves: Collection[str] = ()
    ) -> None:
        """Decide again about these partners and those they were merged into; unknown ids are left out. `themselves` are
        known and were not merged: with these it is settled that it is about them."""
        asked = sorted(set(partner_ids))
        found = await db.fetch(queries["affected_partners"], asked) if asked else ()
        ids = sorted({*themselves, *(row[0] for row in found)})
        if ids:
            await self.lock(db, ids)
            await self._store(db, await self._next_times(db, ids))

    async def schedule_newcomers(self, db: asyncpg.Connection, listings: dict[str, Listing]) -> set[str]:
        """Decide about those of these partners, whose rows this transaction added, of whom nothing else is known;
        returns them. What is left out is for `reschedule`."""
        if not listings:
            return set()
        now = self.now()
        found = await db.fetch(queries["newcomers"], list(listings))
        timeline = await self._policies.timeline(db, now)
        alike = [
            part
            for addresses in found
            for each in alike_newcomers(
                listings,
                addresses["partner_ids"],
                timeline,
                self._place,
                has_phone=addresses["has_phone"],
                has_email=addresses["has_email"],
                settled_at=now + SETTLING,
            )
            for part in each.parts(MOST_ALIKE)
        ]
        rows = await self._decided(alike, timeline, now)
        if rows:
            await db.execute(queries["add_decisions"], *columns(rows))
        return {each.partner_id for each in rows}

    async def lock(self, db: asyncpg.Connection, ids: list[str]) -> None:
        """From here to the commit nobody else can change the schedule of these partners."""
        await db.execute(queries["lock_schedules"], ids)

    async def decisions(self, db: asyncpg.Connection, ids: list[str]) -> dict[str, Decision]:
        """The present decision about each of these partners, by id."""
        now = self.now()
        timeline = await self._policies.timeline(db, now)
        found = in_turns(await self.facts(db, ids))
        return {facts.partner_id: decide_by_timeline(facts, timeline, now) async for facts in found}

    async def facts(self, db: asyncpg.Connection, ids: list[str]) -> list[Facts]:
        return [facts for alike in await self._alike(db, ids) for facts in alike.each()]

    async def store(self, db: asyncpg.Connection, decisions: dict[str, Decision]) -> None:
        """Write these decisions to the schedule. What is to be done at once is due now."""
        now = self.now()
        await self._store(db, [next_time(partner_id, decision, now) for partner_id, decision in decisions.items()])

    async def _next_times(self, db: asyncpg.Connection, ids: list[str]) -> list[NextTime]:
        now = self.now()
        timeline = await self._policies.timeline(db, now)
        return await self._decided(await self._alike(db, ids), timeline, now)

    async def _decided(self, found: Iterable[Alike], timeline: PolicyTimeline, now: datetime) -> list[NextTime]:
        turns = in_turns(found, lambda alike: len(alike.partner_ids))
        return [each async for alike in turns for each in next_times(alike, timeline, now)]

    async def _store(self, db: asyncpg.Connection, rows: list[NextTime]) -> None:
        if rows:
            changed = await db.fetch(queries["store_decisions"], *columns(rows))
            if changed:
                await close_settled(db, [row["partner_id"] for row in changed], self.now())

    async def _alike(self, db: asyncpg.Connection, ids: list[str]) -> list[Alike]:
        rows = await db.fetch(queries["facts"], ids, self.now())
        return [part for row in rows for part in Alike(self._facts(row), row["partner_ids"]).parts(MOST_ALIKE)]

    def _facts(self, row: asyncpg.Record) -> Facts:
        sent = zip(row["steps"] or (), row["sent_at"] or (), strict=True)
        return Facts(
            partner_id=row["partner_ids"][0],
            zone=self._place(row["region"])[0],
            region=row["region"] or "",
            kind=row["kind"] or "",
            agencies=row["agencies"],
            is_region_known=self._place(row["region"])[1],
            status=row["status"],
            listed_known_at=row["listed_known_at"],
            insured_from=row["insured_from"],
            insured_until=row["insured_until"],
            end_known_at=row["end_known_at"],
            opted_out_at=row["opted_out_at"] or row["stopped_at"],
            stop_kind=None if row["opted_out_at"] else row["stop_kind"],
            has_phone=row["has_phone"],
            has_email=row["has_email"],
            refused=tuple(row["refused"] or ()),
            contacted=tuple(row["contacted"] or ()),
            sent=tuple(Sent(step, at) for step, at in sent),
            escalated_at=row["escalated_at"],
            asked_at=row["asked_at"],
            visit_outcome=row["visit_outcome"],
            visited_at=row["visited_at"],
            retry_at=row["retry_at"],
            settled_at=row["applied_at"] and row["applied_at"] + SETTLING,
        )

    def _place(self, region: str | None) -> Place:
        if region not in self._places:
            code = region or ""
            self._places[region] = (self.regions.time_zone(code).key, self.regions.get(code) is not None)
        return self._places[region]
