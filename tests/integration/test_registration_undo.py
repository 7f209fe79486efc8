"""Enrolments, claims and attendance that were taken back were never there; what others sent stays."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.registration.writer import import_worker, list_steps
from tests import stack
from tests.integration.registration_world import World, world
from tests.integration.test_registration_partners import NIB, claim, enrolment, listing

ENROLMENTS = "no_peserta;segmen;nama;nib;kab_kota;tgl_efektif;program;tk_buruh\n"
CLAIMS = "no klaim;no peserta;program;tgl kejadian;nilai;status\n"


@pytest.fixture
async def here(
    database: stack.Database, kafka: str, topics: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(import_worker, "CHUNK", 3)
    monkeypatch.setattr(list_steps, "STEP", 2)
    async with world(database, kafka, topics) as made:
        await made.agency()
        yield made


async def undone(here: World, report: dict[str, Any], agency: str = "dinas") -> dict[str, Any]:
    got = await here.http.post(f"/v1/imports/{report['id']}/undo", headers=here.bearer(agency))
    assert got.status_code == 202, got.text
    assert got.json()["undone_at"], got.text
    counts: dict[str, Any] = got.json()["undo"]
    return counts


async def timelines(here: World) -> dict[str, list[Any]]:
    """Partner → its periods, but for those without any."""
    newest = await here.newest("enrollments")
    return {key: fact["periods"] for key, fact in newest.items() if fact["periods"]}


async def test_enrolments_go_come_back_and_stay_with_their_claims(here: World) -> None:
    answer = await here.send(here.event("partner.listed", listing("Toko", nib=NIB)))
    partner = answer["partners"]["e1"]
    event = here.event("enrollment.registered", enrolment("E1", nib=NIB, effective_on="2020-01-01"))
    await here.send(event)
    before = await timelines(here)
    rows = f"E1;PU;Toko;{NIB};Sukoharjo;2020-01-01;JKK,JKM;7\nE2;PU;Toko;{NIB};Sukoharjo;2021-01-01;JKK,JKM;5\n"
    first = await here.upload(ENROLMENTS + rows + "E3;PU;Siapa;;Sukoharjo;2021-01-01;JKK,JKM;5\n", "enrollments")
    assert first["accepted"] == 3
    await here.send(here.event("claim.filed", claim("E2")))
    second = await here.upload(ENROLMENTS + rows, "enrollments")
    assert second["unchanged"] == 2
    assert await undone(here, first) == {"state": "done", "removed": 1, "restored": 0, "kept": 2, "detail": None}
    periods = (await timelines(here))[partner]
    assert [each["workers"]["labour"] for each in periods] == [7, 12]
    assert list(await timelines(here)) == [partner]
    assert await undone(here, second) == {"state": "done", "removed": 1, "restored": 1, "kept": 0, "detail": None}
    assert await timelines(here) == before
    (filed,) = (await here.newest("claims")).values()
    assert filed["status"] == "filed"
    again = await here.upload(ENROLMENTS + rows, "enrollments")
    assert (again["rejected"], len((await timelines(here))[partner])) == (0, 2)


async def test_claims_are_withdrawn_or_again_as_before(here: World) -> None:
    await here.send(here.event("partner.listed", listing("Toko", nib=NIB)))
    await here.send(here.event("enrollment.registered", enrolment("E1", nib=NIB, effective_on="2020-01-01")))
    filed = await here.upload(CLAIMS + "K1;E1;JKK;2020-06-01;1000;PROSES\nK2;E1;JKK;2020-06-02;1;PROSES\n", "claims")
    paid = await here.upload(CLAIMS + "K1;E1;JKK;2020-06-01;2000;DIBAYAR\nK3;E1;JKK;2020-06-03;1;PROSES\n", "claims")
    assert await undone(here, paid) == {"state": "done", "removed": 1, "restored": 1, "kept": 0, "detail": None}
    newest = {fact["occurred_on"]: fact for fact in (await here.newest("claims")).values()}
    assert {day: (fact["status"], fact["amount"]) for day, fact in newest.items()} == {
        "2020-06-01": ("filed", 1000),
        "2020-06-02": ("filed", 1),
        "2020-06-03": ("withdrawn", 1),
    }
    assert newest["2020-06-03"]["type"] == "claim.withdrawn"
    for facts in (await here.facts("claims")).values():
        assert [fact["version"] for fact in facts if fact] == list(range(1, len(facts) + 1))
    await undone(here, filed)
    assert {fact["status"] for fact in (await here.newest("claims")).values()} == {"withdrawn"}
    again = await here.upload(CLAIMS + "K1;E1;JKK;2020-06-01;1000;PROSES\n", "claims")
    assert (again["accepted"], again["created"]) == (1, 1)


async def test_guests_are_gone_from_their_briefing(here: World) -> None:
    held = {"region": "33.11", "name": "Aula", "batch": "1", "held_on": "2021-01-31"}
    await here.send(here.event("briefing.held", held))
    await here.send(here.event("partner.listed", listing("Toko 1")), here.event("partner.listed", listing("Toko 2")))
    header = "nama peserta;mewakili;kab_kota\n"
    one = await here.upload(header + "Satu;Toko 1;Sukoharjo\n", "attendance")
    two = await here.upload(header + "Satu;Toko 1;Sukoharjo\nDua;Toko 2;Sukoharjo\n", "attendance")
    assert await undone(here, one) == {"state": "done", "removed": 0, "restored": 0, "kept": 1, "detail": None}
    assert await undone(here, two) == {"state": "done", "removed": 2, "restored": 0, "kept": 0, "detail": None}
    (briefing,) = (await here.newest("reference")).values()
    assert (briefing["attendees"], briefing["present"]) == ([], None)


def uploads(dice: random.Random) -> list[str]:
    """Files of enrolments whose rows repeat and replace each other, programmes never dropped."""
    made = []
    for _ in range(dice.randint(2, 5)):
        rows = []
        for _ in range(dice.randint(1, 5)):
            number, month = dice.randint(1, 4), dice.randint(1, 4)
            rows.append(
                f"{{side}}{number};PU;{{side}} {number};;Sukoharjo;2020-0{month}-01;JKK,JKM;{dice.randint(1, 3)}"
            )
        made.append(ENROLMENTS + "\n".join(rows) + "\n")
    return made


async def test_in_any_order_enrolments_taken_back_were_never_there(here: World) -> None:
    await here.agency("two")
    for seed in range(25):
        dice = random.Random(seed)
        made = uploads(dice)
        taken_back = dice.sample(range(len(made)), dice.randint(1, len(made)))
        found = {}
        for side, agency in (("A", "dinas"), ("B", "two")):
            name, reports = f"{side}{seed}x", []
            for number, content in enumerate(made):
                if side == "A" or number not in taken_back:
                    text = content.format(side=name)
                    reports.append(await here.upload(text, "enrollments", agency=agency, list=f"{number}"))
            for number in taken_back if side == "A" else ():
                await undone(here, reports[number], agency)
            found[side] = await histories(here, name)
        assert found["A"] == found["B"], (seed, taken_back)


async def histories(here: World, name: str) -> dict[str, Any]:
    query = """select p.participant_no, p.region,
                      array(select (start, until)::text from period x where x.partner_id = p.partner_id order by start),
                      array(select v->>'effective_on' || (v->'workers')::text
                              from jsonb_array_elements(convert_from(p.history, 'utf8')::jsonb) v)
                 from participant p where p.participant_no like $1"""
    records = await here.pool.fetch(query, f"{name}%")
    return {record[0].removeprefix(name): tuple(record)[1:] for record in records}
