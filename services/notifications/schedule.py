"""Decides about many partners at once: facts out of the database, `decide` for each, the decisions back into it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import asyncpg

from services.notifications.facts import Facts, Sent
from services.notifications.policy_store import PolicyStore
from services.notifications.policy_timeline import decide_by_timeline
from services.notifications.queries import queries
from services.notifications.rules import Decision
from shared.database import columns
from shared.regions import Regions
from shared.turns import in_turns

SETTLING = timedelta(minutes=1)
"""A merge is published on two topics: so long after one of the two was read, the other is on the log as well."""

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
        self._regions = regions
        self._clock = clock
        self._zones: dict[str | None, str] = {}

    def now(self) -> datetime:
        return self._clock()

    async def reschedule(self, db: asyncpg.Connection, partner_ids: Iterable[str]) -> None:
        """Decide again about these partners and those they were merged into; unknown ids are left out."""
        ids = [row[0] for row in await db.fetch(queries["affected_partners"], sorted(set(partner_ids)))]
        if ids:
            await db.execute(queries["add_missing_schedules"], ids)
            await self.lock(db, ids)
            await self.store(db, await self.decisions(db, ids))

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
        return [self._facts(row) for row in await db.fetch(queries["facts"], ids)]

    async def store(self, db: asyncpg.Connection, decisions: dict[str, Decision]) -> None:
        """Write these decisions to the schedule. What is to be done at once is due now."""
        rows = [_row(partner_id, decision, self.now()) for partner_id, decision in sorted(decisions.items())]
        if rows:
            await db.execute(queries["store_decisions"], *columns(rows))

    def _facts(self, row: asyncpg.Record) -> Facts:
        sent = zip(row["steps"] or (), row["sent_at"] or (), strict=True)
        return Facts(
            partner_id=row["partner_id"],
            zone=self._zone(row["region"]),
            region=row["region"] or "",
            is_region_known=self._regions.get(row["region"] or "") is not None,
            status=row["status"],
            listed_known_at=row["listed_known_at"],
            insured_from=row["insured_from"],
            insured_until=row["insured_until"],
            end_known_at=row["end_known_at"],
            opted_out_at=row["opted_out_at"],
            has_email=row["has_email"],
            contact_known_at=row["contact_known_at"],
            refused_at=row["refused_at"],
            sent=tuple(Sent(step, at) for step, at in sent),
            escalated_at=row["escalated_at"],
            retry_at=row["retry_at"],
            settled_at=row["applied_at"] and row["applied_at"] + SETTLING,
        )

    def _zone(self, region: str | None) -> str:
        if region not in self._zones:
            self._zones[region] = self._regions.time_zone(region or "").key
        return self._zones[region]


def _row(partner_id: str, decision: Decision, now: datetime) -> tuple[str | datetime | None, ...]:
    due_at = now if decision.actions else decision.due_at
    upcoming = decision.next
    channel, template = (upcoming.channel, upcoming.template) if upcoming else (None, None)
    return partner_id, decision.state, decision.why, due_at, channel, template
