"""coverage as a process on the suite's Kafka and PostgreSQL, and the facts that registration would write."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx
import msgspec

from deploy.local import ports
from shared.bus.producer import Producer
from shared.bus.records import Outgoing
from shared.events.claims import Claim
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers, encode
from shared.events.partners import ListedWorkers, Listing, Partner
from shared.events.reference import Denominator, Target
from tests.stack import Database
from tests.waiting import eventually

ADMIN = {"Authorization": "Bearer admin-of-the-tests"}
RECORDED = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)


@dataclass
class World:
    """A running coverage service: `http` asks it, `publish` writes facts, `settled` waits until they count."""

    http: httpx.AsyncClient
    producer: Producer
    environment: dict[str, str]
    database: Database
    process: "subprocess.Popen[bytes]"

    async def publish(self, *facts: msgspec.Struct) -> None:
        await self.producer.publish([outgoing(fact) for fact in facts])

    async def rows(self, query: str = "") -> list[dict[str, Any]]:
        answer = await self.http.get(f"/v1/coverage?{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["rows"])

    async def total(self, query: str = "") -> tuple[int, int]:
        (row,) = await self.rows(query)
        return row["listed"], row["enrolled"]

    async def settled(self, listed: int, enrolled: int) -> None:
        """The nation's figures of today are these."""

        async def there() -> bool:
            return await self.total() == (listed, enrolled)

        await eventually(there, within=20, every=0.05)


@asynccontextmanager
async def coverage(kafka: str, database: Database, prefix: str) -> AsyncIterator[World]:
    port = ports.choose({})["coverage"]
    environment = {
        **os.environ,
        "PAYUNG_DATABASE": database.of("coverage"),
        "PAYUNG_KAFKA": kafka,
        "PAYUNG_PORT": str(port),
        "PAYUNG_ADMIN_KEY": "admin-of-the-tests",
        "PAYUNG_TOPIC_PREFIX": prefix,
    }
    process = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-m", "services.coverage"], env=environment)
    producer = Producer(kafka, "/payung/registration", prefix=prefix)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=ADMIN, timeout=30) as http:
            await eventually(lambda: _ready(http), within=40, every=0.1)
            yield World(http, producer, environment, database, process)
    finally:
        await producer.stop()
        process.terminate()
        process.wait(15)


async def _ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def outgoing(fact: msgspec.Struct) -> Outgoing:
    """The fact as registration's outbox would publish it."""
    topic, key, kind = _addressed(fact)
    return Outgoing(topic, key, kind, f"{key}-{getattr(fact, 'version', 1)}", RECORDED, encode(fact))


def _addressed(fact: msgspec.Struct) -> tuple[str, str, str]:
    match fact:
        case Partner():
            return "partners", fact.partner_id, "partner.listed"
        case Enrollment():
            return "enrollments", fact.partner_id, "enrollment.changed"
        case Claim():
            return "claims", fact.claim_id, f"claim.{fact.status}"
        case Target():
            return "reference", f"{fact.measure}/{fact.region}", "target.set"
        case Denominator():
            return "reference", f"{fact.measure}/{fact.region}", "denominator.set"
        case _:
            raise TypeError(type(fact).__name__)


def identity(number: int) -> str:
    return f"0190aaaa-0000-7000-8000-{number:012x}"


def listed(number: int, region: str, *, version: int = 1, **changes: Any) -> Partner:
    """A business on Sukoharjo's list since 2021-01-01, with 3 staff and 7 labourers."""
    fact = Partner(
        identity(number),
        version,
        "active",
        region,
        "business",
        RECORDED,
        workers=ListedWorkers(10, 0, 3, 7),
        lists=(Listing("disdagkop-sukoharjo", "daftar", date(2021, 1, 1)),),
        listed_on=date(2021, 1, 1),
    )
    return msgspec.structs.replace(fact, **changes)


def enrolled(
    number: int, region: str, *, version: int = 1, programmes: Sequence[Any] = ("JKK", "JKM"), **changes: Any
) -> Enrollment:
    """The same business, insured from 2021-06-01 on with 3 staff and 1 labourer."""
    period = Period(date(2021, 6, 1), None, region, "PU", tuple(programmes), Workers(0, 3, 1))
    fact = Enrollment(
        identity(number),
        version,
        "business",
        (period,),
        RECORDED,
        agency="bpjstk",
        listed_on=date(2021, 1, 1),
    )
    return msgspec.structs.replace(fact, **changes)
