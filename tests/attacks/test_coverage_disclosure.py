"""What a key without `figures:detail` can find out about few partners: nothing, whatever it asks."""

import csv
import io
from typing import Any

import httpx
import pytest

from shared import open_streams
from shared.events.access import Key
from shared.events.model import Workers
from shared.events.partners import ListedWorkers
from shared.events.reference import Denominator, Target
from shared.regions import Regions
from shared.security import new_key
from tests.integration.test_coverage_answers import DAY, RECORDED, World, claim, enrolled, identity, listed, world

__all__ = ["world"]

LISTED = {"33.11": 3, "33.12": 50, "33.13": 9, "33.72": 60, "34.71": 40, "36.71": 70, "36.72": 2, "36.73": 20}


async def key(world: World, *scopes: str, agency: str = "dinas") -> dict[str, str]:
    key_id, secret, digest = new_key()
    await world.deliver("access", Key(key_id, digest, RECORDED, agency=agency, scopes=scopes))
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
async def reader(world: World) -> httpx.AsyncClient:
    """A world with few partners in some regencies; asked with a key that may only read."""
    numbers = iter(range(10_000))
    regencies = [region for region, count in LISTED.items() for _ in range(count)]
    facts = [listed(next(numbers), "dinas", region=region, workers=ListedWorkers(10, 0, 3, 7)) for region in regencies]
    await world.deliver("partners", *facts)
    counts = {"36.71": 3, "33.72": 30, "34.71": 20}
    insured = [fact for region, few in counts.items() for fact in [f for f in facts if f.region == region][:few]]
    await world.deliver("enrollments", *(_enrolled(fact.partner_id, fact.region) for fact in insured))
    await world.deliver("claims", *(claim(900 + n, "33.12" if n else "33.11", "JKK", DAY) for n in range(12)))
    await world.deliver("reference", Denominator("33.11", "umkm", 4, DAY, "Dinas", "ok", RECORDED, "a"))
    await world.deliver("reference", Target("36.71", "partners", 9, DAY, DAY, "SK", RECORDED, "a"))
    world.http.headers.update(await key(world, "read"))
    return world.http


def _enrolled(partner_id: str, region: str) -> Any:
    fact = enrolled(int(partner_id[-12:], 16), Workers(0, 9, 9))
    period = type(fact.periods[0])(DAY, None, region, "PU", ("JKK", "JKM"), Workers(0, 9, 9))
    return type(fact)(identity(int(partner_id[-12:], 16)), 1, "business", (period,), RECORDED, "bpjstk", listed_on=DAY)


async def rows(http: httpx.AsyncClient, query: str, path: str = "coverage") -> dict[str, dict[str, Any]]:
    answer = await http.get(f"/v1/{path}?{query}")
    assert answer.status_code == 200, answer.text
    return {row["region"]: row for row in answer.json()["rows"]}


async def test_few_partners_are_suppressed_with_what_gives_them_away(reader: httpx.AsyncClient) -> None:
    found = await rows(reader, "level=regency")
    suppressed = {code for code, row in found.items() if row["listed"] is None}
    assert suppressed == {"33.11", "33.13", "36.72", "36.73"}
    assert all(found[code]["suppressed"] for code in suppressed)
    assert "suppressed" not in found["33.12"]
    assert (found["33.12"]["listed"], found["91.71"]["listed"], found["91.71"]["enrolled"]) == (50, 0, 0)
    for code in suppressed:
        assert found[code]["enrolled"] is found[code]["unregistered"] is found[code]["rate"] is None
        assert {found[code]["workers"][name] for name in ("listed", "unknown", "enrolled")} == {None}
    assert found["33.11"]["denominators"][0]["rate"] is None
    assert (found["36.71"]["listed"], found["36.71"]["enrolled"], found["36.71"]["unregistered"]) == (70, None, None)
    assert [target["progress"] for target in found["36.71"]["targets"]] == [None]
    assert found["36.71"]["suppressed"]


