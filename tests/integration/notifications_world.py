"""A notifications engine on the real broker and database, with a clock to set, and a mail server that receives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifications import app
from services.notifications.agents import registry
from services.notifications.agents.registry import Profile
from services.notifications.agents.tasks import Asked, open_tasks
from services.notifications.app import Engine
from services.notifications.sending.sender import Sender
from services.notifications.settings import Settings
from shared.bus.producer import Producer
from shared.bus.records import Outgoing
from shared.bus.topics import ensure_topics
from shared.database import connect, connection, migrate, transaction
from shared.events import TOPICS, contacts, enrollments, outreach, partners
from shared.events.model import Workers, date, encode
from tests.kafka_clients import open_consumer
from tests.stack import Database
from tests.waiting import eventually

KNOWN = datetime(2026, 11, 23, 3, tzinfo=UTC)
"""Monday, 10:00 in Jakarta: when the partners become known, unless a test sets another time."""

DAY = timedelta(days=1)

SECRET = "A" * 43 + "="


def partner_id(number: int) -> str:
    return str(UUID(int=(0x01940000 << 96) | (0x7 << 76) | (0x8 << 60) | number))


class Mailbox:
    """A mail server that receives. `answers` maps an address to what it is answered at RCPT, `at_data` at the end."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.answers: dict[str, list[str]] = {}
        self.at_data: list[str] = []
        self.tried: list[str] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        self.tried.append(address)
        if self.answers.get(address):
            return self.answers[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        if self.at_data:
            return self.at_data.pop(0)
        content = envelope.original_content or b""
        self.raw.append(bytes(content))
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(mail)
        return "250 OK"

    async def start(self) -> None:
        """Listen, on the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


@dataclass
class World:
    """What a test does to the engine and sees of it."""

    engine: Engine
    settings: Settings
    producer: Producer
    now: datetime = KNOWN
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    count: int = 0

    def clock(self) -> datetime:
        return self.now

    @property
    def pool(self) -> asyncpg.Pool:
        return self.engine.pool

    # --- facts -------------------------------------------------------------------------------------------------------

    def version(self, topic: str, key: str) -> int:
        self.versions[topic, key] = self.versions.get((topic, key), 0) + 1
        return self.versions[topic, key]

    def partner(self, number: int, type_: str = "partner.listed", **changes: Any) -> Outgoing:
        """A fact about this partner, by default: on a list, in Tangerang."""
        key = partner_id(number)
        fields: dict[str, Any] = {
            "partner_id": key,
            "version": self.version("partners", key),
            "status": "active",
            "region": "36.71",
            "kind": "business",
            "recorded_at": self.now,
            "listed_on": date(2026, 11, 1),
        }
        fields |= changes
        if fields["listed_on"] is not None:
            fields.setdefault("lists", (partners.Listing("a", "list", fields["listed_on"]),))
        return self._event("partners", key, type_, partners.Partner(**fields))

    def contact(self, number: int, **changes: Any) -> Outgoing:
        key = partner_id(number)
        fields: dict[str, Any] = {
            "partner_id": key,
            "version": self.version("contacts", key),
            "name": f"Usaha Misal {number}",
            "email": f"p{number}@example.com",
            "recorded_at": self.now,
        }
        return self._event("contacts", key, "contact.changed", contacts.Contact(**fields | changes))

    def enrollment(self, number: int, *periods: tuple[str, str | None], **changes: Any) -> Outgoing:
        """The whole timeline as (from, until) days."""
        key = partner_id(number)
        timeline = tuple(
            enrollments.Period(
                date.fromisoformat(start),
                date.fromisoformat(until) if until else None,
                "36.71",
                "PU",
                ("JKK", "JKM"),
                Workers(),
            )
            for start, until in periods
        )
        fields: dict[str, Any] = {
            "partner_id": key,
            "version": self.version("enrollments", key),
            "kind": "business",
            "periods": timeline,
            "recorded_at": self.now,
            "agency": "bpjstk",
        }
        return self._event("enrollments", key, "enrollment.changed", enrollments.Enrollment(**fields | changes))

    def tombstone(self, number: int) -> Outgoing:
        return Outgoing("contacts", partner_id(number), "contact.changed", f"t{number}-{self.count}", self.now, None)

    def _event(self, topic: str, key: str, kind: str, fact: Any) -> Outgoing:
        self.count += 1
        return Outgoing(topic, key, kind, f"e{self.count}", self.now, encode(fact))

    async def publish(self, *events: Outgoing, within: float = 20) -> None:
        """Publish and wait until all is applied."""
        await self.producer.publish(list(events))
        await self.caught_up(within)

    async def caught_up(self, within: float = 20) -> None:
        async with self._reader(*(self.settings.topic_prefix + name for name in app.READS)) as reader:
            ends = await reader.end_offsets(reader.assignment())
        wanted = {
            (tp.topic.removeprefix(self.settings.topic_prefix), tp.partition): end for tp, end in ends.items() if end
        }

        async def reached() -> bool:
            rows = await self.pool.fetch("select topic, partition, next_offset from consumer_offsets")
            applied = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
            return all(applied.get(spot, 0) >= end for spot, end in wanted.items())

        await eventually(reached, within)

    # --- tasks -------------------------------------------------------------------------------------------------------

    async def open_task(self, number: int) -> str:
        """The id of a new task about this partner, which lies with those that list it."""
        key, asked = partner_id(number), Asked(partner_id(number), self.now.date(), "unreachable", "a test")
        async with transaction(self.pool) as db:
            await open_tasks(db, [asked], self.engine.regions, self.now)
            find = "select task_id::text from tasks where partner_id = $1 and closed_at is null"
            return str(await db.fetchval(find, key))

    async def an_agent(self, agency: str, *regions: str) -> str:
        """The id of a new agent of this agency."""
        profile = Profile("Siti", list(regions), None, None, "id", 40, None)
        async with transaction(self.pool) as db:
            added = await registry.add(db, profile, agency=agency, limited_to=agency, now=self.now)
        return added[0]

    # --- time --------------------------------------------------------------------------------------------------------

    async def work(self, sender: Sender | None = None) -> int:
        """Let the sender send all that is due now."""
        sender, total = sender or self.engine.senders[0], 0
        while claimed := await sender.send_due():
            total += claimed
        return total

    async def until(self, day: str, clock: str = "21:00") -> None:
        """Let time pass to this moment in Jakarta, half hour by half hour, the sender working."""
        end = datetime.fromisoformat(f"{day}T{clock}+07:00")
        while self.now < end:
            self.now = min(self.now + timedelta(minutes=30), end)
            await self.work()

    # --- what is seen ------------------------------------------------------------------------------------------------

    async def schedule(self, number: int = 1) -> asyncpg.Record:
        row = await self.pool.fetchrow("select * from schedule where partner_id = $1", partner_id(number))
        assert row is not None
        return row

    async def state(self, number: int = 1) -> str:
        return str((await self.schedule(number))["state"])

    async def why(self, number: int = 1) -> str:
        """The sentence of the present decision."""
        async with connection(self.pool) as db:
            (decision,) = (await self.engine.scheduler.decisions(db, [partner_id(number)])).values()
        return decision.why

    async def history(self, number: int = 1) -> list[asyncpg.Record]:
        rows = await self.pool.fetch(
            "select * from history where partner_id = $1 order by started_at, id", partner_id(number)
        )
        return list(rows)

    async def sent_days(self, number: int = 1) -> list[str]:
        """The local days of what was sent, as month-day."""
        past = await self.history(number)
        local = [row["finished_at"] + timedelta(hours=7) for row in past if row["outcome"] in ("sent", "opened")]
        return [f"{moment:%m-%d}" for moment in local]

    async def published(self, expected: int) -> list[tuple[str, outreach.Outreach]]:
        """The events on `outreach`, once there are so many (and no more)."""
        relay = asyncio.ensure_future(self.engine.relay.run())
        await eventually(lambda: self._outbox_empty())
        found: list[tuple[str, outreach.Outreach]] = []
        async with self._reader(self.settings.topic_prefix + "outreach") as reader:

            async def all_read() -> bool:
                for records in (await reader.getmany(timeout_ms=200)).values():
                    for record in records:
                        kind = next(value.decode() for key, value in record.headers if key == "ce_type")
                        found.append((kind, msgspec.json.decode(record.value or b"", type=outreach.Outreach)))
                return len(found) >= expected

            await eventually(all_read, 20)
        await self.engine.relay.stop()
        await relay
        assert len(found) == expected
        return found

    async def _outbox_empty(self) -> bool:
        return not await self.pool.fetchval("select count(*) from outbox where topic = 'outreach'")

    @asynccontextmanager
    async def _reader(self, *names: str) -> AsyncIterator[AIOKafkaConsumer]:
        async with open_consumer(self.settings.kafka, *names) as reader:
            yield reader


@asynccontextmanager
async def a_world(database: Database, kafka: str, topics: str, **changes: Any) -> AsyncIterator[World]:
    """The engine with its consumers running; the sender works when the test calls it."""
    fields: dict[str, Any] = {
        "database": database.of("notifications"),
        "kafka": kafka,
        "port": 1,
        "admin_key": "admin",
        "secret": SECRET,
        "topic_prefix": topics,
        "partitions": 2,
    }
    settings = Settings(**fields | changes)
    pool = await connect(settings.database, min_size=1, max_size=12)
    await migrate(pool, app.MIGRATIONS)
    needed = [TOPICS[name] for name in dict.fromkeys((*app.READS, *app.WRITES))]
    await ensure_topics(kafka, needed, prefix=topics, partitions=settings.partitions)
    producer = Producer(kafka, "test", prefix=topics)
    held: list[World] = []
    engine = app.build(settings, pool, clock=lambda: held[0].now)
    held.append(World(engine, settings, producer))
    consumers = [engine.consumer, engine.key_consumer]
    consuming = [asyncio.ensure_future(consumer.run()) for consumer in consumers]
    try:
        yield held[0]
    finally:
        await asyncio.gather(*(consumer.stop() for consumer in consumers))
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*consuming)
        await producer.stop()
        await engine.close()
