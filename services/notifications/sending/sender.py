"""The worker that sends what is due: claims partners, prepares their messages, delivers and records them.

Between preparing and recording, a reminder is in `history` as 'sending'. If the process dies there, the lease ends, the
next attempt finds the row and marks it as possibly sent twice. Never lost, never twice without a mark.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from services.notifications.channels import Channels, Outcome
from services.notifications.policy_store import PolicyStore
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from services.notifications.sending.delivery import Delivery
from services.notifications.sending.messages import Attempt, Prepared
from services.notifications.sending.preparation import Preparation
from services.notifications.sending.recording import Recording
from shared.database import UNAVAILABLE, connection, transaction
from shared.part import Part

POLL_SECONDS = 2.0
FIRST_BACK_OFF = 0.1
GRACE = 4.0
"""Seconds that messages on their way are given when the worker is stopped."""


@dataclass(frozen=True)
class Pace:
    """How much is taken at once of each channel, at most: prepared in one transaction and handed over side by side."""

    claim: int
    lease: timedelta = timedelta(minutes=2)


LOG_PACE = Pace(claim=1000)
MAIL_PACE = Pace(claim=128)
FIRST_CLAIM = 16
QUICK, SLOW = 0.25, 0.5
"""Seconds: what was taken left within the first, twice as much is taken the next time; it took longer than the second,
half as much. So a stop holds within a second for all that has not left yet, however slow a provider is."""
RECORDED_AFTER = 0.1
"""Seconds after which the messages that have left are recorded, while others are still under way."""


class Sender(Part):
    """One worker. Any number of them, in any number of processes, share the work through the leases.

    `is_caught_up` is asked when something is due: while facts on the log are not applied yet, nothing is sent.
    `on_recorded` is called when events were committed; `count_result` with the result of each message, `count_delay`
    with the seconds between the time that a partner was due and that it was taken.
    """

    longest_back_off = 30.0

    def __init__(
        self,
        pool: asyncpg.Pool,
        scheduler: Scheduler,
        policies: PolicyStore,
        channels: Channels,
        *,
        pace: Pace,
        is_caught_up: Callable[[], Awaitable[bool]],
        on_recorded: Callable[[], object],
        count_result: Callable[[str, str], object],
        count_delay: Callable[[float], object] = lambda _: None,
        per_minute: Mapping[str, int] | None = None,
        name: str = "sender",
    ) -> None:
        super().__init__(name)
        self._pool = pool
        self._scheduler = scheduler
        self._pace = pace
        self._is_caught_up = is_caught_up
        self._on_recorded = on_recorded
        self._count_delay = count_delay
        self._owner = uuid4()
        self._preparation = Preparation(scheduler, policies, self._owner, pace.lease)
        self._delivery = Delivery(channels, count_result, per_minute)
        self._recording = Recording(scheduler, self._owner)
        self._waits_for_facts = False
        self._portion = min(FIRST_CLAIM, pace.claim)
        self.oldest_due: datetime | None = None
        """Since when the partner is due that waits longest for a message that may leave now; None: none waits."""

    async def step(self) -> float:
        """One portion; then rest when nothing is due that may be sent now."""
        return 0 if await self.send_due() else POLL_SECONDS

    @property
    def channels(self) -> tuple[str, ...]:
        return self._delivery.channels

    @property
    def down(self) -> list[str]:
        """The channels whose provider is in trouble."""
        return self._delivery.down

    def trouble(self) -> dict[str, tuple[datetime, str | None]]:
        """Of each of these channels: since when, and the code of the last failure."""
        return self._delivery.trouble()

    async def stop(self) -> None:
        """Claim nothing more; what still hangs after GRACE is cut off and recorded as possibly sent."""
        await super().stop()
        asyncio.get_running_loop().call_later(GRACE, self._delivery.cut_off)

    def detail(self) -> dict[str, Any]:
        down = self._delivery.down
        detail = {**self._delivery.results, "server_down": bool(down), "waits_for_facts": self._waits_for_facts}
        return detail | {"channels": list(self._delivery.channels), "down": down}

    async def send_due(self) -> int:
        """Claim one portion of what is due, and send it; how many partners were claimed."""
        room = self._delivery.room(self._scheduler.now(), self._portion)
        if not await self._is_anything_to_send(room):
            return 0
        ids = await self._claim(room)
        if ids:
            began = time.monotonic()
            await self._send(ids)
            self._adapt(time.monotonic() - began)
            self._on_recorded()
        return len(ids)

    def _adapt(self, seconds: float) -> None:
        """Take more or less the next time, by how long the last portion took."""
        if seconds < QUICK:
            self._portion = min(2 * self._portion, self._pace.claim)
        elif seconds > SLOW:
            self._portion = max(1, self._portion // 2)

    async def _is_anything_to_send(self, room: dict[str, int]) -> bool:
        """After an outage those due may have registered meanwhile: all facts on the log are applied first."""
        async with connection(self._pool) as db:
            self.oldest_due = await db.fetchval(queries["oldest_due"], self._scheduler.now(), list(room))
        is_due = self.oldest_due is not None
        self._waits_for_facts = is_due and not await self._is_caught_up()
        return is_due and not self._waits_for_facts

    async def _claim(self, room: dict[str, int] | None = None) -> list[str]:
        """Of each channel as many as its provider may be given now: none waits for another."""
        pace, now = self._pace, self._scheduler.now()
        found: list[str] = []
        for channel, most in (room or self._delivery.room(now, self._portion)).items():
            async with transaction(self._pool) as db:
                rows = await db.fetch(queries["claim"], now, channel, most, self._owner, pace.lease)
            found += [row["partner_id"] for row in rows]
            for row in rows:
                self._count_delay((now - row["due_at"]).total_seconds())
        return found

    async def _send(self, ids: list[str]) -> None:
        """Send to these partners what is still due by the newest facts; record what has left, whatever still hangs."""
        async with transaction(self._pool) as db:
            prepared = await self._preparation.prepare(db, ids)
        now = self._scheduler.now()
        under_way = {asyncio.create_task(self._delivery.deliver(each, now)): each for each in prepared}
        try:
            while under_way:
                ended = await _ended(under_way)
                await self._record([(under_way.pop(each), each.result()) for each in ended])
        finally:
            for each in under_way:
                each.cancel()

    async def _record(self, outcomes: list[tuple[Prepared, Outcome]]) -> None:
        """The messages have left: if this were lost they would be sent again, so it waits for the database."""
        attempts = {
            reminder.partner_id: Attempt(reminder, each.message.id, outcome)
            for each, outcome in outcomes
            for reminder in each.reminders
        }
        back_off = FIRST_BACK_OFF
        while True:
            try:
                async with transaction(self._pool) as db:
                    return await self._recording.record(db, attempts)
            except UNAVAILABLE as problem:
                if self.stopping:
                    raise
                self.wait_for(problem, back_off)
                await asyncio.sleep(back_off)
                back_off = min(back_off * 2, self.longest_back_off)


async def _ended(under_way: Collection["asyncio.Task[Outcome]"]) -> set["asyncio.Task[Outcome]"]:
    """All of these deliveries; those alone that have ended by then if one takes longer than RECORDED_AFTER."""
    ended, _ = await asyncio.wait(under_way, timeout=RECORDED_AFTER)
    return ended or (await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED))[0]
