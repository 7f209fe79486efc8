"""After messages were handed over: record how each ended, publish it, and schedule what comes next."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from services.notifications.sending.messages import Attempt, outcome_columns, outreach_event
from shared import jakarta
from shared.bus import outbox
from shared.database import columns

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)


class Recording:
    """Records the attempts of one worker. Works inside the caller's transaction."""

    def __init__(self, scheduler: Scheduler, owner: UUID) -> None:
        self._scheduler = scheduler
        self._owner = owner

    async def record(self, db: asyncpg.Connection, attempts: dict[str, Attempt]) -> None:
        """Outcomes, events, and the next decision about each partner, whose lease is given back."""
        ids = sorted(attempts)
        now = self._scheduler.now()
        await self._scheduler.lock(db, ids)
        rows = await db.fetch(queries["finish_messages"], *outcome_columns(attempts), self._owner, now)
        delayed = [key for key in ids if attempts[key].outcome.result == "delayed"]
        await self._postpone(db, delayed, attempts, now)
        await self._count_addresses(db, attempts.values(), now)
        await self._count_results(db, attempts.values(), now)
        await db.execute(queries["clear_retries"], [key for key in ids if attempts[key].outcome.result != "delayed"])
        events = [outreach_event(row, attempts[row["partner_id"]], now) for row in rows]
        await outbox.add(db, [event for event in events if event is not None])
        await self._scheduler.reschedule(db, ids)
        await db.execute(queries["release"], ids, self._owner)

    async def _count_addresses(self, db: asyncpg.Connection, attempts: Iterable[Attempt], now: datetime) -> None:
        """Addresses that were refused for good are not tried again; what reached nobody does not count for the caps."""
        refused: dict[str, set[str]] = {}
        for each in attempts:
            if each.outcome.result == "failed":
                refused.setdefault(each.reminder.send.channel, set()).add(each.digest)
        for channel, digests in refused.items():
            await db.execute(queries["refuse_addresses"], sorted(digests), channel, now)
        free = {each.digest for each in attempts if each.outcome.result != "sent" and not each.outcome.may_have_left}
        if free:
            await db.execute(queries["free_addresses"], sorted(free))

    async def _count_results(self, db: asyncpg.Connection, attempts: Iterable[Attempt], now: datetime) -> None:
        """By messages, not by reminders: that is what providers are paid for."""
        ended = {(each.reminder.send.channel, each.digest): each.outcome for each in attempts}
        sent = Counter(channel for (channel, _), outcome in ended.items() if outcome.result == "sent")
        if sent:
            await db.execute(queries["count_sent"], jakarta.day_of(now), *columns(sorted(sent.items())))
        unsent = [(channel, each.result, each.detail or "") for (channel, _), each in ended.items()]
        await count_unsent(db, [each for each in unsent if each[1] != "sent"], now)

    async def _postpone(
        self, db: asyncpg.Connection, ids: list[str], attempts: dict[str, Attempt], now: datetime
    ) -> None:
        """Twice as long each time, up to an hour, for as long as it takes: a server that is down loses nothing. Longer
        where the provider asks for it."""
        if ids:
            rows = await db.fetch(queries["failed_attempts"], ids)
            retries = [now + _wait(row["attempts"], attempts[row["partner_id"]]) for row in rows]
            await db.execute(queries["postpone"], [row["partner_id"] for row in rows], retries)


async def count_unsent(db: asyncpg.Connection, unsent: list[tuple[str, str, str]], now: datetime) -> None:
    """(channel, result, the code that says why) of each message that did not leave, or came back."""
    counts = [(*each, count) for each, count in sorted(Counter(unsent).items())]
    if counts:
        await db.execute(queries["count_unsent"], jakarta.day_of(now), *columns(counts))


def _wait(failed: int, attempt: Attempt) -> timedelta:
    asked = timedelta(seconds=attempt.outcome.retry_after or 0)
    own: timedelta = min(FIRST_RETRY * 2 ** min(failed, 10), LONGEST_RETRY)
    return max(own, asked)