async def test_no_two_questions_give_a_small_count(reader: httpx.AsyncClient) -> None:
    shown: dict[str, dict[str, Any]] = {}
    for level in ("self", "kanwil", "province", "regency"):
        shown |= await rows(reader, f"level={level}")
    for code in LISTED:
        alone = await rows(reader, f"region={code}")
        assert alone[code]["listed"] == shown[code]["listed"], "the same whatever part is asked for"
    for name in ("listed", "enrolled", "unregistered"):
        for parent in Regions.load():
            level = {"national": "kanwil", "kanwil": "province", "province": "regency"}.get(parent.level)
            if level is None or shown[parent.code][name] is None:
                continue
            below = [shown[code][name] for code in Regions.load().children(parent.code, level)]
            rest = shown[parent.code][name] - sum(count for count in below if count is not None)
            assert below.count(None) != 1
            assert rest == 0 or rest >= 5


@pytest.mark.parametrize("by", ["kind", "scale", "segment", "programme", "occupation", "job_level", "kind,scale"])
async def test_splits_of_suppressed_regions_are_suppressed(reader: httpx.AsyncClient, by: str) -> None:
    answer = (await reader.get(f"/v1/coverage?level=regency&by={by}")).json()["rows"]
    found = [row for row in answer if row["region"] in ("33.11", "33.13", "36.72")]
    assert found
    assert all(row["listed"] is None and row["enrolled"] is None and row["suppressed"] for row in found)
    assert not any(0 < (row[name] or 0) < 5 for row in answer for name in ("listed", "enrolled", "unregistered"))


async def test_a_month_that_gives_few_away_is_suppressed_as_a_whole(reader: httpx.AsyncClient) -> None:
    answer = (await reader.get("/v1/coverage/series?level=regency&from=2021-01&to=2021-02")).json()["rows"]
    found = {row["region"]: row for row in answer if row["month"] == "2021-01"}
    assert {"33.11", "36.71", "36.72"} <= {code for code, row in found.items() if row.get("suppressed")}
    for code in ("33.11", "36.71"):
        shown = {
            name: found[code][name] for name in ("listed", "enrolled", "unregistered", "rate", "joined", "lost", "net")
        }
        assert set(shown.values()) == {None}
        assert set(found[code]["lost_by"].values()) == {found[code]["workers"]["enrolled"]} == {None}
    assert (found["33.12"]["listed"], found["33.12"]["joined"], found["91.71"]["listed"]) == (50, 0, 0)
    nation = (await reader.get("/v1/coverage/series?from=2020-12&to=2021-01")).json()["rows"]
    assert [(row["month"], row["enrolled"], row["joined"]) for row in nation] == [
        ("2020-12", 0, 0),
        ("2021-01", 53, 53),
    ]


async def test_few_claims_are_suppressed_with_their_amount(reader: httpx.AsyncClient) -> None:
    for query in ("level=regency", "level=regency&by=programme", "level=regency&by=month,programme"):
        found = (await reader.get(f"/v1/claims?{query}")).json()["rows"]
        row = next(row for row in found if row["region"] == "33.11")
        assert row["suppressed"]
        assert all(
            row[status] == {"count": None, "amount": None, "median_tenure": None} for status in ("paid", "filed")
        )
        assert not any(0 < (row["paid"]["count"] or 0) < 5 for row in found)
    assert (await rows(reader, "", "claims"))["ID"]["paid"]["count"] == 12
    assert (await rows(reader, "region=33.12", "claims"))["33.12"]["suppressed"]


async def test_a_spreadsheet_has_empty_cells_and_says_so(reader: httpx.AsyncClient) -> None:
    for path, column in (("coverage", "listed"), ("claims", "paid_count")):
        answer = await reader.get(f"/v1/{path}?level=regency&format=csv")
        lines = {line["region"]: line for line in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
        assert (lines["33.11"][column], lines["33.11"]["suppressed"]) == ("", "true")
        assert (lines["91.71"][column], lines["91.71"]["suppressed"]) == ("0", "")


async def test_the_scope_for_detail_shows_everything(world: World, reader: httpx.AsyncClient) -> None:
    reader.headers.update(await key(world, "read", "figures:detail"))
    found = await rows(reader, "level=regency&by=")
    assert {code: found[code]["listed"] for code in LISTED} == LISTED
    assert not any("suppressed" in row for row in found.values())
    assert (await rows(reader, "region=33.11", "claims"))["33.11"]["paid"]["count"] == 1


async def test_a_key_has_so_many_streams_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_streams, "STREAMS_OF_A_KEY", 0)
    answer = await world.http.get("/v1/stream")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
