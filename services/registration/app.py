"""Everything that registration is made of, put together here and nowhere else."""

from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Request, Response

from services.registration.api import (
    agencies,
    audit_trail,
    briefings,
    cases,
    changes,
    downloads,
    enrolments,
    events,
    imports,
    keys,
    lists,
    members,
    partners,
    quarantine,
    sign_in_links,
    sources,
    statements,
    upload_decisions,
    upload_form,
    uploads,
    webhooks,
)
from services.registration.feed.watch import Watch
from services.registration.feed.webhooks import Webhooks
from services.registration.intake_eraser import IntakeEraser
from services.registration.kafka_access import KafkaAccess
from services.registration.kafka_intake import KafkaIntake
from services.registration.records.dead_letters_of_erased import dead_letters_of_erased
from services.registration.resealing import Resealing
from services.registration.retention import Retention
from services.registration.runtime import Keys, Services
from services.registration.settings import Settings
from services.registration.stack_watch import StackWatch
from services.registration.upload_quota import Quota
from services.registration.vault import Vault
from services.registration.web import audit_trail as audit_pages
from services.registration.web import cases as case_pages
from services.registration.web import home, new_upload, preview, progress, refused_rows, sign_in, unregistered
from services.registration.web import keys as key_pages
from services.registration.web import lists as list_pages
from services.registration.web import partners as partner_pages
from services.registration.web import quarantine as quarantine_pages
from services.registration.web import statements as statement_pages
from services.registration.web import uploads as upload_pages
from services.registration.web.live import ImportWatch
from services.registration.writer import authority_upgrade, envelopes, identity_upgrade
from services.registration.writer.dry_runs import DryRuns
from services.registration.writer.import_worker import ImportWorker
from services.registration.writer.retries import Retries
from services.registration.writer.writer import NotNow, Writer
from shared.bus.consumer import Consumer
from shared.bus.dead_letter_eraser import DeadLetterEraser
from shared.bus.metrics import watch
from shared.bus.outbox import ACCESS, Relay
from shared.bus.principals import FORMER_INTAKE, INTAKE_PREFIX, KEYS, SERVICES
from shared.bus.topics import ensure_topics
from shared.database import UNAVAILABLE, close, connect, migrate
from shared.events import TOPICS
from shared.guarded_http import Receivers
from shared.observability import Metrics
from shared.open_streams import OpenStreams
from shared.problems import problem_response
from shared.regions import Regions
from shared.security import KEY_CONNECTIONS, KeyRing
from shared.service import build_app
from shared.sessions import Sessions

ROUTES = (
    events,
    imports,
    uploads,
    upload_decisions,
    downloads,
    lists,
    partners,
    members,
    statements,
    briefings,
    enrolments,
    cases,
    quarantine,
    agencies,
    keys,
    sign_in_links,
    sources,
    audit_trail,
    changes,
    webhooks,
)
UPLOAD_PAGES = (new_upload, upload_pages, preview, progress, refused_rows, unregistered)
PAGES = (
    sign_in,
    home,
    *UPLOAD_PAGES,
    quarantine_pages,
    case_pages,
    partner_pages,
    list_pages,
    audit_pages,
    key_pages,
    statement_pages,
)
TEMPLATES = Path(__file__).parent / "web/templates"
ROUTERS = (imports.receiving, *(each.router for each in ROUTES))
MIGRATIONS = Path(__file__).parent / "migrations"
SOURCE = "/payung/registration"
WRITES = ("partners", "contacts", "enrollments", "claims", "reference", "access", "intake")


async def create(settings: Settings) -> FastAPI:
    """The application on its migrated database and existing topics."""
    pool = await connect(settings.database, min_size=2, max_size=12)
    await migrate(pool, MIGRATIONS)
    await ensure_topics(
        settings.kafka,
        [TOPICS[name] for name in WRITES],
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        replication=settings.replication,
    )
    keys_pool = await connect(settings.database, max_size=KEY_CONNECTIONS)
    app = build(settings, pool, keys_pool, await connect(settings.database, max_size=1))
    here: Services = app.state.services
    await here.writer.compare_with_log()
    if here.writer.takes:
        await identity_upgrade.run(pool, here.writer, here.vault)
        await authority_upgrade.run(pool, here.writer)
    return app


