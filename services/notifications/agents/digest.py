"""The daily digest by e-mail: on the morning of a contact day an agent is told once how many visits wait, and where.

It names no business: what it says may be read by others on the way.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final

import asyncpg

from services.notifications.agents.queries import queries
from services.notifications.channels import Channel, Message, Recipient
from services.notifications.policy_store import PolicyStore
from services.notifications.schedule import Scheduler
from shared.database import connection, transaction
from shared.observability import get_logger
from shared.part import Part
from shared.regions import Regions

log = get_logger(__name__)

MAIL: Final = "email"
POLL_SECONDS: Final = 30.0
BEGINS, ENDS = time(7, 30), time(12)
"""Local times: not before the first; what an outage has delayed beyond the second is left out."""
WORDINGS: Final = {
    "id": """\
Subject: {count} kunjungan menunggu
Selamat pagi {{addressee}}, {count} kunjungan menunggu Anda{urgent}.

{url}
""",
    "en": """\
Subject: Visits that wait: {count}
Good morning {{addressee}}, visits that wait for you: {count}{urgent}.

{url}
""",
}
URGENT: Final = {"id": ", {count} di antaranya mendesak", "en": ", {count} of them urgent"}


class DigestSender(Part):
    """Each agent's digest is marked as sent before it leaves: it may be lost in a crash, never come twice."""

    def __init__(
        self, pool: asyncpg.Pool, scheduler: Scheduler, policies: PolicyStore, channels: Mapping[str, Channel], url: str
    ) -> None:
        super().__init__("digest")
        self._pool = pool
        self._scheduler = scheduler
        self._policies = policies
        self._channels = channels
        self._url = url

    async def step(self) -> float:
        await self.send_due()
        return POLL_SECONDS

    async def send_due(self) -> int:
        """Send to all whose morning it is; to how many. Without a mail server to nobody."""
        if MAIL not in self._channels:
            return 0
        now, regions = self._scheduler.now(), self._scheduler.regions
        async with connection(self._pool) as db:
            calendar = (await self._policies.timeline(db, now))[0].calendar
            rows = await db.fetch(queries["agents_to_tell"])
        sent = 0
        for row in rows:
            day = morning_of(row["regions"], regions, now)
            if day is None or not calendar.is_contact_day(day) or self.stopping:
                continue
            async with transaction(self._pool) as db:
                is_first = await db.fetchval(queries["mark_told"], row["agent_id"], day)
            if is_first:
                sent += await self._send(row, day, now)
        return sent

    async def _send(self, row: asyncpg.Record, day: date, now: datetime) -> bool:
        """Whether it left; what failed in passing is tried again."""
        outcome = await self._channels[MAIL].send(message_to(row, day, now, self._url))
        log.info("digest", channel=MAIL, result=outcome.result)
        if outcome.result == "delayed" and not outcome.may_have_left:
            async with connection(self._pool) as db:
                await db.execute(queries["forget_told"], row["agent_id"], day)
        return outcome.result == "sent"


def morning_of(codes: list[str], regions: Regions, now: datetime) -> date | None:
    """The local day where the agent works if it is morning there; None at other times."""
    local = now.astimezone(regions.time_zone(codes[0]))
    return local.date() if BEGINS <= local.time() < ENDS else None


def message_to(row: asyncpg.Record, day: date, now: datetime, url: str) -> Message:
    """The digest of one agent: how many visits, how many of them urgent, and where they are."""
    language = row["language"]
    urgent = URGENT[language].format(count=row["urgent"]) if row["urgent"] else ""
    wording = WORDINGS[language].format(count=row["waiting"], urgent=urgent, url=url)
    to = Recipient(row["name"], row["name"], row["email"], language=language)
    return Message(f"digest-{row['agent_id']}-{day}", "digest", row["regions"][0], 0, to, 0, now, wording=wording)
