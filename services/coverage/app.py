"""Everything coverage is made of, wired in one place."""

from functools import partial
from pathlib import Path

import asyncpg
from fastapi import FastAPI

from services.coverage import handlers
from services.coverage.alert_messages import AlertMessages
from services.coverage.alert_watch import AlertWatch
from services.coverage.api import (
    alerts,
    briefings,
    changes,
    claims,
    explain,
    figures,
    freshness,
    measures,
    outreach,
    regions,
    series,
    sources,
    stream,
)
from services.coverage.changed_regions import ChangedRegions
from services.coverage.figure_metrics import FigureMetrics
from services.coverage.rollup import Rollup
from services.coverage.self_check import SelfCheck
from services.coverage.settings import Settings
from services.coverage.slow_answers import SlowAnswers
from services.coverage.web import alert_rules, explanations, home
from services.coverage.web import alerts as alerts_page
from shared.access import on_access
from shared.bus.consumer import Consumer
from shared.bus.metrics import watch
from shared.bus.principals import KEYS
from shared.bus.topics import ensure_topics
from shared.database import close, connect, migrate
from shared.events import TOPICS
from shared.key_consumer import key_consumer
from shared.observability import Metrics
from shared.open_streams import OpenStreams
from shared.part import Part
from shared.security import KEY_CONNECTIONS, KeyRing
from shared.service import build_app
from shared.sessions import Sessions

ROUTERS = tuple(
    each.router
    for each in (
        *(
            figures,
            series,
            changes,
            explain,
            sources,
            outreach,
            briefings,
            claims,
            freshness,
            measures,
            alerts,
            regions,
        ),
        stream,
    )
)
MIGRATIONS = Path(__file__).parent / "migrations"
TEMPLATES = Path(__file__).parent / "web/templates"
GROUP = "coverage"

HANDLERS = {
    "partners": handlers.on_partners,
    "enrollments": handlers.on_enrollments,
    "claims": handlers.on_claims,
    "reference": handlers.on_reference,
    "outreach": handlers.on_outreach,
    "access": on_access,
}


async def prepare(settings: Settings) -> asyncpg.Pool:
    """The service's own schema at its newest, and the topics it reads (registration may not have run yet)."""
    pool = await connect(settings.database)
    await migrate(pool, MIGRATIONS)
    await ensure_topics(
        settings.kafka,
        [TOPICS[name] for name in HANDLERS],
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        replication=settings.replication,
    )
    return pool


def consumer(pool: asyncpg.Pool, settings: Settings) -> Consumer:
    """Which topic of data runs which handler."""
    made = Consumer(
        pool, kafka=settings.kafka, group=GROUP, prefix=settings.topic_prefix, max_records=settings.max_records
    )
    for topic, handler in HANDLERS.items():
        if topic != KEYS:
            made.on(topic, handler)
    return made


async def create(settings: Settings) -> FastAPI:
    """The service: web routes, consumer, rollup."""
    pool = await prepare(settings)
    return build(settings, pool, await connect(settings.database, max_size=KEY_CONNECTIONS))


def build(settings: Settings, pool: asyncpg.Pool, keys_pool: asyncpg.Pool) -> FastAPI:
    """The application, not running yet; `keys_pool` serves keys alone."""
    metrics, rollup, watched = Metrics("coverage"), Rollup(pool), AlertWatch(pool)
    pending = metrics.gauge("rollup_pending_batches", "Batches that only the ledger holds yet")
    pending.set_function(lambda: rollup.pending_batches)
    firing = metrics.gauge("open_alerts", "Alerts for meaning that are not resolved")
    firing.set_function(lambda: watched.open_alerts)
    silent = metrics.gauge("silent_agencies", "Agencies silent for more than twice as long as they usually are")
    silent.set_function(lambda: watched.silent_agencies)
    messages = AlertMessages(pool, settings.alert_webhook, settings.alert_secret())
    check = SelfCheck(pool)
    differing = metrics.gauge("self_check_differences", "Figures that are not what the partners' timelines say")
    differing.set_function(lambda: check.differences or 0)
    checked = metrics.gauge("self_check_timestamp_seconds", "When figures and timelines were last compared; 0: never")
    checked.set_function(lambda: check.checked_at or 0)
    parts: list[Part] = [rollup, watched, messages, check, FigureMetrics(pool, metrics, settings.programmes)]
    if settings.consume:
        consumers = [consumer(pool, settings), key_consumer(keys_pool, settings, GROUP)]
        parts += consumers
        watch(metrics, *consumers)
    return build_app(
        "coverage",
        parts=parts,
        routers=ROUTERS,
        state={
            "pool": pool,
            "settings": settings,
            "keys": KeyRing(keys_pool, settings.admin_key),
            "sessions": Sessions(keys_pool, settings.admin_key),
            "open_streams": OpenStreams(),
            "changed_regions": ChangedRegions(pool),
            "slow_answers": SlowAnswers(),
        },
        metrics=metrics,
        site=settings.site("coverage", TEMPLATES),
        pages=[home.router, explanations.router, alerts_page.router, alert_rules.router],
        on_stop=partial(close, pool, keys_pool),
    )
