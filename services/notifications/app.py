"""Everything notifications is made of, wired in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from fastapi import FastAPI

from services.notifications import partner_store
from services.notifications.addresses import AddressKeys
from services.notifications.agents.alerts import AlertSender
from services.notifications.agents.digest import DigestSender
from services.notifications.agents.keeper import TaskKeeper
from services.notifications.agents.pusher import Pusher
from services.notifications.agents.web_push import PushKey
from services.notifications.api import (
    agents,
    dead_letters,
    inbound,
    inbox,
    opt_outs,
    overview,
    partners,
    pauses,
    planning,
    policy,
    push,
    spending,
)
from services.notifications.backlog import Backlog
from services.notifications.channels import Channels
from services.notifications.channels.apprise_gateway import AppriseChannel
from services.notifications.channels.gateway import GatewayChannel
from services.notifications.channels.mail import MailChannel
from services.notifications.channels.providers import channels_of
from services.notifications.dead_letter_retry import DeadLetterRetry
from services.notifications.erasure import dead_letters_of_erased
from services.notifications.handlers import Handlers
from services.notifications.mailbox import MailboxReader
from services.notifications.policy_store import PolicyStore
from services.notifications.rescheduler import Rescheduler
from services.notifications.schedule import Clock, Scheduler, wall_clock
from services.notifications.sending.sender import Sender
from services.notifications.sending.workers import senders_of
from services.notifications.settings import Settings
from services.notifications.tally import Tally
from services.notifications.web import agents as agents_page
from services.notifications.web import dead_letters as dead_letters_page
from services.notifications.web import home, operator, sign_in
from services.notifications.web import inbox as inbox_page
from services.notifications.web import partners as partners_page
from services.notifications.web import policy as policy_page
from shared.bus.applier import Handler
from shared.bus.consumer import Consumer
from shared.bus.dead_letter_eraser import DeadLetterEraser
from shared.bus.metrics import watch
from shared.bus.outbox import ACCESS, Relay
from shared.bus.principals import KEYS
from shared.bus.topics import ensure_topics
from shared.database import close, connect, migrate, transaction
from shared.events import TOPICS
from shared.guarded_http import Receivers
from shared.key_consumer import key_consumer
from shared.observability import Metrics, get_logger
from shared.part import Part
from shared.regions import Regions
from shared.security import KEY_CONNECTIONS, KeyRing
from shared.service import build_app
from shared.sessions import Sessions

log = get_logger(__name__)

ROUTERS = tuple(
    each.router
    for each in (
        *(partners, planning, opt_outs, inbound, policy, pauses, spending, overview, dead_letters),
        *(agents, inbox, push),
    )
)
MIGRATIONS = Path(__file__).parent / "migrations"
TEMPLATES = Path(__file__).parent / "web/templates"
SOURCE = "payung/notifications"
READS = ("partners", "enrollments", "contacts", "claims", "access")
WRITES = ("outreach", "access")
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
    work_pool: asyncpg.Pool
    backlog: Backlog
    regions: Regions
    policies: PolicyStore
    scheduler: Scheduler
    address_keys: AddressKeys
    channels: Channels
    metrics: Metrics
    consumer: Consumer
    key_consumer: Consumer
    senders: list[Sender]
    rescheduler: Rescheduler
    dead_letter_eraser: DeadLetterEraser
    dead_letters: DeadLetterRetry
    tally: Tally
    relay: Relay
    access_relay: Relay
    task_keeper: TaskKeeper
    pusher: Pusher
    digest: DigestSender
    alerts: AlertSender
    mailbox: MailboxReader | None

    async def close(self) -> None:
        """Close what the channels and the pools keep open."""
        for channel in self.channels.values():
            if isinstance(channel, AppriseChannel | GatewayChannel | MailChannel):
                await channel.close()
        await self.backlog.close()
        await close(self.pool, self.keys_pool, self.work_pool)

    @property
    def parts(self) -> list[Part]:
        background = [
            self.rescheduler,
            self.dead_letter_eraser,
            self.tally,
            self.task_keeper,
            self.digest,
            self.alerts,
            self.relay,
            self.access_relay,
        ]
        mailbox = [self.mailbox] if self.mailbox else []
        return [self.consumer, self.key_consumer, *self.senders, *background, *mailbox]


async def start(settings: Settings, clock: Clock = wall_clock) -> FastAPI:
    """Migrate, create missing topics, and return the application with its parts."""
    pool = await connect(settings.database, min_size=2, max_size=10)
    await migrate(pool, MIGRATIONS)
    await _add_missing_keys(pool, settings.address_keys())
    topics = [TOPICS[name] for name in dict.fromkeys((*READS, *WRITES))]
    await ensure_topics(
        settings.kafka,
        topics,
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        replication=settings.replication,
    )
    keys_pool = await connect(settings.database, max_size=KEY_CONNECTIONS)
    work_pool = await connect(settings.database, max_size=settings.senders + 2)
    return web(settings, build(settings, pool, clock, keys_pool=keys_pool, work_pool=work_pool))


async def _add_missing_keys(pool: asyncpg.Pool, keys: AddressKeys) -> None:
    """Contacts of before there were keys would seem to have no address."""
    while True:
        async with transaction(pool) as db:
            if not await partner_store.add_missing_keys(db, keys):
                return


def build(
    settings: Settings,
    pool: asyncpg.Pool,
    clock: Clock = wall_clock,
    *,
    keys_pool: asyncpg.Pool | None = None,
    work_pool: asyncpg.Pool | None = None,
) -> Engine:
    """The parts, not running yet; `keys_pool` serves keys alone, `work_pool` the facts and the senders, which leave
    nothing behind in a session; `pool` where one is not given."""
    keys_pool, work_pool = keys_pool or pool, work_pool or pool
    kafka, prefix = settings.kafka, settings.topic_prefix
    regions, metrics = Regions.load(), Metrics("notifications")
    channels = channels_of(settings)
    policies = PolicyStore(regions, [name for name in channels if name != "log"])
    scheduler = Scheduler(policies, regions, clock)
    keys = settings.address_keys()
    handlers = _handlers(scheduler, keys)
    consumer = _consumer(settings, work_pool, handlers)
    backlog = Backlog(work_pool, kafka=kafka, topics=DECISIVE, prefix=prefix)
    facts = [topic for topic in WRITES if topic != KEYS]
    relay = Relay(pool, kafka=kafka, source=SOURCE, prefix=prefix, topics=facts)
    access_relay = Relay(keys_pool, kafka=kafka, source=SOURCE, prefix=prefix, lane=ACCESS, topics=[KEYS])
    of_keys = key_consumer(keys_pool, settings, "notifications")
    watch(metrics, consumer, of_keys, relay)
    mailbox = settings.mailbox()
    receivers = Receivers(allow_local=settings.push_allows_local)
    push_key = PushKey(settings.secret.get_secret_value())
    pusher = Pusher(pool, push_key, receivers, subject=settings.push_subject, clock=scheduler.now)
    telling = (pool, scheduler, policies, channels)
    return Engine(
        pool=pool,
        keys_pool=keys_pool,
        work_pool=work_pool,
        backlog=backlog,
        regions=regions,
        policies=policies,
        scheduler=scheduler,
        metrics=metrics,
        consumer=consumer,
        key_consumer=of_keys,
        channels=channels,
        address_keys=keys,
        senders=senders_of(settings, work_pool, scheduler, policies, channels, backlog, relay, metrics),
        rescheduler=Rescheduler(pool, scheduler, policies),
        dead_letter_eraser=DeadLetterEraser(pool, "contacts", dead_letters_of_erased, kafka=kafka, prefix=prefix),
        dead_letters=DeadLetterRetry(pool, handlers, kafka=kafka, prefix=prefix),
        tally=Tally(pool, scheduler, READS, kafka=kafka, prefix=prefix),
        relay=relay,
        access_relay=access_relay,
        task_keeper=TaskKeeper(pool, scheduler),
        pusher=pusher,
        digest=DigestSender(*telling, settings.notifications_url + "/", pusher),
        alerts=AlertSender(*telling, settings.notifications_url + "/", pusher),
        mailbox=MailboxReader(pool, scheduler, keys, mailbox, relay.wake) if mailbox else None,
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
            "address_keys": engine.address_keys,
            "inbound_secret": settings.inbound_secret,
            "regions": engine.regions,
            "senders": engine.senders,
            "pusher": engine.pusher,
            "tally": engine.tally,
            "dead_letters": engine.dead_letters,
            "wake_after_commit": (engine.relay.wake, engine.rescheduler.wake),
            "wake_after_agents": (engine.access_relay.wake, engine.task_keeper.wake, engine.relay.wake),
        },
        metrics=engine.metrics,
        site=settings.site("notifications", TEMPLATES),
        pages=[
            home.router,
            operator.router,
            dead_letters_page.router,
            inbox_page.router,
            agents_page.router,
            partners_page.router,
            policy_page.router,
            sign_in.router,
        ],
        on_stop=engine.close,
    )


def _handlers(scheduler: Scheduler, keys: AddressKeys) -> dict[str, Handler]:
    """Which topic runs which handler."""
    made = Handlers(scheduler, keys)
    return {
        "contacts": made.on_contacts,
        "partners": made.on_partners,
        "enrollments": made.on_enrollments,
        "claims": made.on_claims,
    }


def _consumer(settings: Settings, pool: asyncpg.Pool, handlers: Mapping[str, Handler]) -> Consumer:
    prefix = settings.topic_prefix
    consumer = Consumer(pool, kafka=settings.kafka, group="notifications", prefix=prefix, pause=GATHERED_SECONDS)
    for topic, handler in handlers.items():
        consumer.on(topic, handler, ahead=topic == "contacts")  # then a new partner is decided about once
    return consumer
