"""Who could be one partner is a case for a person; what is decided holds whatever is uploaded later."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import ADMIN, World, world

PHONES = ("086000001836", "086000001837", "086000001838", "086000001839")


@pytest.fixture
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"cases{database.name[-6:]}.") as made:
        await made.agency(regions=("33.11",))
        yield made
    await stack.drop(postgres, database)


HEADER = "nama usaha;no hp;kab_kota;nik;nib;alamat"


def kiosk(number: int, name: str = "Kios Tahu") -> str:
    return f"{name};{PHONES[number]};33.11;;;Pasar Khayal Blok {number}"


async def upload(here: World, *rows: str, **fields: str) -> dict[str, Any]:
    return await here.upload("\n".join((HEADER, *rows)), "partners", **{"list": "pasar"} | fields)


async def cases(here: World, agency: str = "dinas", state: str = "open") -> list[dict[str, Any]]:
    found = await here.get("/v1/cases", agency, state=state)
    items: list[dict[str, Any]] = found["items"]
    return items


async def decide(here: World, case: dict[str, Any], decision: str, *partners: str, agency: str = "dinas") -> None:
    body = {"decision": decision} | ({"partners": partners} if partners else {})
    answer = await here.http.post(f"/v1/cases/{case['id']}", json=body, headers=here.bearer(agency))
    assert answer.status_code == 200, answer.text


async def listed(here: World) -> int:
    count: int = await here.pool.fetchval("select count(distinct partner_id) from evidence")
    return count


async def test_common_names_without_numbers_are_partners_each_and_a_case_a_name(here: World) -> None:
    names = ["Kios Tahu"] * 3 + ["Warung Makan"] * 2
    report = await upload(here, *(kiosk(number % 4, name) for number, name in enumerate(names)))
    assert report["created"] == 5
    found = await cases(here)
    assert [(case["kind"], len(case["sides"])) for case in found] == [
        ("possible_duplicate", 3),
        ("possible_duplicate", 2),
    ]
    assert all(side["own"] and side["region"] == "33.11" for case in found for side in case["sides"])


async def test_different_closes_a_case_until_another_bears_the_name(here: World) -> None:
    await upload(here, kiosk(0), kiosk(1))
    (case,) = await cases(here)
    await decide(here, case, "different")
    assert await cases(here) == []
    await upload(here, kiosk(0), kiosk(1), list_date="2021-02-28")
    assert await cases(here) == []
    await upload(here, kiosk(2))
    (again,) = await cases(here)
    assert (again["id"], len(again["sides"])) == (case["id"], 3)


async def test_same_makes_one_partner_and_outlives_later_uploads(here: World) -> None:
    await upload(here, kiosk(0), kiosk(1))
    (case,) = await cases(here)
    await decide(here, case, "same")
    assert await listed(here) == 1
    assert await cases(here) == []
    await upload(here, kiosk(0), kiosk(1), list_date="2021-02-28")
    moved = f"Kios Tahu;{PHONES[1]};33.11;;;Jl. Contoh 9"
    await upload(here, moved, list="alamat baru")
    assert await listed(here) == 1
    facts = await here.newest("partners")
    assert sorted(fact["status"] for fact in facts.values()) == ["active", "merged"]


async def test_a_decision_may_be_taken_anew(here: World) -> None:
    await upload(here, kiosk(0), kiosk(1))
    (case,) = await cases(here)
    for decision, partners in (("same", 1), ("different", 2), ("same", 1)):
        await decide(here, case, decision)
        assert await listed(here) == partners
    (closed,) = await cases(here, state="closed")
    assert (closed["id"], closed["decision"]) == (case["id"], "same")


async def test_two_of_three_may_be_the_same_and_the_rest_stays_open(here: World) -> None:
    await upload(here, kiosk(0), kiosk(1), kiosk(2))
    (case,) = await cases(here)
    one, other, _ = (side["partner"] for side in case["sides"])
    await decide(here, case, "same", one, other)
    assert await listed(here) == 2
    (left,) = await cases(here)
    assert len(left["sides"]) == 2
    body = {"decision": "same", "partners": [one, "00000000-0000-0000-0000-000000000000"]}
    answer = await here.http.post(f"/v1/cases/{case['id']}", json=body, headers=here.bearer("dinas"))
    assert (answer.status_code, answer.json()["field"]) == (422, "partners")


async def test_two_of_three_may_be_different_and_each_is_still_in_doubt_with_the_third(here: World) -> None:
    await upload(here, kiosk(0), kiosk(1), kiosk(2))
    (case,) = await cases(here)
    one, other, third = (side["partner"] for side in case["sides"])
    await decide(here, case, "different", one, other)
    (left,) = await cases(here)
    assert (left["decision"], left["sides"]) == ("different", case["sides"])
    await decide(here, case, "different", one, third)
    (left,) = await cases(here)
    assert [side["partner"] for side in left["sides"]] == [other, third]
    await decide(here, left, "different")
    assert await cases(here) == []
    assert await listed(here) == 3


async def test_what_stays_apart_in_spite_of_one_phone_or_owner_is_a_conflict(here: World) -> None:
    couple = [f"Toko Umpama;{PHONES[0]};33.11;331102010190000{n};;" for n in (1, 2)]
    owner = [f"Usaha {n};;33.11;3311020202900001;000010000000{n};" for n in (1, 2)]
    await upload(here, *couple, *owner)
    assert [(case["kind"], len(case["sides"])) for case in await cases(here)] == [("conflict", 2), ("conflict", 2)]
    assert await listed(here) == 4


async def test_a_case_is_closed_when_its_reason_is_gone(here: World) -> None:
    await upload(here, kiosk(0))
    answer = await here.send(
        here.event(
            "partner.listed",
            {
                "partner": {"ref": "K"},
                "name": "Kios Tahu",
                "region": "33.11",
                "kind": "business",
                "contact": {"phone": PHONES[1]},
                "list": "lain",
                "listed_on": "2021-01-31",
            },
        )
    )
    assert answer["rejected"] == []
    assert len(await cases(here)) == 1
    await here.send(here.event("partner.delisted", {"partner": {"ref": "K"}, "list": "lain"}))
    assert await cases(here) == []
    (closed,) = await cases(here, state="closed")
    assert (closed["decision"], closed["closed_at"] is None) == (None, False)


async def test_nobody_sees_who_listed_the_other_and_no_other_regency_sees_the_case(here: World) -> None:
    await here.agency("bpjs", regions=("ID",))
    await here.agency("tangerang", regions=("36.71",))
    await upload(here, kiosk(0))
    await here.upload("\n".join((HEADER, kiosk(1))), "partners", "bpjs", list="pusat")
    (case,) = await cases(here)
    assert sorted(side["own"] for side in case["sides"]) == [False, True]
    assert all(side.keys() == {"partner", "region", "own"} for side in case["sides"])
    assert await cases(here, "tangerang") == []
    answer = await here.http.post(
        f"/v1/cases/{case['id']}", json={"decision": "same"}, headers=here.bearer("tangerang")
    )
    assert answer.status_code == 404
    assert PHONES[1] not in str(case)


async def test_an_erased_partner_leaves_no_decision_and_no_case(here: World) -> None:
    await upload(here, kiosk(0), kiosk(1))
    (case,) = await cases(here)
    await decide(here, case, "different")
    partner = case["sides"][0]["partner"]
    admin = {"authorization": f"Bearer {ADMIN}"}
    assert (await here.http.delete(f"/v1/partners/{partner}", headers=admin)).status_code == 204
    assert await here.pool.fetchval("select count(*) from decided where side = 0") == 0
    assert await here.pool.fetchval("select count(*) from cases") == 0
