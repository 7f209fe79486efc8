"""The views for analysts say what the API says, and their role reads them and nothing else."""

from pathlib import Path

import asyncpg
import pytest
from prometheus_client import generate_latest

from deploy.grafana.dashboards import DASHBOARDS
from services.coverage import export
from services.coverage.app import MIGRATIONS
from services.coverage.figure_metrics import FigureMetrics
from services.coverage.rollup import roll_up
from shared.database import connect, migrate
from shared.events.model import Workers
from shared.events.partners import ListedWorkers
from shared.jakarta import today
from shared.observability import Metrics
from shared.parquet import MAGIC
from tests.integration.test_coverage_answers import DAY, World, claim, enrolled, listed, world
from tests.stack import Database

__all__ = ["world"]

VIEWS = (
    *("reporting_changes", "reporting_today", "reporting_causes", "reporting_claims", "reporting_agencies"),
    *("reporting_outreach", "reporting_briefings"),
)


async def test_views_and_the_file_equal_the_answers_rolled_up_or_not(
    world: World, database: Database, tmp_path: Path
) -> None:
    for first, number in ((0, 5), (5, 9)):
        numbers = range(first, number)
        await world.deliver("partners", *(listed(n, "dinas", workers=ListedWorkers(10, 0, 3, 7)) for n in numbers))
        await world.deliver("enrollments", *(enrolled(n, Workers(0, 3, 1)) for n in numbers if n % 2))
        await world.deliver("claims", *(claim(n, "33.11", "JKK", DAY) for n in numbers))
        (row,) = (await world.get("/v1/coverage?region=33.11"))["rows"]
        found = await world.pool.fetch("select * from reporting_today")
        workers = row["workers"]
        expected = ("33.11", "33", row["listed"], row["enrolled"], workers["listed"], workers["enrolled"])
        assert [tuple(each) for each in found] == [expected]
        enrolments = await world.pool.fetchrow("select * from reporting_changes where side = 'enrolled'")
        assert (enrolments["kind"], enrolments["segment"]) == ("business", "PU")
        assert enrolments["programmes"] == ["JKK", "JKM"]
        causes = await world.pool.fetch("select side, cause, partners from reporting_causes order by 1")
        assert [tuple(each) for each in causes] == [
            ("enrolled", "joined", row["enrolled"]),
            ("listed", "listed", number),
        ]
        assert await world.pool.fetchval("select count(*) from reporting_claims") == number
        file = tmp_path / "cells.parquet"
        rows = await export.cells(database.admin, file)
        assert rows == await world.pool.fetchval("select count(*) from reporting_changes")
        written = file.read_bytes()
        assert written.startswith(MAGIC)
        assert written.endswith(MAGIC)
        assert [file] == list(tmp_path.iterdir())
        async with world.pool.acquire() as db:
            await roll_up(db, today())  # type: ignore[arg-type] - a proxy


async def test_metrics_have_the_figures_of_provinces_without_small_counts(world: World) -> None:
    metrics = Metrics("coverage")
    part = FigureMetrics(world.pool, metrics, ("JKK", "JKM", "JHT", "JP"))
    enrolled_in = 'payung_coverage_enrolled_partners{programme="JKK",province="33"}'
    for first, number in ((0, 6), (6, 40)):
        numbers = range(first, number)
        await world.deliver("partners", *(listed(n, "dinas") for n in numbers))
        await world.deliver("enrollments", *(enrolled(n, Workers(0, 3, 1)) for n in numbers if n % 2))
        await part.step()
        found = generate_latest(metrics.registry).decode()
        assert (f"{enrolled_in} {number / 2}" in found) == (number > 6)
        assert (enrolled_in in found) == (number > 6), "three are no sample, not even zero"
    assert 'payung_coverage_listed_partners{programme="JKK",province="33"} 40.0' in found
    assert 'payung_coverage_agency_last_event_timestamp_seconds{agency="dinas"}' in found


async def test_analysts_read_the_views_and_nothing_else(unmigrated: Database) -> None:
    admin = await asyncpg.connect(unmigrated.admin)
    if not await admin.fetchval("select exists (select from pg_roles where rolname = 'payung_analysts')"):
        await admin.execute("create role payung_analysts")
    pool = await connect(unmigrated.of("coverage"))
    await migrate(pool, MIGRATIONS)
    await pool.close()
    await admin.execute("set role payung_analysts; set search_path = coverage")
    for view in VIEWS:
        assert await admin.fetch(f"select * from {view}") == []
    for panel in (each for dashboard in DASHBOARDS for each in dashboard.panels if each.is_sql):
        for query in panel.queries.values():
            await admin.fetch(query)  # of Grafana's dashboard
    for statement in ("select * from partners", "delete from claims", "select * from movements"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await admin.execute(statement)
    await admin.close()
