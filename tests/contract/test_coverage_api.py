"""coverage's HTTP API has the routes and shapes of the contracts, before there is any data."""

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from services.coverage.app import MIGRATIONS, ROUTERS
from services.coverage.settings import Settings
from shared.bus import halts
from shared.database import connect, migrate
from shared.security import KeyRing
from shared.service import build_app
from tests.stack import Database

ADMIN = {"Authorization": "Bearer the-admin"}


@pytest.fixture
async def http(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The web application alone, without consumer and rollup."""
    pool = await connect(database.of("coverage"))
    await migrate(pool, MIGRATIONS)
    settings = Settings(database=database.of("coverage"), kafka="nowhere:1", port=0, admin_key="the-admin")
    app = build_app(
        "coverage",
        routers=ROUTERS,
        state={"pool": pool, "settings": settings, "keys": KeyRing(pool, settings.admin_key)},
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://coverage", headers=ADMIN) as client:
        yield client
    await pool.close()


async def test_coverage_answers_with_a_row_of_zeros_and_every_field(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/v1/coverage?region=33.11")).json()
    assert {"rows", "updated_at", "freshness"} <= answer.keys()
    (row,) = answer["rows"]
    assert row["denominators"] == []
    assert row == {
        "region": "33.11",
        "name": "Kabupaten Sukoharjo",
        "listed": 0,
        "enrolled": 0,
        "unregistered": 0,
        "rate": None,
        "workers": {
            "listed": 0,
            "unknown": 0,
            "enrolled": 0,
            "by_level": {name: {"listed": 0, "enrolled": 0} for name in ("management", "staff", "labour")},
        },
        "denominators": [],
        "targets": [],
    }


async def test_answers_say_since_when_and_why_an_input_stands_still(
    http: httpx.AsyncClient, database: Database
) -> None:
    paths = ("coverage", "coverage/series", "coverage/changes?from=2026-01-01&to=2026-01-02", "coverage/explain")
    asked = [f"/v1/{path}" for path in (*paths, "claims", "freshness")]
    assert [(await http.get(path)).json().get("stale", "lacks it") for path in asked] == [None] * len(asked)
    pool = await connect(database.of("coverage"))
    for topic in ("access", "enrollments"):  # a key that is late makes no figure wrong
        await halts.note(pool, halts.Halt(topic, "poison", "640 of the last 1000 records are poison"))
    await pool.close()
    for path in asked:
        stale = (await http.get(path)).json()["stale"]
        assert stale["because"] == "enrollments: 640 of the last 1000 records are poison", path
        assert datetime.fromisoformat(stale["since"])


@pytest.mark.parametrize(("level", "regions_of"), [("kanwil", 11), ("province", 38), ("regency", 514), ("self", 1)])
async def test_every_region_of_the_level_has_its_rows(http: httpx.AsyncClient, level: str, regions_of: int) -> None:
    assert len((await http.get(f"/v1/coverage?level={level}")).json()["rows"]) == regions_of
    by_segment = (await http.get(f"/v1/coverage?level={level}&by=segment")).json()["rows"]
    assert len(by_segment) == 2 * regions_of


async def test_claims_freshness_and_regions_have_their_shapes(http: httpx.AsyncClient) -> None:
    (row,) = (await http.get("/v1/claims")).json()["rows"]
    assert {"filed", "paid", "rejected"} <= row.keys()
    assert row["paid"] == {"count": 0, "amount": 0, "median_tenure": None}
    assert (await http.get("/v1/freshness")).json()["agencies"] == []
    assert len((await http.get("/v1/regions")).json()["regions"]) == 564
    region = (await http.get("/v1/regions/33.11")).json()
    assert (region["name"], region["parent"], region["level"]) == ("Kabupaten Sukoharjo", "33", "regency")


async def test_the_routes_are_described(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"].keys()
    wanted = {
        "/v1/coverage",
        "/v1/coverage/series",
        "/v1/claims",
        "/v1/freshness",
        "/v1/regions",
        "/v1/regions/{code}",
        "/v1/stream",
    }
    assert wanted | {"/livez", "/readyz", "/metrics"} <= paths


@pytest.mark.parametrize("path", ["/v1/coverage", "/v1/claims", "/v1/freshness", "/v1/regions", "/v1/stream"])
async def test_nothing_is_answered_without_a_key(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"Authorization": "Bearer pyk_unknown"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
