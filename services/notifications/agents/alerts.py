"""Tasks that cannot wait for the morning's digest: their agent is told at once, in contact hours, once an hour at most.

Like the digest it names no business. It goes to the agent's phone as a notification, or through the first channel
that is set up here and reaches the agent.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from services.notifications.agents.queries import queries
from services.notifications.agents.teller import Teller
from services.notifications.channels import Channel, Message, Recipient
from services.notifications.policy import KIND_OF, ChannelName
from shared.database import transaction

POLL_SECONDS: Final = 15.0
BETWEEN: Final = timedelta(hours=1)
"""What becomes urgent meanwhile is told together."""
SUBJECTS: Final = {"id": "Kunjungan mendesak: {count}", "en": "Urgent visits: {count}"}
TEXTS: Final = {
    "id": "Payung: {count} kunjungan mendesak menunggu Anda. {url}",
    "en": "Payung: urgent visits that wait for you: {count}. {url}",
}


class AlertSender(Teller):
    """Tells each agent of its urgent tasks, once an hour at most."""

    kind = "alerts"
    poll_seconds = POLL_SECONDS

    async def send_due(self) -> int:
        """Tell all agents that have something urgent and were not told within the hour; how many were."""
        now, sent = self._scheduler.now(), 0
        calendar, rows = await self._agents("agents_to_alert", now - BETWEEN)
        for row in rows:
            zone = self._scheduler.regions.time_zone(row["regions"][0]).key
            channel = channel_to(row, self._channels)
            can_be_told = channel is not None or row["has_push"]
            if can_be_told and calendar.next_contact_time(now, zone) == now and not self.stopping:
                sent += await self._send(row, channel, now)
        return sent

    async def _send(self, row: asyncpg.Record, channel: ChannelName | None, now: datetime) -> bool:
        async with transaction(self._pool) as db:
            told = [each["task_id"] for each in await db.fetch(queries["mark_alerted"], row["agent_id"], now)]
        if not told:
            return False
        message = message_to(row, channel, len(told), now, self._url)
        title = SUBJECTS[row["language"]].format(count=len(told))
        return await self._tell(row, title, message, channel, "forget_alerted", row["agent_id"], told)


def channel_to(row: asyncpg.Record, channels: Mapping[str, Channel]) -> ChannelName | None:
    """The first channel of those set up here for which the agent has an address."""
    return next((name for name, kind in KIND_OF.items() if name in channels and row[kind]), None)


def message_to(row: asyncpg.Record, channel: ChannelName | None, count: int, now: datetime, url: str) -> Message:
    """The alert of one agent: how many, and where to look. An e-mail has its subject in the first line."""
    language = row["language"]
    text = TEXTS[language].format(count=count, url=url)
    wording = f"Subject: {SUBJECTS[language].format(count=count)}\n{text}" if channel == "email" else text
    to = Recipient(row["name"], row["name"], row["email"], row["phone"], language)
    number = f"alert-{row['agent_id']}-{now:%Y%m%d%H%M%S}"
    return Message(number, "alert", row["regions"][0], 0, to, 0, now, wording=wording)
