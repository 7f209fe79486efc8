"""The baseline: what one would write first. Each event is validated by a model, stored in a transaction of its own and
sent to Kafka with acknowledgement, before the next one of the same client."""

import asyncio
import time
from datetime import date
from typing import Literal
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaProducer
from pydantic import BaseModel

from deploy.local.endpoints import Endpoints
from shared.bus.kafka_url import aiokafka_options
from shared.bus.topics import ensure_topics
from shared.events.model import Topic

TOPIC = Topic("bench.obvious")
TABLES = """
    drop schema if exists obvious cascade;
    create schema obvious;
    create table obvious.events (source text, id text, primary key (source, id));
    create table obvious.partners (
        partner_id uuid primary key, nik text unique, nib text, name text not null, kind text not null,
        scale text, region text not null, workers int, phone text, address text, listed_on date not null
    )"""
ADD_EVENT = "insert into obvious.events values ($1, $2) on conflict do nothing returning true"
ADD_PARTNER = """
    insert into obvious.partners values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict (nik) do update set name = excluded.name, workers = excluded.workers, phone = excluded.phone
    returning partner_id"""


class Partner(BaseModel):
    nik: str | None = None
    nib: str | None = None
    region: str


class Contact(BaseModel):
    name: str
    phone: str


class Listed(BaseModel):
    partner: Partner
    name: str
    kind: Literal["cooperative", "business", "individual"]
    scale: Literal["micro", "small", "medium", "large"] | None
    region: str
    workers: int
    contact: Contact
    address: str | None
    list: str
    listed_on: date


class Event(BaseModel):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["partner.listed"]
    data: Listed


class Fact(BaseModel):
    partner_id: str
    name: str
    region: str
    kind: str
    scale: str | None
    workers: int
    listed_on: date


async def run(endpoints: Endpoints, bodies: list[bytes], at_once: int) -> list[float]:
    """Seconds that each event took; so many clients send one after the other."""
    pool = await asyncpg.create_pool(endpoints.database, min_size=1, max_size=min(at_once, 16))
    await ensure_topics(endpoints.kafka_url, [TOPIC])
    producer = AIOKafkaProducer(**aiokafka_options(endpoints.kafka_url), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await pool.execute(TABLES)
        waiting, took = iter(bodies), list[float]()
        await asyncio.gather(*(_client(pool, producer, waiting, took) for _ in range(at_once)))
        return took
    finally:
        await producer.stop()
        await pool.execute("drop schema obvious cascade")
        await pool.close()


async def _client(pool, producer, waiting, took: list[float]) -> None:  # type: ignore[no-untyped-def]
    for body in waiting:
        began = time.perf_counter()
        await _take(pool, producer, body)
        took.append(time.perf_counter() - began)


async def _take(pool, producer, body: bytes) -> None:  # type: ignore[no-untyped-def]
    event = Event.model_validate_json(body)
    data = event.data
    async with pool.acquire() as db, db.transaction():
        if not await db.fetchval(ADD_EVENT, event.source, event.id):
            return
        known = data.partner.nik, data.partner.nib, data.name, data.kind, data.scale, data.region, data.workers
        rest = data.contact.phone, data.address, data.listed_on
        partner_id = await db.fetchval(ADD_PARTNER, uuid4(), *known, *rest)
    fact = Fact(partner_id=str(partner_id), **data.model_dump(include=Fact.model_fields.keys() - {"partner_id"}))
    await producer.send_and_wait(TOPIC.name, fact.model_dump_json().encode(), key=str(partner_id).encode())
