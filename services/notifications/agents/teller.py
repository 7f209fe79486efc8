"""What tells agents something has in common: who is asked about, handing over, and forgetting what did not leave."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import asyncpg

from services.notifications.agents.pusher import Pusher
from services.notifications.agents.queries import queries
from services.notifications.calendar import Calendar
from services.notifications.channels import Channel, Message, Outcome
from services.notifications.policy import ChannelName
from services.notifications.policy_store import PolicyStore
from services.notifications.schedule import Scheduler
from shared import tracing
from shared.database import connection
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)


class Teller(Part):
    """What it tells is marked as told before it leaves: it may be lost in a crash, never come twice."""

    kind: ClassVar[Literal["digest", "alerts"]]
    poll_seconds: ClassVar[float]

    def __init__(
        self,
        pool: asyncpg.Pool,
        scheduler: Scheduler,
        policies: PolicyStore,
        channels: Mapping[str, Channel],
        url: str,
        pusher: Pusher,
    ) -> None:
        super().__init__(self.kind)
        self._pool = pool
        self._scheduler = scheduler
        self._policies = policies
        self._channels = channels
        self._url = url
        self._pusher = pusher

    async def step(self) -> float:
        await self.send_due()
        return self.poll_seconds

    @abstractmethod
    async def send_due(self) -> int:
        """Tell all agents who are to be told now; how many were."""

    async def _agents(self, query: str, *parameters: Any) -> tuple[Calendar, list[asyncpg.Record]]:
        """The calendar of now, and the agents that this query finds."""
        async with connection(self._pool) as db:
            calendar = (await self._policies.timeline(db, self._scheduler.now()))[0].calendar
            return calendar, await db.fetch(queries[query], *parameters)

    async def _tell(
        self, row: asyncpg.Record, title: str, message: Message, channel: ChannelName | None, forget: str, *told: Any
    ) -> bool:
        """Whether it left, as a notification on the agent's phone (`title` alone) or else through the channel. What
        failed in passing is forgotten, by the query `forget` of what was `told`, and so tried again."""
        if row["has_push"] and await self._pusher.tell(row["agent_id"], self.kind, title):
            log.info("an agent is told", kind=self.kind, channel="push", result="sent")
            return True
        outcome = await self._sent(message, channel) if channel else Outcome("delayed", "push")
        log.info("an agent is told", kind=self.kind, channel=channel, result=outcome.result)
        if outcome.result == "delayed" and not outcome.may_have_left:
            async with connection(self._pool) as db:
                await db.execute(queries[forget], *told)
        return outcome.result == "sent"

    async def _sent(self, message: Message, channel: ChannelName) -> Outcome:
        with tracing.span(f"send {channel}", "client", may_begin=True, channel=channel, template=message.template):
            return await self._channels[channel].send(message)
