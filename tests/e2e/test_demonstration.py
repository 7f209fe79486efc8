"""A whole stack as `./payung up` starts it, with the demonstration: every figure is as expected, also twice."""

import asyncio
import csv
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from deploy.local import demonstration
from deploy.local.endpoints import Endpoints
from tests.e2e.expected_figures import Reached, figures_only
from tests.stack import Stack
from tests.unit.registration.scenario import EXPECTED, FOLDER
from tests.waiting import eventually

AS_OF = EXPECTED["as_of"]
PROGRAMMES = ("JKK", "JKM", "JHT", "JP")


@pytest.fixture(scope="module")
async def loaded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Endpoints]:
    """Behind an office's proxy, which must not be asked for what is on this machine."""
    stack = Stack(tmp_path_factory.mktemp("demonstration") / "data")
    with pytest.MonkeyPatch.context() as office:
        office.setenv("http_proxy", "http://127.0.0.1:9")
        await stack.start(180)
    endpoints = stack.endpoints
    await eventually(lambda: settled(endpoints), 60)
    yield endpoints
    stack.stop()


async def settled(endpoints: Endpoints) -> bool:
    """Whether every event of registration has reached coverage."""
    (nation,) = await coverage(endpoints, region="ID")
    return bool(nation["listed"] == EXPECTED["partners"]["listed"] and nation["enrolled"])


async def get(endpoints: Endpoints, path: str, **params: str) -> Any:
    headers = {"authorization": f"Bearer {endpoints.admin_key}"}
    async with httpx.AsyncClient(base_url=endpoints.coverage, headers=headers, timeout=30) as http:
        answer = await http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def coverage(endpoints: Endpoints, **params: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await get(endpoints, "/v1/coverage", **{"as_of": AS_OF} | params))["rows"]
    return rows


def expected_rows(level: str) -> dict[str, dict[str, str]]:
    lines = (FOLDER / "expected/expected_coverage.csv").read_text().splitlines()
    return {row["code"]: row for row in csv.DictReader(lines) if row["level"] == level}


async def check_level(endpoints: Endpoints, level: str) -> None:
    expected = expected_rows(level)
    rows = {row["region"]: row for row in await coverage(endpoints, region="ID", level=level)}
    programmes: dict[tuple[str, str], int] = {}
    for row in await coverage(endpoints, region="ID", level=level, by="programme"):
        programmes[row["region"], row["programme"]] = row["enrolled"]
    for code, wanted in expected.items():
        row = rows[code]
        found = [row["listed"], row["enrolled"], row["unregistered"], row["workers"]["listed"]]
        found += [row["workers"]["unknown"], row["workers"]["enrolled"]]
        names = ("listed", "enrolled", "unregistered", "workers_listed", "workers_unknown", "workers_enrolled")
        assert found == [int(wanted[name]) for name in names], code
        held = [programmes.get((code, programme), 0) for programme in PROGRAMMES]
        assert held == [int(wanted[programme]) for programme in PROGRAMMES], code
    assert all(row["listed"] == 0 for code, row in rows.items() if code not in expected)


def test_every_figure_that_was_expected_is_reached_over_http(loaded: Endpoints) -> None:
    expected = figures_only(EXPECTED)
    with Reached(loaded, AS_OF) as reached:
        found = figures_only(reached.everything(EXPECTED))
    assert found.keys() == expected.keys()
    for chapter, figures in expected.items():
        assert found[chapter] == figures, chapter


@pytest.mark.parametrize("level", ["kanwil", "province", "regency"])
async def test_coverage_of_every_region_equals_what_was_expected(loaded: Endpoints, level: str) -> None:
    await check_level(loaded, level)


async def test_claims_equal_what_was_expected(loaded: Endpoints) -> None:
    (row,) = (await get(loaded, "/v1/claims", region="ID"))["rows"]
    expected = EXPECTED["claims"]
    assert (row["paid"]["count"], row["paid"]["amount"]) == (expected["paid"]["count"], expected["paid"]["amount"])
    statuses = expected["by_status"]
    assert (row["filed"]["count"], row["rejected"]["count"]) == (statuses["PROSES"], statuses["DITOLAK"])
    assert (row["filed"]["amount"], row["rejected"]["amount"]) == (0, 0)


async def test_figures_stay_so_after_loading_twice(loaded: Endpoints) -> None:
    before = await coverage(loaded, region="ID", level="regency")
    await demonstration.load(loaded, lambda _: None)
    await asyncio.sleep(1)  # anything that a second load would wrongly tell has then arrived
    assert await coverage(loaded, region="ID", level="regency") == before
    await check_level(loaded, "kanwil")
