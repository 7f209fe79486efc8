"""What moved a figure and what it is made of, as callers are told: it adds up, and shows no more than they may see."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers
from shared.events.partners import ListedWorkers, Listing
from tests.attacks.test_coverage_disclosure import key, reader
from tests.integration.test_coverage_answers import DAY, RECORDED, World, identity, listed, world

__all__ = ["reader", "world"]

JUNE = date(2021, 6, 1)
WORKERS = ListedWorkers(10, 0, 3, 7)


def insured(number: int, *, version: int = 1, until: date | None = None, agency: str = "bpjstk") -> Enrollment:
    period = Period(JUNE, until, "33.11", "PU", ("JKK", "JKM"), Workers(0, 9, 9))
    recorded = RECORDED + timedelta(version - 1)
    return Enrollment(identity(number), version, "business", (period,), recorded, agency, listed_on=DAY)


async def row(world: World, query: str) -> dict[str, Any]:
    (found,) = (await world.get(f"/v1/coverage/changes?{query}"))["rows"]
    return dict(found)


async def history(world: World) -> None:
    """Twelve on two lists, eight insured from June on, of whom one lapsed in July and one came off a day later."""
    numbers = range(12)
    await world.deliver(
        "partners", *(listed(n, "dinas", *(["kota"] if n < 3 else []), workers=WORKERS) for n in numbers)
    )
    await world.deliver("enrollments", *(insured(n, agency="cabang" if n == 7 else "bpjstk") for n in range(8)))
    await world.deliver("enrollments", insured(0, version=2, until=date(2021, 7, 10)))
    gone = listed(11, version=2, recorded=RECORDED + timedelta(2), status="erased")
    await world.deliver("partners", gone)


async def test_what_happened_between_two_days_adds_up_to_the_figures(world: World) -> None:
    await history(world)
    found = await row(world, "region=33.11&from=2021-05-31&to=2021-07-31")
    assert found["enrolled"]["causes"] == {"joined": 8, "reinstated": 0, "lapsed": -1, "moved_in": 0, "moved_out": 0}
    assert (found["enrolled"]["start"], found["enrolled"]["end"]) == (0, 7)
    assert found["listed"] == {"start": 11, "end": 11, "causes": {"listed": 0}}
    coverage = (await world.get("/v1/coverage?region=33.11&as_of=2021-07-31"))["rows"][0]
    assert (coverage["listed"], coverage["enrolled"]) == (11, 7)
    assert len((await world.get("/v1/coverage/changes?level=province"))["rows"]) == 38


async def test_what_was_learned_between_two_times_tells_why_a_report_is_not_what_it_was(world: World) -> None:
    await history(world)
    found = await row(world, "region=33.11&known_from=2026-01-10&as_of=2021-07-31")
    assert found["listed"]["causes"]["erased"] == -1
    assert found["enrolled"]["causes"]["lapsed"] == -1
    assert (found["listed"]["start"], found["listed"]["end"]) == (12, 11)
    assert (found["enrolled"]["start"], found["enrolled"]["end"]) == (8, 7)


async def test_partners_that_moved_a_figure_are_shown_to_those_who_list_them(world: World) -> None:
    await history(world)
    question = "/v1/coverage/changes/partners?region=33.11&from=2021-05-31&to=2021-07-31"
    every = (await world.get(question))["items"]
    assert [each["partner_id"] for each in every] == [identity(n) for n in range(8)]
    assert every[0] == {"partner_id": identity(0), "listed": {}, "enrolled": {"joined": 1, "lapsed": -1}}
    rest = (await world.get(f"{question}&cursor={identity(5)}"))["items"]
    assert [each["partner_id"] for each in rest] == [identity(6), identity(7)]
    shown = {}
    for agency, scopes in (("kota", ("read",)), ("nobody", ("read",)), ("office", ("read", "figures:detail"))):
        headers = await key(world, *scopes, agency=agency)
        answer = (await world.http.get(question, headers=headers)).json()
        shown[agency] = [each["partner_id"] for each in answer["items"]]
    assert shown == {"kota": [identity(n) for n in range(3)], "nobody": [], "office": [identity(n) for n in range(8)]}


async def test_a_figure_is_explained_by_lists_months_and_agencies_that_add_up(world: World) -> None:
    await history(world)
    found = await world.get("/v1/coverage/explain?region=33.11")
    assert found["listed"] == {
        "total": 11,
        "by_list": [
            {"agency": "dinas", "list": "daftar", "listed": 11, "alone": 8},
            {"agency": "kota", "list": "daftar", "listed": 3, "alone": 0},
        ],
        "by_agency": [
            {"agency": "dinas", "listed": 11, "alone": 8, "last_event": "2026-01-12T03:00:00Z"},
            {"agency": "kota", "listed": 3, "alone": 0, "last_event": "2026-01-10T03:00:00Z"},
        ],
        "by_number_of_lists": [{"lists": 1, "listed": 8}, {"lists": 2, "listed": 3}],
    }
    assert found["enrolled"]["by_month_of_first_start"] == [
        {"month": "2021-06", "enrolled": found["enrolled"]["total"]}
    ]
    assert {each["agency"]: each["enrolled"] for each in found["enrolled"]["by_agency"]} == {"bpjstk": 6, "cabang": 1}
    earlier = await world.get("/v1/coverage/explain?region=33&as_of=2021-06-30&known_at=2026-01-10")
    assert (earlier["listed"]["total"], earlier["enrolled"]["total"]) == (12, 8)


async def test_a_partner_that_joins_another_list_is_explained_by_both_from_then_on(world: World) -> None:
    await world.deliver("partners", listed(1, "dinas"))
    both = (Listing("dinas", "daftar", DAY), Listing("kota", "baru", DAY))
    await world.deliver("partners", listed(1, "dinas", version=2, recorded=RECORDED + timedelta(1), lists=both))
    for known_at, lists in (("2026-01-10", 1), ("2026-01-11", 2)):
        found = await world.get(f"/v1/coverage/explain?known_at={known_at}")
        assert found["listed"]["by_number_of_lists"] == [{"lists": lists, "listed": 1}]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2021-01-01&known_from=2021-01-01", "known_from"),
        ("to=2021-01-01&as_of=2021-01-01", "as_of"),
        ("from=2021-02-01&to=2021-01-01", "from"),
        ("known_to=2021-02-01", "known_from"),
        ("known_from=2021-02-01&known_to=2021-01-01", "known_from"),
        ("from=yesterday", "from"),
        ("by=kind", "by"),
    ],
)
async def test_two_axes_of_time_are_not_mixed(world: World, query: str, field: str) -> None:
    for path in ("changes", "changes/partners"):
        answer = await world.http.get(f"/v1/coverage/{path}?{query}")
        assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_facts_read_before_are_not_explained_in_part(world: World) -> None:
    await world.pool.execute("update movements_complete set complete = false")
    for path in ("changes", "changes/partners", "explain"):
        answer = await world.http.get(f"/v1/coverage/{path}")
        assert (answer.status_code, "rebuild" in answer.json()["detail"]) == (503, True)


async def test_few_are_not_disclosed_by_changes_and_explanations(reader: httpx.AsyncClient) -> None:
    """A key without `figures:detail`: no count from 1 to 4, neither shown nor by subtraction from other regions."""
    shown: dict[str, Any] = {}
    for level in ("self", "kanwil", "province", "regency"):
        answer = (await reader.get(f"/v1/coverage/changes?level={level}&from=2020-12-31&to=2021-01-31")).json()
        shown |= {each["region"]: each for each in answer["rows"]}
    assert shown["33.11"]["suppressed"]
    assert shown["33.11"]["listed"] == {"start": None, "end": None, "causes": {"listed": None}}
    assert shown["ID"]["listed"]["causes"]["listed"] == 254
    numbers = [n for each in shown.values() for side in ("listed", "enrolled") for n in _numbers(each[side])]
    assert not any(0 < abs(n) < 5 for n in numbers)
    hidden = [code for code in shown if code.startswith("36.") and shown[code].get("suppressed")]
    assert len(hidden) > 1
    few = (await reader.get("/v1/coverage/explain?region=36.72")).json()
    assert few["listed"]["total"] is few["listed"]["by_agency"] is None
    assert few["suppressed"]
    every = (await reader.get("/v1/coverage/explain")).json()
    assert every["listed"]["by_agency"] is None or every["listed"]["total"] == 254


def _numbers(side: dict[str, Any]) -> list[int]:
    every = [side["start"], side["end"], *side["causes"].values()]
    return [n for n in every if n is not None]
