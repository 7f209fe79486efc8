"""Works off what is due: claims, decides once more on the newest facts, sends, records.

Between claiming and recording a reminder stands in `history` as 'sending'. Whoever dies there leaves it behind; the
lease ends, the next attempt finds it and is marked as possibly sent twice. Never lost, never twice without saying so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from services.notifications.channels import Channels, Message, Outcome
from services.notifications.messages import event, finished, message_id, message_of, told_of
from services.notifications.policy_store import PolicyStore
from services.notifications.queries import queries
from services.notifications.rules import Decision, Escalate, Send
from services.notifications.schedule import Scheduler
from shared.bus import outbox
from shared.database import UNAVAILABLE, connection, transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

POLL_SECONDS = 0.5
LONGEST_BACK_OFF = 30.0
GRACE = 4.0
"""Seconds that messages on their way are given when we are told to stop."""
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)


@dataclass(frozen=True)
class Pace:
    """How much is taken at once. `at_once` messages form one transaction; mail takes them one by one."""

    claim: int
    at_once: int
    lease: timedelta = timedelta(minutes=2)


LOG_PACE = Pace(claim=1000, at_once=1000)
MAIL_PACE = Pace(claim=8, at_once=1)


class Sender(Part):
    """One worker. Any number of them, in any number of processes, share the work through the leases.

    `all_read`: asked when something is due; while facts on the log are not read yet, nothing is sent.
    """

    longest_back_off = LONGEST_BACK_OFF

    def __init__(
        self,
        pool: asyncpg.Pool,
        scheduler: Scheduler,
        channels: Channels,
        policies: PolicyStore,
        *,
        pace: Pace,
        all_read: Callable[[], Awaitable[bool]] | None = None,
        published: Callable[[], None] = lambda: None,
        name: str = "sender",
    ) -> None:
        super().__init__(name)
        self._pool = pool
        self._scheduler = scheduler
        self._channels = channels
        self._policies = policies
        self._pace = pace
        self._all_read = all_read
        self._behind = False
        self._published = published
        self.counted: Callable[[str], object] = lambda result: None
        self._owner = uuid4()
        self._cut = asyncio.Event()
        self._down = 0
        self._done = {"sent": 0, "delayed": 0, "failed": 0}

    async def step(self) -> float:
        """A round; then rest when nothing is due, longer when the mail server is in trouble."""
        claimed = await self.round()
        return self._pause_for_server() or (0 if claimed else POLL_SECONDS)

    async def stop(self) -> None:
        """Take nothing more; what hangs is cut off and recorded as possibly sent."""
        await super().stop()
        asyncio.get_running_loop().call_later(GRACE, self._cut.set)

    def detail(self) -> dict[str, Any]:
        return {**self._done, "server_down": self._down > 0, "waits_for_facts": self._behind}

    async def round(self) -> int:
        """Claim and work off one portion; how many were claimed."""
        pace = self._pace
        if not await self._may_begin():
            return 0
        ids = await self._claim()
        chunks = [ids[start : start + pace.at_once] for start in range(0, len(ids), pace.at_once)]
        ended = await asyncio.gather(*(self._work_off(chunk) for chunk in chunks), return_exceptions=True)
        for problem in ended:
            if problem is not None:
                raise problem
        if ids:
            self._published()
        return len(ids)

    async def _may_begin(self) -> bool:
        """After an outage those due may have registered meanwhile: first all that stands on the log is read."""
        if self._all_read is None:
            return True
        async with connection(self._pool) as db:
            due = await db.fetchval(queries["is_any_due"], self._scheduler.now())
        self._behind = bool(due) and not await self._all_read()
        return bool(due) and not self._behind

    async def _claim(self) -> list[str]:
        async with transaction(self._pool) as db:
            rows = await db.fetch(
                queries["claim"], self._scheduler.now(), self._pace.claim, self._owner, self._pace.lease
            )
        return [row["partner_id"] for row in rows]

    async def _work_off(self, ids: list[str]) -> None:
        messages = await self._prepare(ids)
        outcomes = {partner_id: await self._send(*each) for partner_id, each in messages.items()}
        if messages:
            await self._surely_record({key: message for key, (_, message) in messages.items()}, outcomes)

    # --- before ------------------------------------------------------------------------------------------------------

    async def _prepare(self, ids: list[str]) -> dict[str, tuple[Send, Message]]:
        """Decide on the newest facts; what is to be sent stands in the history as 'sending' before it leaves."""
        async with transaction(self._pool) as db:
            rows = await db.fetch(queries["lock_leased"], ids, self._owner)
            mine = [row["partner_id"] for row in rows]
            decisions = await self._scheduler.decisions(db, mine)
            await self._scheduler.store(db, decisions)
            await self._escalate(db, decisions)
            sends = {
                key: action for key, each in decisions.items() for action in each.actions if isinstance(action, Send)
            }
            await db.execute(queries["release"], [key for key in mine if key not in sends], self._owner)
            return await self._begin(db, sends)

    async def _escalate(self, db: asyncpg.Connection, decisions: dict[str, Decision]) -> None:
        """Open a task for a field agent, once an episode."""
        actions = {key: a for key, each in decisions.items() for a in each.actions if isinstance(a, Escalate)}
        if not actions:
            return
        now = self._scheduler.now()
        ids = {key: message_id(key, action.episode, 0) for key, action in actions.items()}
        episodes = [action.episode for action in actions.values()]
        opened = await db.fetch(queries["add_escalations"], list(actions), episodes, list(ids.values()), now)
        regions = await self._regions(db, [row["partner_id"] for row in opened])
        await outbox.add(
            db,
            [
                event("task.opened", key, region, now, f"{ids[key]}/opened", causation=ids[key])
                for key, region in regions.items()
            ],
        )
        await self._scheduler.store(db, await self._scheduler.decisions(db, list(actions)))

    async def _regions(self, db: asyncpg.Connection, ids: list[str]) -> dict[str, str]:
        return {row["partner_id"]: row["region"] for row in await db.fetch(queries["recipients"], ids)}

    async def _begin(self, db: asyncpg.Connection, sends: dict[str, Send]) -> dict[str, tuple[Send, Message]]:
        if not sends:
            return {}
        now = self._scheduler.now()
        policy = await self._policies.policy_at(db, now)
        rows = await db.fetch(queries["recipients"], list(sends))
        messages = {
            row["partner_id"]: (sends[row["partner_id"]], message_of(row, sends[row["partner_id"]], policy, now))
            for row in rows
        }
        columns = [
            (key, send.episode, send.step, send.template, send.channel, message.id)
            for key, (send, message) in sorted(messages.items())
        ]
        await db.execute(queries["begin_messages"], *[list(column) for column in zip(*columns, strict=True)], now)
        return messages

    async def _send(self, send: Send, message: Message) -> Outcome:
        outcome = await self._unless_stopped(self._channels[send.channel].send(message))
        self._done[outcome.result] += 1
        self.counted(outcome.result)
        self._watch(send.channel, outcome)
        return outcome

    def _watch(self, channel: str, outcome: Outcome) -> None:
        """Say once that the way out is in trouble, and once that it is open again."""
        if outcome.is_server_down and not self._down:
            log.warning(
                "reminders wait: the server refuses or does not answer", channel=channel, problem=outcome.detail
            )
        if self._down and not outcome.is_server_down:
            log.info("reminders go out again", channel=channel)
        self._down = self._down + 1 if outcome.is_server_down else 0

    async def _unless_stopped(self, sending: Coroutine[Any, Any, Outcome]) -> Outcome:
        """The attempt's outcome; when we are to stop and the other side hangs, nobody knows whether it is out."""
        attempt, cut = asyncio.ensure_future(sending), asyncio.ensure_future(self._cut.wait())
        try:
            await asyncio.wait({attempt, cut}, return_when=asyncio.FIRST_COMPLETED)
            return attempt.result() if attempt.done() else Outcome("delayed", "stopped", may_have_left=True)
        finally:
            cut.cancel()
            attempt.cancel()

    # --- after -------------------------------------------------------------------------------------------------------

    async def _surely_record(self, messages: dict[str, Message], outcomes: dict[str, Outcome]) -> None:
        """The messages are out: what is not written down now would have to be sent again, so wait for the database."""
        back_off = 0.1
        while True:
            try:
                return await self._record(messages, outcomes)
            except UNAVAILABLE as problem:
                if self.stopping:
                    raise
                self.wait_for(problem, back_off)
                await asyncio.sleep(back_off)
                back_off = min(back_off * 2, LONGEST_BACK_OFF)

    async def _record(self, messages: dict[str, Message], outcomes: dict[str, Outcome]) -> None:
        """What happened, what was published of it and what comes next, in one transaction."""
        ids = sorted(messages)
        now = self._scheduler.now()
        async with transaction(self._pool) as db:
            await self._scheduler.lock(db, ids)
            rows = await db.fetch(queries["finish_messages"], *finished(messages, outcomes), self._owner, now)
            await self._put_off(db, [key for key in ids if outcomes[key].result == "delayed"], now)
            await db.execute(queries["clear_retries"], [key for key in ids if outcomes[key].result != "delayed"])
            told = [told_of(row, messages[row["partner_id"]], outcomes[row["partner_id"]], now) for row in rows]
            await outbox.add(db, [each for each in told if each is not None])
            await self._scheduler.reschedule(db, ids)
            await db.execute(queries["release"], ids, self._owner)

    async def _put_off(self, db: asyncpg.Connection, ids: list[str], now: datetime) -> None:
        """Twice as long each time, up to an hour, for as long as it takes: a dead server waits."""
        if ids:
            rows = await db.fetch(queries["failed_attempts"], ids)
            retries = [now + min(FIRST_RETRY * 2 ** min(row["attempts"], 10), LONGEST_RETRY) for row in rows]
            await db.execute(queries["postpone"], [row["partner_id"] for row in rows], retries)

    def _pause_for_server(self) -> float:
        """Seconds to leave a server alone that does not answer, instead of trying the next message on it at once."""
        return min(2.0 ** min(self._down, 10), LONGEST_BACK_OFF) if self._down else 0.0
