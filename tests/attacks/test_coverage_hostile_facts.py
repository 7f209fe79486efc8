"""Hostile but decodable facts, values stored outside all bounds, hostile parameters: nothing stops, nothing fails."""

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import msgspec
import pytest

from shared.bus.producer import Message
from shared.bus.records import Outgoing, cloudevent_headers
from shared.security import new_key
from tests.integration.coverage_world import World, coverage, identity, listed
from tests.stack import Database
from tests.waiting import eventually

LONG = bool(os.environ.get("PAYUNG_TEST_LONG"))
RECORDED = "2026-01-10T03:00:00Z"
WHOLE = [0, 1, -1, 4, 10_000_000, 10_000_001, 2**31 - 1, 2**31, 2**63 - 1, -(2**63), 10**12, 10**12 + 1]
NUMBERS: list[Any] = [*WHOLE, 0.5, 1e308, -1e308, 5e-324]
DAYS = ["2021-01-01", "0001-01-01", "9999-12-31", "1944-12-31", "1945-01-01", "2027-12-31", "2024-02-29", "1900-01-01"]
TIMES = [RECORDED, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-10T03:00:00", "1970-01-01T00:00:00+14:00"]
TEXTS = ["33.11", "", "\x00", "a" * 5_000, "00.00", "99.99", "33.99", "\U0001f4a5", "'; drop table claims; --", "=1+1"]
IDS = [identity(1), identity(2), "", "no uuid", identity(3).upper(), identity(4).replace("-", ""), "\x00"]
VERSIONS = [1, 2, 3, 0, -1, 2**31 - 1, 2**31, 2**63 - 1]


def workers(chance: random.Random) -> dict[str, Any]:
    return {name: chance.choice([0, 3, 10_000_000, 10_000_001]) for name in ("management", "staff", "labour")}


def facts(chance: random.Random) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(topic, type, fact): each is a good one with a few fields changed to something hostile."""
    common = {"version": 1, "recorded_at": RECORDED, "agency": "x", "region": "33.11"}
    period = {"from": "2021-01-01", "until": None, "region": "33.11", "segment": "PU", "programmes": ["JKK", "JKM"]}
    for number in range(80):  # of fewer than 200 bad records in a topic no consumer halts
        listing = {"agency": "x", "list": "daftar", "listed_on": "2021-01-01"}
        partner = common | {"partner_id": identity(9_000 + number), "status": "active", "kind": "business"}
        yield (
            "partners",
            "partner.listed",
            partner | {"workers": workers(chance), "lists": [listing]} | {"listed_on": chance.choice(DAYS)},
        )
        periods = [period | {"workers": workers(chance), "from": chance.choice(DAYS)} for _ in range(number % 3)]
        yield (
            "enrollments",
            "enrollment.changed",
            common
            | {
                "partner_id": identity(9_000 + number),
                "kind": "business",
                "periods": periods,
                "listed_on": chance.choice(DAYS),
            },
        )
        claim = common | {"claim_id": identity(number), "partner_id": identity(1), "programme": "JKK", "segment": "PU"}
        claim |= {"amount": chance.choice(WHOLE), "status": "paid", "occurred_on": chance.choice(DAYS)}
        yield "claims", "claim.paid", claim | {"tenure_months": chance.choice(WHOLE[:3])}
        denominator = common | {"measure": "umkm", "value": chance.choice(NUMBERS), "as_of": chance.choice(DAYS)}
        yield "reference", "denominator.set", denominator | {"source": chance.choice(TEXTS), "status": "ok"}
        target = common | {"measure": "partners", "value": chance.choice(WHOLE), "from": chance.choice(DAYS)}
        yield "reference", "target.set", target | {"until": chance.choice(DAYS), "source": chance.choice(TEXTS)}


def hostile(chance: random.Random) -> Iterator[Message]:
    fields = {"version": VERSIONS, "recorded_at": TIMES, "agency": TEXTS, "region": TEXTS}
    fields |= {"partner_id": IDS, "claim_id": IDS}
    for number, (topic, kind, fact) in enumerate(facts(chance)):
        if chance.random() < 0.5:
            name = chance.choice([name for name in fields if name in fact])
            fact = fact | {name: chance.choice(fields[name])}
        value = msgspec.json.encode(fact)
        event = Outgoing(topic, "k", kind, f"hostile-{number}", datetime(2026, 1, 10, tzinfo=UTC), value)
        yield Message(topic, b"k", value, cloudevent_headers(event, "/payung/registration"))


OUTSIDE = """
insert into coverage.claims
    select gen_random_uuid(), 1, 1, '33.11', 'JKK', 'PU', 'paid', 9223372036854775807, day, 2147483647
    from unnest(array['-infinity', 'infinity', '0001-01-01', '9999-12-31']::date[]) day, generate_series(1, 3);
insert into coverage.denominators
    select '33.11', 'umkm', day, 'x' || value, value, 'ok', 'x', 1
    from unnest(array['NaN', 'Infinity', '-Infinity', 1e308, -1, 0]::float8[]) value,
        unnest(array['-infinity', 'infinity']::date[]) day;
insert into coverage.targets
    select region, 'm', '-infinity', 'infinity', 's', value, null, 'x', 1
    from unnest(array['33.11', '33.12', '33.13'], array[0, -1, 9223372036854775807]) t (region, value);
"""


async def ask_everything(http: httpx.AsyncClient) -> None:
    """Every route with hostile values of every parameter."""
    values = ["0001-01-01", "9999-12-31", "1900-01-01", "2258-11-10", "2258-12-31", "0001-01-01T00:00:00+14:00"]
    values += ["9999-12-31T23:59:59-14:00", "99999-01-01", "", "-1", "NaN", "1e999", "9" * 5_000, "month", "csv"]
    values += [*TEXTS, "33.11", "33", "sumbagsel", "regency", "programme,segment,month"]
    encoded = [quote(value) for value in values] + ["%00", "%ED%A0%80", "%FF", "ID%00", "%"]
    names = ["region", "level", "by", "as_of", "known_at", "format", "from", "until", "limit", "%00", "%ED%A0%80"]
    paths = [f"/v1/{route}?{name}={value}" for route, name, value in product(("coverage", "claims"), names, encoded)]
    paths += [f"/v1/regions/{value}" for value in encoded if "/" not in value]
    paths += ["/v1/freshness", "/v1/regions", "/openapi.json", "/livez", "/readyz", "/metrics"]
    for by in ("", "programme", "segment", "month", "kind", "scale", "job_level", "occupation", "programme,month"):
        for route, level in product(("coverage", "claims"), ("self", "kanwil", "province", "regency")):
            for moment in ("", "&as_of=1900-01-01", "&as_of=2258-11-10", "&known_at=9999-12-31"):
                paths.append(f"/v1/{route}?by={by}&level={level}{moment}")
    for path in paths:
        answer = await http.get(path)
        assert answer.status_code < 500, (path[:200], answer.text[:500])
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("seed", range(20) if LONG else [1])
async def test_nothing_that_is_stored_or_asked_makes_a_route_fail(
    kafka: str, database: Database, topics: str, seed: int
) -> None:
    async with coverage(kafka, database, topics) as world:
        for message in hostile(random.Random(seed)):
            await world.producer.send([message])
        await world.publish(*(listed(number, "36.71") for number in range(100, 110)))
        await eventually(lambda: _consumed(world), within=60)
        (row,) = await world.rows("region=36.71")
        assert row["listed"] == 10
        status = (await world.http.get("/readyz")).json()["parts"]["consumer"]
        assert status["halted"] == {}
        assert status["dead_letters"] > 0
        admin = await asyncpg.connect(database.admin)
        await admin.execute(OUTSIDE)
        key_id, secret, digest = new_key()
        await admin.execute(
            "insert into coverage.keys (key_id, hash, agency, scopes, regions, revoked, recorded_at) "
            "values ($1, $2, 'reader', '{read}', '{ID}', false, $3)",
            key_id,
            digest,
            datetime.now(UTC) - timedelta(days=1),
        )
        await admin.close()
        for headers in ({}, {"Authorization": f"Bearer {secret}"}):
            world.http.headers.update(headers)
            await ask_everything(world.http)


async def _consumed(world: World) -> bool:
    (row,) = await world.rows("region=36.71")
    parts = (await world.http.get("/readyz")).json()["parts"]
    return bool(row["listed"] == 10 and parts["consumer"]["lag"] == 0)


async def test_sums_of_money_are_exact_however_large(kafka: str, database: Database, topics: str) -> None:
    async with coverage(kafka, database, topics) as world:
        admin = await asyncpg.connect(database.admin)
        await admin.execute(OUTSIDE)
        await admin.close()
        (row,) = (await world.http.get("/v1/claims")).json()["rows"]
        assert row["paid"]["amount"] == 6 * (2**63 - 1), "of -infinity and year 1; the others are yet to come"
