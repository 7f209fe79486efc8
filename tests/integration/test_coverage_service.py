"""coverage on a real Kafka and PostgreSQL: facts in, figures out, and the rebuild that proves them."""

import asyncio
import csv
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec
import pytest

from services.coverage import cells, rebuild, self_check
from services.coverage.self_check import SelfCheck
from shared.bus.producer import Message
from shared.database import connect
from shared.events.claims import Claim
from shared.events.reference import Denominator, Target
from shared.jakarta import today
from tests.integration.coverage_world import RECORDED, World, coverage, enrolled, identity, listed
from tests.stack import Database
from tests.waiting import eventually


@pytest.fixture
async def world(kafka: str, database: Database, topics: str) -> AsyncIterator[World]:
    async with coverage(kafka, database, topics) as running:
        yield running


async def test_facts_become_figures_by_region_dimension_and_day(world: World) -> None:
    await world.publish(
        listed(1, "33.11"),
        listed(2, "33.11", kind="individual", occupation="farmer"),
        listed(3, "36.71", workers=msgspec.convert({}, type(listed(3, "36.71").workers))),
        enrolled(1, "33.11", programmes=("JKK", "JKM", "JHT", "JP")),
    )
    await world.settled(3, 1)
    (row,) = await world.rows("region=33.11")
    assert (row["listed"], row["enrolled"], row["unregistered"], row["rate"]) == (2, 1, 1, 0.5)
    assert row["workers"]["by_level"]["labour"] == {"listed": 14, "enrolled": 1}
    by_programme = {row["programme"]: row for row in await world.rows("by=programme")}
    assert list(by_programme) == ["JKK", "JKM", "JHT", "JP"]
    assert (by_programme["JP"]["listed"], by_programme["JP"]["enrolled"]) == (2, 1)
    assert (by_programme["JKK"]["listed"], by_programme["JKK"]["enrolled"]) == (3, 1)
    levels = {row["job_level"]: (row["listed"], row["enrolled"]) for row in await world.rows("by=job_level")}
    assert levels == {"management": (0, 0), "staff": (6, 3), "labour": (14, 1)}
    segments = {row["segment"]: (row["listed"], row["enrolled"]) for row in await world.rows("by=segment")}
    assert segments == {"PU": (2, 1), "BPU": (1, 0)}
    assert await world.total("as_of=2021-05-31") == (3, 0)
    assert await world.total("as_of=2020-12-31") == (0, 0)
    assert await world.total("known_at=2026-01-10T02:59:59Z") == (0, 0)
    assert await world.total("known_at=2026-01-10T10:00:00%2B07:00") == (3, 1)
    assert len(await world.rows("level=regency")) == 514
    assert len(await world.rows("level=kanwil")) == 11
    assert sum(row["workers"]["unknown"] for row in await world.rows("level=province")) == 1


async def test_a_spreadsheet_gets_the_same_rows_without_formulas(world: World) -> None:
    await world.publish(listed(1, "33.11"))
    await world.settled(1, 0)
    answer = await world.http.get("/v1/coverage?region=33&level=regency&by=kind", headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(lines) == 35 * 3
    assert sum(int(line["listed"]) for line in lines) == 1
    assert not any(value.startswith(("=", "+", "@")) for line in lines for value in line.values())


async def test_a_refused_question_names_what_is_allowed(world: World) -> None:
    for query, field in (
        ("level=village", "level"),
        ("region=33.11&level=kanwil", "level"),
        ("by=colour", "by"),
        ("as_of=31-12-2021", "as_of"),
        ("known_at=yesterday", "known_at"),
        ("format=pdf", "format"),
    ):
        answer = await world.http.get(f"/v1/coverage?{query}")
        assert answer.status_code == 422, query
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.json()["field"], bool(answer.json()["allowed"])) == (field, True)
    assert (await world.http.get("/v1/coverage?region=99.99")).status_code == 404
    assert (await world.http.get("/v1/regions/99")).status_code == 404
    assert (await world.http.get("/v1/coverage", headers={"Authorization": ""})).status_code == 401


