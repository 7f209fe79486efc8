"""Decides about many partners at once: facts out of the database, `decide` for each, the decisions back into it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import asyncpg

from services.notifications.policy_store import InForce
from services.notifications.policy_timeline import decide_in
from services.notifications.queries import queries
from services.notifications.rules import Decision, Facts, Sent
from shared.regions import Regions

SETTLING = timedelta(minutes=1)
"""A merge is told on two topics: so long after one of them was read, the other surely is on the log as well."""

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


class Scheduler:
    """Keeps `schedule` true to the facts, the policy and the time. Works inside the caller's transaction."""

    def __init__(self, in_force: InForce, regions: Regions, clock: Clock) -> None:
        self._in_force = in_force
        self._regions = regions
        self._clock = clock
        self._zones: dict[str | None, str] = {}

    def now(self) -> datetime:
        return self._clock()

    async def decide_again(self, db: asyncpg.Connection, partner_ids: Iterable[str]) -> None:
        """Decide anew about these partners and whom they were merged into; unknown ids are left out."""
        ids = [row[0] for row in await db.fetch(queries["affected_partners"], sorted(set(partner_ids)))]
        if ids:
            await db.execute(queries["add_missing_schedules"], ids)
            await self.lock(db, ids)
            await self.store(db, await self.decisions(db, ids))

    async def lock(self, db: asyncpg.Connection, ids: list[str]) -> None:
        """From here on the facts of these partners are read as nobody else can change their schedule."""
        await db.execute(queries["lock_schedules"], ids)

    async def decisions(self, db: asyncpg.Connection, ids: list[str]) -> dict[str, Decision]:
        """What holds for each of these partners now."""
        now = self.now()
        terms = await self._in_force.terms(db, now)
        return {facts.partner_id: decide_in(facts, terms, now) for facts in await self.facts(db, ids)}

    async def facts(self, db: asyncpg.Connection, ids: list[str]) -> list[Facts]:
        return [self._facts(row) for row in await db.fetch(queries["facts"], ids)]

    async def store(self, db: asyncpg.Connection, decisions: dict[str, Decision]) -> None:
        """Write them down. What is to be done at once is due now."""
        rows = [_row(partner_id, decided, self.now()) for partner_id, decided in sorted(decisions.items())]
        if rows:
            await db.execute(queries["store_decisions"], *[list(column) for column in zip(*rows, strict=True)])

    def _facts(self, row: asyncpg.Record) -> Facts:
        sent = zip(row["steps"] or (), row["sent_at"] or (), strict=True)
        return Facts(
            partner_id=row["partner_id"],
            zone=self._zone(row["region"]),
            region=row["region"] or "",
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


def _row(partner_id: str, decided: Decision, now: datetime) -> tuple[str | datetime | None, ...]:
    due_at = now if decided.actions else decided.due_at
    upcoming = decided.next
    channel, template = (upcoming.channel, upcoming.template) if upcoming else (None, None)
    return partner_id, decided.state, decided.why, due_at, channel, template
