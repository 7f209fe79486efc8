"""What coverage answers, asked in this process: facts go through the handlers, questions through the routes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from aiokafka import ConsumerRecord

from services.coverage import app
from services.coverage.api import claims, figures, freshness, regions, stream
from services.coverage.settings import Settings
from shared.bus.batch import Batch
from shared.bus.records import Outgoing, Record, cloudevent_headers
from shared.database import connect, migrate, transaction
from shared.events.access import Key
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers, encode
from shared.events.partners import ListedWorkers, Listing, Partner
from shared.events.reference import Agreement, Briefing, Denominator, Target
from shared.security import KeyRing
from shared.service import build_app
from tests.stack import Database

ROUTERS = [figures.router, claims.router, freshness.router, regions.router, stream.router]
ADMIN = {"Authorization": "Bearer admin-of-the-tests"}
DAY = date(2021, 1, 1)
RECORDED = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
TYPES = {Denominator: "denominator.set", Target: "target.set", Briefing: "briefing.held", Agreement: "agreement.signed"}

offsets = count()


@dataclass
class World:
    http: httpx.AsyncClient
    pool: asyncpg.Pool

    async def hear(self, topic: str, *facts: msgspec.Struct, kind: str = "") -> Batch:
        """The batch of these facts of `topic`, worked off; a fact's id is its content."""
        batch = Batch(topic, [record(topic, encode(fact), kind or TYPES.get(type(fact), "")) for fact in facts])
        async with transaction(self.pool) as db:
            await app.HANDLERS[topic](batch, db)
        return batch

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def agencies(self) -> dict[str, Any]:
        return {each["agency"]: each for each in (await self.get("/v1/freshness"))["agencies"]}


def record(topic: str, value: bytes, kind: str) -> Record:
    event = Outgoing(topic, "k", kind, f"{hash(value)}", RECORDED, value)
    headers = cloudevent_headers(event, "/payung/registration") if kind else []
    return Record(ConsumerRecord(topic, 0, next(offsets), 0, 0, b"k", value, None, 0, 0, headers))


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    pool = await connect(database.of("coverage"))
    await migrate(pool, app.MIGRATIONS)
    settings = Settings(database="-", kafka="-", port=1, admin_key="admin-of-the-tests")
    state = {"pool": pool, "settings": settings, "keys": KeyRing(pool, settings.admin_key)}
    transport = httpx.ASGITransport(build_app("coverage", routers=ROUTERS, state=state))
    async with httpx.AsyncClient(transport=transport, base_url="http://coverage", headers=ADMIN) as http:
        yield World(http, pool)
    await pool.close()


def identity(number: int) -> str:
    return f"0190aaaa-0000-7000-8000-{number:012x}"


def listed(number: int, *agencies: str, version: int = 1, recorded: datetime = RECORDED, **changes: Any) -> Partner:
    lists = tuple(Listing(agency, "daftar", DAY + timedelta(n)) for n, agency in enumerate(agencies))
    fact = Partner(identity(number), version, "active", "33.11", "business", recorded, lists=lists)
    return msgspec.structs.replace(fact, listed_on=DAY if lists else None, **changes)


def enrolled(number: int, workers: Workers, **changes: Any) -> Enrollment:
    period = Period(DAY, None, "33.11", "PU", ("JKK", "JKM"), workers)
    fact = Enrollment(identity(number), 1, "business", (period,), RECORDED, agency="bpjstk", listed_on=DAY)
    return msgspec.structs.replace(fact, **changes)


# --- who is silent ---------------------------------------------------------------------------------------------------


async def test_every_statement_tells_that_its_agency_is_not_silent(world: World) -> None:
    now = datetime.now(UTC)
    said = [
        Denominator("33.11", "umkm", 4, DAY, "Dinas", "ok", now, "a"),
        Target("33.11", "partners", 2, DAY, DAY, "SK", now, "b"),
        Briefing("33.11", "Sosialisasi", "1", DAY, now, "c"),
        Agreement("Kerja sama", ("c", "d"), DAY, "33.11", now, "d"),
    ]
    await world.hear("reference", *said)
    await world.hear("reference", *said)
    heard = await world.agencies()
    assert {agency: each["events_today"] for agency, each in heard.items()} == dict.fromkeys("abcd", 1)
    assert all(each["silent_for"] < 60 for each in heard.values())


async def test_a_change_of_a_partner_and_its_delisting_are_events_of_its_agency(world: World) -> None:
    def version(number: int, *agencies: str, **changes: Any) -> Partner:
        return listed(1, *agencies, version=number, recorded=RECORDED + timedelta(number), **changes)

    async def last() -> dict[str, str]:
        return {agency: each["last_event"][:10] for agency, each in (await world.agencies()).items()}

    await world.hear("partners", version(1, "a", "b", workers=ListedWorkers(2)))
    assert await last() == {"a": "2026-01-11", "b": "2026-01-11"}
    await world.hear("partners", version(2, "a", "b", workers=ListedWorkers(9)))
    assert await last() == {"a": "2026-01-11", "b": "2026-01-12"}
    await world.hear("partners", version(3, "b"), version(2, "a", "b"))
    assert await last() == {"a": "2026-01-13", "b": "2026-01-12"}
    await world.hear("partners", version(4, status="merged", merged_into=identity(2)))
    assert await last() == {"a": "2026-01-13", "b": "2026-01-12"}


async def test_an_agency_that_never_sent_anything_is_told_as_such(world: World) -> None:
    await world.hear("partners", listed(1, "loud"))
    await world.hear(
        "access",
        Key("k1", "h1", RECORDED, agency="mute"),
        Key("k2", "h2", RECORDED, agency="loud"),
        Key("k3", "h3", RECORDED, agency="gone", revoked=True),
        Key("k4", "h4", RECORDED, agent="siti"),
    )
    answer = await world.get("/v1/freshness")
    assert [each["agency"] for each in answer["agencies"]] == ["loud", "mute"]
    assert answer["agencies"][1] == {"agency": "mute", "last_event": None, "events_today": 0, "silent_for": None}
    assert answer["updated_at"] == (await world.get("/v1/coverage"))["updated_at"] == "2026-01-10T03:00:00Z"


# --- claims ----------------------------------------------------------------------------------------------------------
