"""Everything notifications is made of, wired in one place."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
from fastapi import FastAPI

from services.notifications.api import opt_outs, partners, planning, policy
from services.notifications.backlog import Backlog
from services.notifications.channels import Channel, Channels
from services.notifications.channels.log import LogChannel
from services.notifications.channels.mail import MailChannel, receives_replies
from services.notifications.erasure import dead_letters_of_erased
from services.notifications.handlers import Handlers
from services.notifications.policy_store import PolicyStore
from services.notifications.rescheduler import Rescheduler
from services.notifications.schedule import Clock, Scheduler, wall_clock
from services.notifications.sending.sender import LOG_PACE, MAIL_PACE, Pace, Sender
from services.notifications.settings import Settings
from services.notifications.web import home
from shared.bus.consumer import Consumer
from shared.bus.dead_letter_eraser import DeadLetterEraser
from shared.bus.metrics import watch
from shared.bus.outbox import Relay
from shared.bus.topics import ensure_topics
from shared.database import close, connect, migrate
from shared.events import TOPICS
from shared.key_consumer import key_consumer
from shared.observability import Metrics, get_logger
from shared.part import Part
from shared.regions import Regions
from shared.security import KEY_CONNECTIONS, KeyRing
from shared.service import build_app
from shared.sessions import Sessions

log = get_logger(__name__)

ROUTERS = tuple(each.router for each in (partners, planning, opt_outs, policy))
MIGRATIONS = Path(__file__).parent / "migrations"
TEMPLATES = Path(__file__).parent / "web/templates"
READS = ("partners", "enrollments", "contacts", "access")
WRITES = ("outreach",)
GATHERED_SECONDS = 0.2
"""Facts that come singly are taken so many seconds' worth at once: no reminder is that urgent."""
DECISIVE = ("partners", "enrollments")
"""What must be applied before anything is sent; erasures are published here too. The compacted topics are left out:
before the end of one there may be no record left to apply."""


@dataclass
class Engine:
    """What runs beside the routes, and what both share: one pool, one clock, one policy store."""

    pool: asyncpg.Pool
    keys_pool: asyncpg.Pool
    regions: Regions
    policies: PolicyStore
    scheduler: Scheduler
    metrics: Metrics
    consumer: Consumer
    key_consumer: Consumer
    senders: list[Sender]
    rescheduler: Rescheduler
    dead_letter_eraser: DeadLetterEraser
    relay: Relay

    @property
    def parts(self) -> list[Part]:
        background = [self.rescheduler, self.dead_letter_eraser, self.relay]
        return [self.consumer, self.key_consumer, *self.senders, *background]


async def start(settings: Settings, clock: Clock = wall_clock) -> FastAPI:
    """Migrate, create missing topics, and return the application with its parts."""
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
    keys_pool = await connect(settings.database, max_size=KEY_CONNECTIONS)
    return web(settings, build(settings, pool, clock, keys_pool=keys_pool))


def build(
    settings: Settings, pool: asyncpg.Pool, clock: Clock = wall_clock, *, keys_pool: asyncpg.Pool | None = None
) -> Engine:
    """The parts, not running yet; `keys_pool` serves keys alone, `pool` if it is not given."""
    keys_pool = keys_pool or pool
    kafka, prefix = settings.kafka, settings.topic_prefix
    regions, metrics = Regions.load(), Metrics("notifications")
    policies = PolicyStore(has_mail=settings.smtp is not None)
    scheduler = Scheduler(policies, regions, clock)
    consumer = _consumer(settings, pool, scheduler)
    relay = Relay(pool, kafka=kafka, source="payung/notifications", prefix=prefix, topics=WRITES)
    of_keys = key_consumer(keys_pool, settings, "notifications")
    watch(metrics, consumer, of_keys, relay)
    return Engine(
        pool=pool,
        keys_pool=keys_pool,
        regions=regions,
        policies=policies,
        scheduler=scheduler,
        metrics=metrics,
        consumer=consumer,
        key_consumer=of_keys,
        senders=_senders(settings, pool, scheduler, policies, relay, metrics),
        rescheduler=Rescheduler(pool, scheduler, policies),
        dead_letter_eraser=DeadLetterEraser(pool, "contacts", dead_letters_of_erased, kafka=kafka, prefix=prefix),
        relay=relay,
    )


def web(settings: Settings, engine: Engine) -> FastAPI:
    """The application over the engine: its routes and what they need."""
    return build_app(
        "notifications",
        parts=engine.parts,
        routers=ROUTERS,
        state={
            "keys": KeyRing(engine.keys_pool, settings.admin_key),
            "sessions": Sessions(engine.keys_pool, settings.admin_key),
            "pool": engine.pool,
            "scheduler": engine.scheduler,
            "policies": engine.policies,
            "regions": engine.regions,
            "wake_after_commit": (engine.relay.wake, engine.rescheduler.wake),
        },
        metrics=engine.metrics,
        site=settings.site("notifications", TEMPLATES),
        pages=[home.router],
        on_stop=partial(close, engine.pool, engine.keys_pool),
    )


def _consumer(settings: Settings, pool: asyncpg.Pool, scheduler: Scheduler) -> Consumer:
    prefix = settings.topic_prefix
    consumer = Consumer(pool, kafka=settings.kafka, group="notifications", prefix=prefix, pause=GATHERED_SECONDS)
    handlers = Handlers(scheduler)
    consumer.on("partners", handlers.on_partners)
    consumer.on("enrollments", handlers.on_enrollments)
    consumer.on("contacts", handlers.on_contacts)
    return consumer


def _senders(
    settings: Settings,
    pool: asyncpg.Pool,
    scheduler: Scheduler,
    policies: PolicyStore,
    relay: Relay,
    metrics: Metrics,
) -> list[Sender]:
    """`settings.senders` workers; the numbers of their results are one metric."""
    backlog = Backlog(pool, kafka=settings.kafka, topics=DECISIVE, prefix=settings.topic_prefix)
    results = metrics.counter("reminders", "Reminders by result", ("result",))
    channels, pace = _channels(settings)
    return [
        Sender(
            pool,
            scheduler,
            policies,
            channels,
            pace=pace,
            is_caught_up=backlog.is_caught_up,
            on_recorded=relay.wake,
            count_result=lambda result: results.labels(result).inc(),
            name=f"sender-{number}",
        )
        for number in range(1, settings.senders + 1)
    ]


def _channels(settings: Settings) -> tuple[Channels, Pace]:
    """The channels, and how many messages are taken at once."""
    channels: dict[str, Channel] = {"log": LogChannel()}
    pace = LOG_PACE
    if settings.smtp is not None:
        if not receives_replies(settings.sender):
            log.warning("no answer can reach us: set PAYUNG_MAIL_FROM; until then messages name another way to stop")
        channels["email"] = MailChannel(settings.mail_server(), sender=settings.sender)
        pace = MAIL_PACE
    return channels, replace(pace, lease=timedelta(seconds=settings.lease_seconds))