def build(settings: Settings, pool: asyncpg.Pool, keys_pool: asyncpg.Pool, writer_pool: asyncpg.Pool) -> FastAPI:
    """The application; `keys_pool` serves keys alone, `writer_pool` the writer, whose statements are planned once."""
    metrics = Metrics("registration")
    vault = Vault(settings.secret)
    log: dict[str, Any] = {"kafka": settings.kafka, "source": SOURCE, "prefix": settings.topic_prefix}
    data = SERVICES["registration"].publishes
    relay = Relay(pool, topics=[topic for topic in data if topic != KEYS], **log)
    access_relay = Relay(keys_pool, topics=[KEYS], lane=ACCESS, **log)
    writer = Writer(writer_pool, vault, relay, metrics)
    ring, sessions = KeyRing(keys_pool, settings.admin_key), Sessions(keys_pool, settings.admin_key)
    keys = Keys(keys_pool, ring, sessions, access_relay)
    regions = Regions.load()
    erased = partial(dead_letters_of_erased, vault=vault, regions=regions)
    kafka, prefix = settings.kafka, settings.topic_prefix
    dead_letter_eraser = DeadLetterEraser(pool, f"{FORMER_INTAKE}*", erased, kafka=kafka, prefix=prefix)
    dry_runs = DryRuns(settings.database, pool, vault, regions)
    import_worker = ImportWorker(pool, vault, writer, regions, jkp=settings.jkp)
    dry_run_worker = ImportWorker(pool, vault, writer, regions, jkp=settings.jkp, dry_runs=dry_runs)
    access = KafkaAccess(settings.kafka, prefix=settings.topic_prefix, replication=settings.replication)
    retention = Retention(pool, settings.retention_days, settings.changes_days)
    intake_eraser = IntakeEraser(pool, kafka=kafka, prefix=prefix)
    days = settings.retention_days
    quota = Quota(pool, settings.upload_quota_mib << 20)
    watch_changes = Watch(pool)
    stack_watch = StackWatch(pool, metrics, kafka=kafka, disk=settings.disk, prefix=prefix)
    retries = Retries(pool, vault, writer, regions, jkp=settings.jkp)
    deliveries = Webhooks(pool, vault, Receivers(allow_local=settings.webhooks_allow_local), metrics)
    here = Services(
        *(pool, vault, writer, keys, regions, import_worker, dry_run_worker, dead_letter_eraser, access, intake_eraser),
        *(quota, watch_changes, deliveries, retries, settings.jkp, days),
    )
    consumer = Consumer(pool, kafka=settings.kafka, group="registration", prefix=settings.topic_prefix)
    intake = KafkaIntake(here)
    consumer.on(FORMER_INTAKE, intake.on_former_intake, may_halt=False)
    consumer.on_each(INTAKE_PREFIX, intake.on_intake)
    watch(metrics, consumer, relay, access_relay)
    for part in (relay, access_relay, consumer, dead_letter_eraser, intake_eraser):
        part.tolerates = (KafkaError, TimeoutError)  # what is taken meanwhile waits in the outbox
    app = build_app(
        "registration",
        parts=[
            relay,
            access_relay,
            writer,
            import_worker,
            dry_run_worker,
            consumer,
            dead_letter_eraser,
            intake_eraser,
            retention,
            Resealing(pool, vault),
            watch_changes,
            deliveries,
            retries,
            stack_watch,
        ],
        routers=ROUTERS,
        direct=events.DIRECT,
        state={
            "services": here,
            "keys": ring,
            "sessions": sessions,
            "watch": ImportWatch(pool),
            "open_streams": OpenStreams(),
        },
        body_limits={
            "/v1/events": envelopes.MOST_BYTES,
            "/v1/imports": upload_form.MOST_BYTES + upload_form.MOST_FORM_BYTES,
            "/v1/uploads/": upload_form.MOST_BYTES,
            "/uploads/new": upload_form.MOST_BYTES + upload_form.MOST_FORM_BYTES,
        },
        metrics=metrics,
        site=settings.site("registration", TEMPLATES),
        pages=[new_upload.receiving, *(each.router for each in PAGES)],
        on_stop=partial(close, pool, keys_pool, writer_pool),
    )
    for trouble in UNAVAILABLE:
        app.add_exception_handler(trouble, _unavailable)
    app.add_exception_handler(NotNow, _not_now)
    return app


async def _unavailable(_: Request, __: Exception) -> Response:
    """The database is down, not the request wrong: the client is to try again."""
    detail = (
        "Our database did not answer: whether this was kept is not known. Please send it again; nothing counts twice."
    )
    return problem_response(503, "unavailable", detail, headers={"Retry-After": "1"})


async def _not_now(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, NotNow)
    return problem_response(503, "unavailable", str(refused), headers={"Retry-After": str(refused.seconds)})
