"""GET /v1/coverage?cooperative=: the members of a cooperative, for whoever may ask, at any time of knowledge."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from shared.events.access import Key
from shared.events.enrollments import Period
from shared.events.model import Workers
from shared.events.partners import ListedWorkers, Partner
from shared.security import new_key
from tests.integration.test_coverage_answers import ADMIN, DAY, RECORDED, World, enrolled, identity, listed, world

__all__ = ["world"]

COOPERATIVE, OTHER = 900, 901
ANYBODYS = "as_of=2021-02-01"


def member(number: int, of: int | None = COOPERATIVE, **changes: Any) -> Partner:
    own = None if of is None else identity(of)
    return listed(number, "dinas", cooperative_id=own, workers=ListedWorkers(10, 0, 3, 7), **changes)


def insured(number: int, of: int | None = COOPERATIVE, through: int | None = None, region: str = "33.11") -> Any:
    period = Period(DAY, None, region, "PU", ("JKK", "JKM"), Workers(0, 2, 2))
    own, channel = (None if each is None else identity(each) for each in (of, through))
    return enrolled(number, Workers(), periods=(period,), cooperative_id=own, channel_id=channel)


async def key(world: World, agency: str, *scopes: str, regions: tuple[str, ...] = ()) -> dict[str, str]:
    key_id, secret, digest = new_key()
    await world.deliver("access", Key(key_id, digest, RECORDED, agency=agency, scopes=scopes, regions=regions))
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
async def koperasi(world: World) -> World:
    """A cooperative of 30 members, 20 of them insured, ten of these by itself; beside 60 that are members of none, of
    whom it insured two."""
    sized = {"kind": "cooperative", "workers": ListedWorkers(10, 0, 3, 7)}
    lists = [listed(COOPERATIVE, "dinas", **sized), listed(OTHER, "kota", **sized)]
    lists += [member(number) for number in range(30)] + [member(100 + number, None) for number in range(60)]
    await world.deliver("partners", *lists)
    own = [insured(number, through=COOPERATIVE if number < 10 else None) for number in range(20)]
    others = [insured(100 + number, None, COOPERATIVE if number < 2 else None) for number in range(30)]
    await world.deliver("enrollments", *own, *others)
    return world


async def ask(world: World, number: int = COOPERATIVE, query: str = ANYBODYS, **headers: str) -> dict[str, Any]:
    answer = await world.http.get(f"/v1/coverage?cooperative={identity(number)}&{query}", headers=headers or ADMIN)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["rows"]
    return dict(row)


async def test_members_count_and_those_enrolled_through_it_beside_them(koperasi: World) -> None:
    row = await ask(koperasi)
    assert (row["listed"], row["enrolled"], row["unregistered"]) == (30, 20, 10)
    assert (row["workers"]["listed"], row["workers"]["enrolled"]) == (300, 80)
    assert row["through"] == {"enrolled": 12, "workers": 48}
    assert (row["denominators"], row["targets"]) == ([], [])
    assert (await ask(koperasi, query="as_of=2020-12-31"))["listed"] == 0
    assert (await ask(koperasi, query="region=36.71"))["listed"] == 0
    assert (await ask(koperasi, OTHER))["listed"] == 0
    answer = await koperasi.get(f"/v1/coverage?cooperative={identity(COOPERATIVE)}&level=regency&by=segment")
    found = {(row["region"], row["segment"]): row for row in answer["rows"]}
    assert (answer["cooperative"], len(found)) == (identity(COOPERATIVE), 2 * 514)
    assert (found["33.11", "PU"]["enrolled"], found["33.11", "PU"]["through"]["enrolled"]) == (20, 12)


async def test_whoever_leaves_or_changes_its_cooperative_is_known_to_have_been_a_member(koperasi: World) -> None:
    later = RECORDED + timedelta(days=1)
    await koperasi.deliver(
        "partners", member(0, OTHER, version=2, recorded=later), member(1, None, version=2, recorded=later)
    )
    assert (await ask(koperasi))["listed"] == 28
    assert (await ask(koperasi, OTHER))["listed"] == 1
    assert (await ask(koperasi, query=f"{ANYBODYS}&known_at={RECORDED.date()}"))["listed"] == 30


async def test_a_merged_cooperatives_id_answers_as_the_one_that_was_kept(koperasi: World) -> None:
    later = RECORDED + timedelta(days=1)
    merged = listed(COOPERATIVE, version=2, recorded=later, status="merged", merged_into=identity(OTHER))
    await koperasi.deliver("partners", merged, *(member(n, OTHER, version=2, recorded=later) for n in range(30)))
    row = await ask(koperasi)
    assert row["listed"] == 30
    assert (await ask(koperasi, OTHER))["listed"] == 30
    assert (await ask(koperasi, query=f"{ANYBODYS}&known_at={RECORDED.date()}"))["listed"] == 30
    assert (await ask(koperasi, OTHER, query=f"{ANYBODYS}&known_at={RECORDED.date()}"))["listed"] == 0


async def test_a_spreadsheet_names_the_cooperative(koperasi: World) -> None:
    answer = await koperasi.http.get(f"/v1/coverage?cooperative={identity(COOPERATIVE)}&{ANYBODYS}&format=csv")
    (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (line["listed"], line["cooperative"], line["through_enrolled"]) == ("30", identity(COOPERATIVE), "12")


@pytest.mark.parametrize(
    ("agency", "scopes", "regions", "status"),
    [
        ("dinas", ("read",), (), 200),
        ("kota", ("read",), ("33.11",), 404),
        ("kota", ("read", "publish"), ("33.11",), 404),
        ("kota", ("read", "figures:detail"), (), 200),
        ("cabang", ("read", "enroll"), ("33",), 200),
        ("cabang", ("read", "enroll"), ("36",), 404),
    ],
)
async def test_who_may_ask_about_a_cooperative(
    koperasi: World, agency: str, scopes: tuple[str, ...], regions: tuple[str, ...], status: int
) -> None:
    headers = await key(koperasi, agency, *scopes, regions=regions)
    answer = await koperasi.http.get(f"/v1/coverage?cooperative={identity(COOPERATIVE)}", headers=headers)
    unknown = [
        await koperasi.http.get(f"/v1/coverage?cooperative={each}", headers=headers)
        for each in (identity(999), "no-uuid", "00000000-0000-0000-0000-000000000000")
    ]
    assert answer.status_code == status
    assert {each.status_code for each in unknown} == {404}
    assert status == 200 or {each.content for each in unknown} == {answer.content}


async def test_small_counts_of_members_and_of_all_others_are_suppressed(koperasi: World) -> None:
    headers = await key(koperasi, "dinas", "read")
    row = await ask(koperasi, **headers)
    assert (row["listed"], row["enrolled"]) == (30, 20)
    assert "suppressed" not in row
    split = await koperasi.http.get(
        f"/v1/coverage?cooperative={identity(COOPERATIVE)}&by=kind&{ANYBODYS}", headers=headers
    )
    assert all(each["listed"] is None and each["suppressed"] for each in split.json()["rows"])
    await koperasi.deliver("partners", *(member(100 + n, version=2) for n in range(58)))  # all others are 2 and 2
    row = await ask(koperasi, **headers)
    assert row["listed"] is row["enrolled"] is row["through"]["enrolled"] is None
    assert row["suppressed"]
    assert (await ask(koperasi))["listed"] == 88


async def test_facts_read_before_cooperatives_were_kept_ask_for_a_rebuild(koperasi: World) -> None:
    async with koperasi.pool.acquire() as db:
        await db.execute("update cooperatives_complete set complete = false")
    answer = await koperasi.http.get(f"/v1/coverage?cooperative={identity(COOPERATIVE)}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "rebuild coverage" in answer.json()["detail"]