async def test_claims_count_by_their_current_status(world: World) -> None:
    paid = Claim(
        identity(71), 2, identity(1), "33.11", "JKK", "PU", 107_000_000, "paid", date(2021, 2, 1), 5, RECORDED, "bpjstk"
    )
    filed = msgspec.structs.replace(paid, version=1, status="filed", recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    other = msgspec.structs.replace(filed, claim_id=identity(72), tenure_months=9)
    await world.publish(filed, paid, filed, other)

    async def paid_and_filed() -> object:
        (row,) = (await world.http.get("/v1/claims?region=33.11")).json()["rows"]
        return (row["paid"], row["filed"]) if row["paid"]["count"] and row["filed"]["count"] else None

    assert await eventually(paid_and_filed, within=20) == (
        {"count": 1, "amount": 107_000_000, "median_tenure": 5.0},
        {"count": 1, "amount": 0, "median_tenure": 9.0},
    )
    withdrawn = msgspec.structs.replace(other, version=2, status="withdrawn", recorded_at=RECORDED)
    await world.publish(withdrawn)

    async def only_paid() -> bool:
        (row,) = (await world.http.get("/v1/claims?region=33.11")).json()["rows"]
        return (row["paid"]["count"], row["filed"]["count"]) == (1, 0)

    assert await eventually(only_paid, within=20)
    row, *others = (await world.http.get("/v1/claims?known_at=2026-01-05&by=programme,month")).json()["rows"]
    assert [other["programme"] for other in others] == ["JKM", "JHT", "JP"]
    assert (row["programme"], row["month"], row["filed"]["count"], row["paid"]["count"]) == ("JKK", "2021-02", 2, 0)


async def test_denominators_and_targets_are_beside_the_figures(world: World) -> None:
    await world.publish(
        listed(1, "33.11"),
        enrolled(1, "33.11"),
        Denominator("33.11", "umkm", 4, date(2021, 1, 1), "Dinas", "ok", RECORDED, "disdagkop-sukoharjo"),
        Target(
            "33.11", "partners", 2, date(2021, 6, 1), date(2021, 6, 30), "SK", RECORDED, "disdagkop-sukoharjo", "daftar"
        ),
    )
    await world.settled(1, 1)
    await eventually(lambda: _target(world), within=20)
    (row,) = await world.rows("region=33.11")
    assert [(target["progress"], target["rate"]) for target in row["targets"]] == [(1, 0.5)]
    assert [(d["measure"], d["numerator"], d["rate"]) for d in row["denominators"]] == [("umkm", 1, 0.25)]
    (tangerang,) = await world.rows("region=36.71")
    stated = {d["measure"]: d for d in tangerang["denominators"]}
    assert stated["workers"]["rate"] is None
    assert stated["workers"]["flags"] == ["quarantine", "implausible", "above_population"]
    freshness = {each["agency"]: each for each in (await world.http.get("/v1/freshness")).json()["agencies"]}
    assert freshness["bpjstk"]["last_event"] == "2026-01-10T03:00:00Z"
    assert freshness["disdagkop-sukoharjo"]["silent_for"] > 0


async def _target(world: World) -> object:
    (row,) = await world.rows("region=33.11")
    return row["targets"] and row["denominators"]


async def test_a_garbled_fact_is_set_aside_and_the_rest_counts(world: World) -> None:
    await world.producer.send(
        [Message("partners", b"x", b"{not json", []), Message("partners", b"y", b'{"partner_id": 1}', [])]
    )
    wrong = msgspec.structs.replace(listed(5, "33.11"), region="Solo")
    await world.publish(listed(1, "33.11"), wrong, listed(2, "33.11"))
    await world.settled(2, 0)
    parts = (await world.http.get("/readyz")).json()["parts"]
    assert parts["consumer"]["dead_letters"] == 3
    metrics = (await world.http.get("/metrics")).text
    assert 'payung_coverage_consumer_dead_letters_total{topic="partners"} 3.0' in metrics
    assert 'payung_coverage_consumer_halted{topic="partners"} 0.0' in metrics
    assert 'payung_coverage_consumer_last_applied_timestamp_seconds{topic="partners"}' in metrics
    assert "payung_coverage_rollup_pending_batches " in metrics


async def test_the_figures_equal_those_recomputed_from_the_log_until_somebody_touches_them(
    world: World, kafka: str, topics: str
) -> None:
    await world.publish(*(listed(n, "33.11") for n in range(40)), *(enrolled(n, "36.71") for n in range(0, 40, 2)))
    await world.settled(40, 20)
    await world.publish(enrolled(0, "36.71", version=2, periods=()))
    await world.settled(40, 19)
    assert await rebuild.compare(world.database.admin, kafka, prefix=topics) == []
    admin = await asyncpg.connect(world.database.admin)

    async def rolled_up() -> bool:
        return bool(await admin.fetchval("select not exists (select from coverage.pending_batches)"))

    await eventually(rolled_up, within=20)
    night = datetime.now(UTC).replace(hour=20)  # after three o'clock in Jakarta
    service = await connect(world.database.of("coverage"))
    checks = [SelfCheck(service, clock=lambda hours=hours: night + timedelta(hours=hours)) for hours in (-2, 0, 1, 25)]
    for each in checks[:2]:
        await each.step()
    lowest = "(select min(cell) from coverage.current_totals)"
    planted = f"update coverage.current_totals set partners = partners + {{}} where cell = {lowest}"
    await admin.execute(planted.format(1))
    for each in checks[2:]:
        await each.step()
    # found today, and on the two days that are counted back from today's sums
    assert [each.differences for each in checks[1:]] == [0, 0, 3], "once a night, and not before two o'clock"
    async with service.acquire() as db, db.transaction(isolation="repeatable_read"):
        (found,) = await self_check.differences(db, [today()])
    assert found.figure[0] == found.timelines[0] + 1
    assert cells.words(found.cell)[:2] == ["33.11", "listed"]
    await admin.execute(planted.format(-1))
    await service.close()
    for change in ("ledger set partners = partners + 1", "rollup set span = span - 1"):
        table = change.partition(" ")[0]
        await admin.execute(f"update coverage.{change} where ctid = (select min(ctid) from coverage.{table})")
    differences = await rebuild.compare(world.database.admin, kafka, prefix=topics)
    assert {each.table for each in differences} == {"ledger", "rollup"}
    assert "33.11" in differences[0].where or "36.71" in differences[0].where
    environment = {**os.environ, "PAYUNG_DATABASE": world.database.admin, "PAYUNG_KAFKA": kafka}
    environment["PAYUNG_TOPIC_PREFIX"] = topics
    command = [sys.executable, "-m", "services.coverage.rebuild", "--compare"]
    result = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stdout.endswith("differences\n")
    await admin.close()


async def test_rebuilt_figures_take_the_place_of_damaged_ones_while_the_service_runs(
    world: World, kafka: str, topics: str
) -> None:
    await world.publish(*(listed(n, "33.11") for n in range(40)), *(enrolled(n, "33.11") for n in range(20)))
    await world.settled(40, 20)
    admin = await asyncpg.connect(world.database.admin)
    await admin.execute("truncate coverage.ledger, coverage.rollup, coverage.current_totals, coverage.pending_batches")
    assert await world.total() == (0, 0)
    newest = await admin.fetchval("select max(batch) from coverage.changes")
    rule = {"name": "Diam", "condition": {"kind": "agency_silent"}}
    added = (await world.http.post("/v1/alert-rules", json=rule)).json()["rule"]
    assert await rebuild.swap(world.database.admin, kafka, prefix=topics) >= 60
    assert (await world.http.get("/v1/alert-rules")).json()["items"] == [added]
    made = (await world.http.get("/v1/coverage/explain?region=33.11")).json()
    assert (made["listed"]["total"], made["enrolled"]["total"]) == (40, 20)
    assert made["listed"]["by_number_of_lists"] == [{"lists": 1, "listed": 40}]
    assert await world.total() == (40, 20)
    fresh = await admin.fetch("select places from coverage.changes where batch > $1", newest)
    assert [row["places"] for row in fresh] == [[33 << 7 | 11]], "the stream reports that all of them may have changed"
    await world.publish(*(enrolled(n, "33.11") for n in range(25)), listed(41, "93.01"))
    await world.settled(41, 25)
    assert await rebuild.compare(world.database.admin, kafka, prefix=topics) == []
    schemas = {row[0] for row in await admin.fetch("select nspname::text from pg_namespace")}
    assert not schemas & {"coverage_rebuild", "coverage_former"}
    await admin.close()


async def test_the_stream_reports_which_regions_changed(world: World) -> None:
    async with world.http.stream("GET", "/v1/stream", timeout=30) as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == ": connected"
        await world.publish(listed(1, "33.11"), listed(2, "36.71"))
        async for line in lines:
            if line.startswith("data:"):
                break
    assert "33.11" in line or "36.71" in line
