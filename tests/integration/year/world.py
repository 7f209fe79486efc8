"""Lets a generated year happen to the real engine on the real database, and writes down what was seen from outside."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, cast

from aiokafka import ConsumerRecord

from services.notifications import app, receipts, stops
from services.notifications.channels import Channel, Message, Outcome
from services.notifications.handlers import Handlers
from services.notifications.queries import queries
from services.notifications.sending.sender import Pace, Sender
from services.notifications.settings import Settings
from shared.bus.batch import Batch
from shared.bus.producer import Producer
from shared.bus.records import Outgoing, Record
from shared.database import connect, migrate, transaction
from tests.integration.notifications_world import SECRET, World, partner_id
from tests.integration.year.course import CHANNELS, Contact, Course, Happening, Outage

STEP = timedelta(minutes=20)
"""The worker looks this often, in the year's own time."""


class Crash(Exception):
    """The process dies here."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that reached an address, with the businesses that it was about."""

    at: datetime
    channel: str
    address: str
    message_id: str
    step: int
    businesses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """An attempt that did not end well, of a message about these businesses; `refused`: for good."""

    at: datetime
    channel: str
    address: str
    businesses: tuple[int, ...]
    is_refused: bool = False


@dataclass
class Seen:
    """All that can be seen from outside, in the order of time."""

    happened: list[Happening] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    bounced: dict[str, datetime] = field(default_factory=dict)
    """Messages that came back later."""
    outages: list[Outage] = field(default_factory=list)
    tasks: list[tuple[int, datetime]] = field(default_factory=list)
    possibly_twice: set[tuple[int, int]] = field(default_factory=set)
    """(business, step) of reminders that the history marks."""
    crashes: int = 0


class Line:
    """A channel whose provider is down, refuses, loses its answer, or dies with us, as the seed has it."""

    def __init__(self, name: Literal["whatsapp", "sms", "email"], year: "Year") -> None:
        self._name = name
        self._year = year
        self._dead: dict[str, bool] = {}
        self._random = Random(f"{year.course.seed}/{name}")

    async def send(self, message: Message) -> Outcome:
        to, now = message.recipient, self._year.world.now
        address = (to.email if self._name == "email" else to.phone) or ""
        names = (to.name or "", *message.others)
        about = tuple(int(name.rpartition(" ")[2]) for name in names)
        if any(each.channel == self._name and each.begins <= now < each.ends for each in self._year.course.outages):
            return self._trouble(address, about, Outcome("delayed", "server: down", is_server_down=True))
        if self._dead.setdefault(address, Random(f"{address}/{self._name}").random() < 0.06):
            return self._trouble(address, about, Outcome("failed", "no such address"))
        luck = self._random.random()
        if luck < 0.03:
            return self._trouble(address, about, Outcome("delayed", "busy"))
        if luck < 0.035:
            raise Crash
        self._year.seen.deliveries.append(Delivery(now, self._name, address, message.id, message.step, about))
        if luck < 0.045:
            self._trouble(address, about, Outcome("delayed"))
            raise Crash
        if luck < 0.06:
            return self._trouble(address, about, Outcome("delayed", "answer lost", may_have_left=True))
        if luck < 0.08:
            self._year.bounces.append((now + timedelta(hours=self._random.randrange(1, 48)), message.id))
        return Outcome("sent")

    def _trouble(self, address: str, about: tuple[int, ...], outcome: Outcome) -> Outcome:
        refused = outcome.result == "failed"
        self._year.seen.troubles.append(Trouble(self._year.world.now, self._name, address, about, refused))
        return outcome


