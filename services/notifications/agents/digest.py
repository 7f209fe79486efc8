"""The daily digest, on the phone or by e-mail: on the morning of a contact day an agent is told once how many visits
wait.

It names no business: what it says may be read by others on the way.
"""

from datetime import date, datetime, time
from typing import Final

import asyncpg

from services.notifications.agents.queries import queries
from services.notifications.agents.teller import Teller
from services.notifications.channels import Message, Recipient
from services.notifications.policy import ChannelName
from shared.database import transaction
from shared.regions import Regions

MAIL: Final[ChannelName] = "email"
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


class DigestSender(Teller):
    """Tells each agent once a morning."""

    kind = "digest"
    poll_seconds = POLL_SECONDS

    async def send_due(self) -> int:
        """Send to all whose morning it is; to how many. Without a mail server to phones alone."""
        now, sent = self._scheduler.now(), 0
        calendar, rows = await self._agents("agents_to_tell")
        for row in rows:
            day = morning_of(row["regions"], self._scheduler.regions, now)
            channel: ChannelName | None = MAIL if MAIL in self._channels and row["email"] else None
            if channel is None and not row["has_push"]:
                continue
            if day is None or not calendar.is_contact_day(day) or self.stopping:
                continue
            async with transaction(self._pool) as db:
                is_first = await db.fetchval(queries["mark_told"], row["agent_id"], day)
            if is_first:
                message = message_to(row, day, now, self._url)
                title = subject_of(message)
                sent += await self._tell(row, title, message, channel, "forget_told", row["agent_id"], day)
        return sent


def morning_of(codes: list[str], regions: Regions, now: datetime) -> date | None:
    """The local day where the agent works if it is morning there; None at other times."""
    local = now.astimezone(regions.time_zone(codes[0]))
    return local.date() if BEGINS <= local.time() < ENDS else None


def subject_of(message: Message) -> str:
    """The first line of its wording."""
    return (message.wording or "").partition("\n")[0].removeprefix("Subject: ")


def message_to(row: asyncpg.Record, day: date, now: datetime, url: str) -> Message:
    """The digest of one agent: how many visits, how many of them urgent, and where they are."""
    language = row["language"]
    urgent = URGENT[language].format(count=row["urgent"]) if row["urgent"] else ""
    wording = WORDINGS[language].format(count=row["waiting"], urgent=urgent, url=url)
    to = Recipient(row["name"], row["name"], row["email"], language=language)
    return Message(f"digest-{row['agent_id']}-{day}", "digest", row["regions"][0], 0, to, 0, now, wording=wording)
