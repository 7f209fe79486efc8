"""Everything notifications is made of, wired in one place."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import asyncpg
from fastapi import FastAPI

from services.notifications.api import opt_outs, partners, planning, policy
from services.notifications.backlog import Backlog
from services.notifications.channels import Channel
from services.notifications.channels.log import LogChannel
from services.notifications.channels.mail import MailChannel, Server, nobody_reads
from services.notifications.dead_letters_of_erased import letters_of_erased
from services.notifications.handlers import Handlers
from services.notifications.policy_store import InForce
from services.notifications.rescheduler import Rescheduler
from services.notifications.schedule import Clock, Scheduler, wall_clock
from services.notifications.sender import LOG_PACE, MAIL_PACE, Pace, Sender
from services.notifications.settings import Settings
from shared.bus.consumer import Consumer
from shared.bus.dead_letter_eraser import DeadLetterEraser
from shared.bus.metrics import watch
from shared.bus.outbox import Relay
from shared.bus.topics import ensure_topics
from shared.database import connect, migrate
from shared.events import TOPICS
from shared.observability import Metrics, get_logger
from shared.part import Part
from shared.regions import Regions
from shared.security import KeyRing, on_access
from shared.service import build_app

log = get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
READS = ("partners", "enrollments", "contacts", "access")
WRITES = ("outreach",)
DECISIVE = ("partners", "enrollments")
"""What must be read before anything is sent; erasure is told here too. A compacted topic may end in nothing to read."""


@dataclass
class Engine:
    """The parts that share one pool, one clock and one policy."""

    pool: asyncpg.Pool
    in_force: InForce
    scheduler: Scheduler
    consumer: Consumer
    senders: list[Sender]
    rescheduler: Rescheduler
    dead_letter_eraser: DeadLetterEraser
    relay: Relay

    @property
    def parts(self) -> list[Part]:
        return [self.consumer, *self.senders, self.rescheduler, self.dead_letter_eraser, self.relay]


async def start(settings: Settings, clock: Clock = wall_clock) -> FastAPI:
    """Migrate, create missing topics, and hand over the application with its parts."""
    pool = await connect(settings.database, min_size=2, max_size=12)
    await migrate(pool, MIGRATIONS)
    topics = [TOPICS[name] for name in (*READS, *WRITES)]
    await ensure_topics(
        settings.kafka,
        topics,
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        replication=settings.replication,
    )
    return web(settings, build(settings, pool, clock))


def web(settings: Settings, engine: Engine) -> FastAPI:
    """The application over the engine: its routes and what they need."""
    metrics = Metrics("notifications")
    watch(metrics, engine.consumer, engine.relay)
    reminders = metrics.counter("reminders", "Reminders by result", ("result",))
    for sender in engine.senders:
        sender.counted = lambda result: reminders.labels(result).inc()
    state = {
        "keys": KeyRing(engine.pool, settings.admin_key),
        "pool": engine.pool,
        "scheduler": engine.scheduler,
        "in_force": engine.in_force,
        "regions": Regions.load(),
        "woken": (engine.relay.wake, engine.rescheduler.wake),
    }
    parts = engine.parts
    return build_app(
        "notifications",
        parts=parts,
        routers=[each.router for each in (partners, planning, opt_outs, policy)],
        state=state,
        metrics=metrics,
        on_stop=engine.pool.close,
    )


def build(settings: Settings, pool: asyncpg.Pool, clock: Clock = wall_clock) -> Engine:
    """The parts, not running yet."""
    in_force = InForce(mail=settings.smtp is not None)
    scheduler = Scheduler(in_force, Regions.load(), clock)
    relay = Relay(pool, kafka=settings.kafka, source="payung/notifications", prefix=settings.topic_prefix)
    backlog = Backlog(pool, kafka=settings.kafka, topics=DECISIVE, prefix=settings.topic_prefix)
    channels, pace = _ways_out(settings)
    senders = [
        Sender(
            pool,
            scheduler,
            channels,
            in_force,
            pace=pace,
            all_read=backlog.worked_off,
            published=relay.wake,
            name=f"sender-{number}",
        )
        for number in range(1, settings.senders + 1)
    ]
    consumer = _consumer(settings, pool, scheduler)
    rescheduler = Rescheduler(pool, scheduler, in_force)
    dead_letter_eraser = DeadLetterEraser(
        pool, "contacts", letters_of_erased, kafka=settings.kafka, prefix=settings.topic_prefix
    )
    return Engine(pool, in_force, scheduler, consumer, senders, rescheduler, dead_letter_eraser, relay)


def _consumer(settings: Settings, pool: asyncpg.Pool, scheduler: Scheduler) -> Consumer:
    consumer = Consumer(pool, kafka=settings.kafka, group="notifications", prefix=settings.topic_prefix)
    handlers = Handlers(scheduler)
    consumer.on("partners", handlers.on_partners)
    consumer.on("enrollments", handlers.on_enrollments)
    consumer.on("contacts", handlers.on_contacts)
    consumer.on("access", on_access)
    return consumer


def _ways_out(settings: Settings) -> tuple[dict[str, Channel], Pace]:
    """The channels and how much of their work is taken at once."""
    channels: dict[str, Channel] = {"log": LogChannel()}
    pace = LOG_PACE
    if settings.smtp is not None:
        if nobody_reads(settings.sender):
            log.warning("no answer can reach us: set PAYUNG_MAIL_FROM; until then messages name another way to stop")
        channels["email"] = MailChannel(Server.parse(settings.smtp), sender=settings.sender)
        pace = MAIL_PACE
    return channels, replace(pace, lease=timedelta(seconds=settings.lease_seconds))