@dataclass
class Year:
    """A course, the world that it happens to, and what was seen."""

    course: Course
    world: World
    seen: Seen = field(default_factory=Seen)
    bounces: list[tuple[datetime, str]] = field(default_factory=list)
    _contacts: dict[int, Contact] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)
    _offset: int = 0

    def __post_init__(self) -> None:
        self.channels: dict[str, Channel] = {name: Line(cast(Any, name), self) for name in CHANNELS}
        self.sender = self._new_sender()
        self.seen.outages = self.course.outages

    def _new_sender(self) -> Sender:
        async def is_caught_up() -> bool:
            return True

        engine = self.world.engine
        return Sender(
            self.world.pool,
            engine.scheduler,
            engine.policies,
            self.channels,
            pace=Pace(claim=8),
            is_caught_up=is_caught_up,
            on_recorded=lambda: None,
            count_result=lambda *_: None,
        )

    async def run(self) -> Seen:
        """The whole course. The clock moves on to whatever is next: something happens, a message is due."""
        world, ahead = self.world, list(reversed(self.course.happenings))
        world.now = self.course.begins
        while world.now < self.course.ends:
            while ahead and ahead[-1].at <= world.now:
                await self._happen(ahead.pop())
            await self._come_back()
            await world.engine.rescheduler.apply_policy()
            await self._work()
            following = await self._next_due()
            if ahead:
                following = min(following, ahead[-1].at)
            if self.bounces:
                following = min(following, min(self.bounces)[0])
            world.now = max(following, world.now + timedelta(seconds=1))
        await self._look_back()
        return self.seen

    async def _next_due(self) -> datetime:
        """When the worker looks next: at the first tick after something is due."""
        now = self.world.now
        at = await self.world.pool.fetchval("select min(due_at) from schedule where due_at is not null")
        due = max(at or self.course.ends, now)
        ticks = (due - self.course.begins) // STEP + 1
        return min(self.course.begins + ticks * STEP, self.course.ends)

    async def _work(self) -> None:
        """Send what is due; a process that dies is followed by another once its leases have ended."""
        while True:
            try:
                if not await self.sender.send_due():
                    return
            except Crash:
                self.seen.crashes += 1
                self.sender = self._new_sender()
                await self.world.pool.execute(
                    "update schedule set lease_until = '-infinity' where lease_until is not null"
                )

    async def _come_back(self) -> None:
        """What providers report later: refused for good."""
        for at, message_id in sorted(each for each in self.bounces if each[0] <= self.world.now):
            self.bounces.remove((at, message_id))
            self.seen.bounced[message_id] = self.world.now
            async with transaction(self.world.pool) as db:
                await receipts.note_receipt(db, self.world.engine.scheduler, message_id, "refused")

    # --- what happens ------------------------------------------------------------------------------------------------

    async def _happen(self, each: Happening) -> None:
        number = each.business
        if number in self._gone:
            return
        match each.what:
            case "listed":
                await self._apply(self._partner(number, "partner.listed"))
            case "delisted":
                await self._apply(self._partner(number, "partner.delisted", listed_on=None, lists=()))
            case "contact":
                await self._contact(number, cast(Contact, each.value))
            case "enrolled":
                await self._apply(self.world.enrollment(number, (str(each.value), None)))
            case "lapsed":
                begins, until = str(each.value).split("/")
                await self._apply(self.world.enrollment(number, (begins, until)))
            case "merged":
                into = cast(int, each.value)
                if into in self._gone or into not in self._contacts:
                    return
                self._gone.add(number)
                merged = {"status": "merged", "merged_into": partner_id(into), "listed_on": None}
                await self._apply(self._partner(number, "partner.merged", **merged))
            case "erased":
                self._gone.add(number)
                await self._apply(self._partner(number, "partner.erased", status="erased", listed_on=None))
                await self._apply(self.world.tombstone(number))
            case "stop" | "reply":
                await self._stop(number, is_reply=each.what == "reply")
            case "pause" | "resume":
                body = json.dumps(each.value or {})
                await self.world.pool.execute(queries["add_pause"], self.world.now, body)
        self.seen.happened.append(Happening(self.world.now, each.what, number, each.value))

    def _partner(self, number: int, kind: str, **changes: Any) -> Outgoing:
        return self.world.partner(number, kind, region=self.course.regions[number], **changes)

    async def _contact(self, number: int, contact: Contact) -> None:
        self._contacts[number] = contact
        await self._apply(self.world.contact(number, name=f"Usaha {number}", phone=contact.phone, email=contact.email))

    async def _stop(self, number: int, *, is_reply: bool) -> None:
        engine, contact = self.world.engine, self._contacts[number]
        key = engine.address_keys.phone(contact.phone) or engine.address_keys.email(contact.email)
        async with transaction(self.world.pool) as db:
            if is_reply and key is not None:
                await stops.stop_address(db, engine.scheduler, key)
            else:
                await stops.stop_partner(db, engine.scheduler, partner_id(number), None)

    async def _apply(self, event: Outgoing) -> None:
        engine = self.world.engine
        handlers = Handlers(engine.scheduler, engine.address_keys)
        handle = {
            "partners": handlers.on_partners,
            "contacts": handlers.on_contacts,
            "enrollments": handlers.on_enrollments,
        }
        self._offset += 1
        key = event.key.encode()
        at = int(event.time.timestamp() * 1000)
        record: Record = ConsumerRecord(event.topic, 0, self._offset, at, 0, key, event.value, None, len(key), 0, ())
        async with transaction(self.world.pool) as db:
            await handle[event.topic](Batch(event.topic, [record]), db)

    # --- what is seen afterwards -------------------------------------------------------------------------------------

    async def _look_back(self) -> None:
        numbers = {partner_id(number): number for number in self.course.regions}
        rows = await self.world.pool.fetch("select partner_id::text, opened_at from tasks order by opened_at")
        self.seen.tasks = [(numbers[row["partner_id"]], row["opened_at"]) for row in rows]
        marked = "select partner_id::text, step from history where possibly_twice"
        self.seen.possibly_twice = {(numbers[row[0]], row[1]) for row in await self.world.pool.fetch(marked)}


@asynccontextmanager
async def a_year(dsn: str, course: Course) -> AsyncIterator[Year]:
    """The engine on this database, with no log: facts are handed to its handlers one by one."""
    providers = {"whatsapp": "http://127.0.0.1:9", "sms": "http://127.0.0.1:9", "smtp": "smtp://127.0.0.1:9"}
    fields: dict[str, Any] = {"database": dsn, "kafka": "nowhere:9", "port": 1, "admin_key": "admin", "secret": SECRET}
    settings = Settings(**fields | providers, mail_from="stop@payung.example")
    pool = await connect(settings.database, max_size=4)
    held: list[World] = []
    try:
        await migrate(pool, app.MIGRATIONS)
        engine = app.build(settings, pool, clock=lambda: held[0].now)
        held.append(World(engine, settings, Producer(settings.kafka, "test"), now=course.begins))
        yield Year(course, held[0])
    finally:
        await (held[0].engine.close() if held else pool.close())
