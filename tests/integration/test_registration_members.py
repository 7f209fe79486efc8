"""Cooperatives: whose members are listed, who was enrolled through them, one by one, in one event, in one file."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import enrolment, listing

KOPERASI, OTHER = "3311000000921", "3311000000922"
NIKS = [f"33110249080000{number:02}" for number in range(1, 30)]


@pytest.fixture
async def here(database: stack.Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency()
        await made.agency("kota", scopes=("publish", "read"))
        yield made


async def cooperative(here: World, number: str = KOPERASI, agency: str = "dinas", **more: Any) -> str:
    data = listing(f"Koperasi {number}", nik_koperasi=number, **({"kind": "cooperative"} | more))
    answer = await here.send(here.event("partner.listed", data, f"/{agency}"), agency=agency)
    (partner_id,) = answer["partners"].values()
    return str(partner_id)


def person(nik: str, of: str | None = KOPERASI, **more: Any) -> dict[str, Any]:
    named = {} if of is None else {"cooperative": {"nik_koperasi": of}}
    return listing(f"Orang {nik[-2:]}", nik=nik, **({"kind": "individual"} | named | more))


def member(number: str, nik: str, **more: Any) -> dict[str, Any]:
    return {"participant_no": number, "partner": {"nik": nik}} | more


def joint(*members: dict[str, Any], **more: Any) -> dict[str, Any]:
    common = {"region": "33.11", "programmes": ["JKK", "JKM"], "segment": "BPU", "effective_on": "2021-03-01"}
    return common | {"workers": 1, "members": list(members)} | more


async def test_an_agency_sees_the_members_it_listed_and_no_others(here: World) -> None:
    koperasi = await cooperative(here)
    await here.send(*(here.event("partner.listed", person(nik)) for nik in NIKS[:5]))
    await here.send(*(here.event("partner.listed", person(nik, None)) for nik in NIKS[5:7]))
    await here.send(*(here.event("partner.listed", person(nik), "/kota") for nik in NIKS[4:9]), agency="kota")
    await here.send(here.event("enrollment.registered", enrolment("Z1", nik=NIKS[0], segment="BPU")))
    await here.send(here.event("enrollment.registered", enrolment("Z2", nik=NIKS[8], segment="BPU")))
    path = f"/v1/partners/{koperasi}/members"
    own = await here.get(path)
    assert (own["listed"], own["enrolled"], len(own["items"]), own["next_cursor"]) == (5, 1, 5, None)
    assert {each["cooperative_id"] for each in own["items"]} == {koperasi}
    assert [each["registered"] for each in own["items"]].count(True) == 1
    kota = await here.get(path, "kota")
    assert (kota["listed"], kota["enrolled"]) == (5, 1)
    assert len({each["id"] for each in own["items"]} & {each["id"] for each in kota["items"]}) == 1
    assert (await here.get(path, as_of="2021-02-01"))["enrolled"] == 0
    assert (await here.get(path, as_of="2020-02-01"))["listed"] == 0
    assert [len((await here.get(path, registered=each))["items"]) for each in ("true", "false")] == [1, 4]
    everybody = (await here.http.get(path, headers={"authorization": f"Bearer {ADMIN}"})).json()
    assert (everybody["listed"], everybody["enrolled"]) == (9, 2)
    first = await here.get(path, limit="3")
    rest = await here.get(path, limit="3", cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + rest["items"]] == [each["id"] for each in own["items"]]
    await here.agency("asing", scopes=("publish", "read"))
    answers = [
        await here.http.get(f"/v1/partners/{each}/members", headers=here.bearer("asing"))
        for each in (koperasi, own["items"][0]["id"], "00000000-0000-7000-8000-000000000009", "x")
    ]
    assert {(each.status_code, each.content) for each in answers} == {(404, answers[0].content)}


async def test_members_follow_their_newest_row_and_a_merge_of_their_cooperatives(here: World) -> None:
    elder, younger = await cooperative(here), await cooperative(here, OTHER)
    await here.send(*(here.event("partner.listed", person(nik)) for nik in NIKS[:3]))
    await here.send(here.event("partner.listed", person(NIKS[0], OTHER, list="baru", listed_on="2021-02-28")))
    assert [(await here.get(f"/v1/partners/{each}/members"))["listed"] for each in (elder, younger)] == [2, 1]
    channel = {"cooperative": {"nik_koperasi": OTHER}}
    await here.send(here.event("enrollment.registered", joint(member("Z9", NIKS[0]), **channel)))
    same = listing("Koperasi", nik_koperasi=KOPERASI, nib="0000100000011", kind="cooperative")
    await here.send(here.event("partner.listed", same))
    same = listing("Koperasi", nik_koperasi=OTHER, nib="0000100000011", kind="cooperative", list="b")
    await here.send(here.event("partner.listed", same))
    assert [(await here.get(f"/v1/partners/{each}/members"))["listed"] for each in (elder, younger)] == [3, 3]
    (fact,) = (await here.newest("enrollments")).values()
    assert (fact["cooperative_id"], fact["channel_id"]) == (elder, elder)
    assert {each["cooperative_id"] for each in (await here.get("/v1/partners"))["items"]} == {None, elder}


async def test_one_event_enrols_many_and_each_member_is_accepted_or_refused_by_itself(here: World) -> None:
    koperasi = await cooperative(here)
    await here.send(*(here.event("partner.listed", person(nik, None)) for nik in NIKS[:4]))
    members = [
        member("Z1", NIKS[0]),
        member("Z2", NIKS[1], programmes=["JKK", "JKM", "JHT"], effective_on="2021-04-01"),
        member("Z3", "12"),
        member("", NIKS[2]),
        member("Z4", NIKS[3], effective_on="kemarin"),
        member("Z5", NIKS[3], surname="Umpama"),
        member("Z6", NIKS[3], cooperative={"nik_koperasi": OTHER}),
    ]
    event = here.event("enrollment.registered", joint(*members, cooperative={"nik_koperasi": KOPERASI}))
    answer = await here.post(event)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["accepted"], body["duplicates"]) == (2, 0)
    assert [(each["member"], each["code"], each["field"]) for each in body["rejected"]] == [
        (2, "invalid_nik", "nik"),
        (3, "missing_participant_no", "participant_no"),
        (4, "invalid_date", "effective_on"),
        (5, "unknown_field", "surname"),
        (6, "partner_unknown", "cooperative"),
    ]
    assert set(body["partners"]) == {f"{event['id']}/members/{number}" for number in (0, 1)}
    facts = {fact["partner_id"]: fact for fact in (await here.newest("enrollments")).values()}
    second = facts[body["partners"][f"{event['id']}/members/1"]]
    assert {fact["channel_id"] for fact in facts.values()} == {koperasi}
    assert (second["periods"][0]["from"], second["periods"][0]["programmes"]) == ("2021-04-01", ["JKK", "JKM", "JHT"])
    again = (await here.post(event)).json()
    assert (again["accepted"], again["duplicates"], len(again["rejected"])) == (0, 2, 5)
    entries = (await here.get("/v1/quarantine"))["items"]
    assert len(entries) == 5
    entry = next(each for each in entries if each["code"] == "invalid_nik")
    assert "members" not in entry["event"]["data"]
    mended = entry["event"] | {"data": entry["event"]["data"] | {"partner": {"nik": NIKS[2]}}}
    path = f"/v1/quarantine/{entry['id']}"
    assert (await here.http.put(path, json={"event": mended}, headers=here.bearer("dinas"))).status_code == 200
    assert (await here.http.post(f"{path}/retry", headers=here.bearer("dinas"))).status_code == 200
    assert len(await here.newest("enrollments")) == 3
    assert len((await here.get("/v1/quarantine"))["items"]) == 4


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"members": []}, "invalid_value", "members"),
        ({"members": {}}, "invalid_value", "members"),
        ({"members": ["Z1"]}, "invalid_value", "members"),
        ({"members": [member(f"Z{n}", NIKS[0]) for n in range(1001)]}, "too_long", "members"),
        ({"participant_no": "Z1"}, "invalid_value", "participant_no"),
        ({"members": [member("Z1", NIKS[0], members=[])]}, "unknown_field", "members.members"),
    ],
)
async def test_members_that_are_none_refuse_the_event_and_nothing_of_them_is_kept(
    here: World, change: dict[str, Any], code: str, field: str
) -> None:
    assert await here.refused("enrollment.registered", joint(member("Z1", NIKS[0])) | change) == (code, field)
    (entry,) = (await here.get("/v1/quarantine"))["items"]
    assert NIKS[0] not in json.dumps(entry)
    assert await here.newest("enrollments") == {}


async def test_events_and_members_of_a_request_together_are_bounded(here: World) -> None:
    crowd = [joint(*(member(f"Z{n}-{each}", NIKS[0]) for each in range(1000))) for n in range(11)]
    answer = await here.post([here.event("enrollment.registered", each) for each in crowd])
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_channel_is_added_to_an_enrolment_and_kept_when_it_is_sent_again_without(here: World) -> None:
    koperasi = await cooperative(here)
    for more, expected in (
        ({}, None),
        ({"cooperative": {"nik_koperasi": KOPERASI}}, koperasi),
        ({}, koperasi),
    ):
        await here.send(here.event("enrollment.registered", enrolment("Z1", nik=NIKS[0], **more)))
        (fact,) = (await here.newest("enrollments")).values()
        assert fact["channel_id"] == expected
    unknown = enrolment("Z2", nik=NIKS[1], cooperative={"nik_koperasi": OTHER})
    assert await here.refused("enrollment.registered", unknown) == ("partner_unknown", "cooperative")


async def test_files_name_the_cooperative_of_a_member_and_the_channel_of_an_enrolment(here: World) -> None:
    koperasi = await cooperative(here)
    persons = "nama,nik,kab_kota,nama koperasi\n"
    persons += f"Andi Umpama,{NIKS[0]},33.11,Koperasi {KOPERASI}\n"
    persons += f"Budi Umpama,{NIKS[1]},33.11,'{KOPERASI}\n"
    persons += f"Cici Umpama,{NIKS[2]},33.11,-\nDodi Umpama,{NIKS[3]},33.11,Koperasi Entah\n"
    report = await here.upload(persons, "persons")
    assert (report["accepted"], report["rejected_by"]) == (3, {"partner_unknown": 1})
    found = (await here.get(f"/v1/partners/{koperasi}/members"))["items"]
    assert {each["name"] for each in found} == {"Andi Umpama", "Budi Umpama"}
    enrolments = "no_peserta;segmen;nik;kab_kota;tgl_efektif;program;wadah\n"
    enrolments += f"Z1;BPU;{NIKS[0]};33.11;01/02/2021;JKK+JKM;{KOPERASI}\n"
    enrolments += f"Z2;BPU;{NIKS[1]};33.11;01/02/2021;JKK+JKM;mandiri\n"
    enrolments += f"Z3;BPU;{NIKS[2]};33.11;01/02/2021;JKK+JKM;{OTHER}\n"
    report = await here.upload(enrolments, "enrollments")
    assert (report["accepted"], report["rejected_by"]) == (2, {"partner_unknown": 1})
    channels = sorted(str(fact["channel_id"]) for fact in (await here.newest("enrollments")).values())
    assert channels == sorted([koperasi, "None"])
    undone = await here.http.post(f"/v1/imports/{report['id']}/undo", headers=here.bearer("dinas"))
    assert undone.status_code == 202
    assert all(fact["channel_id"] is None for fact in (await here.newest("enrollments")).values())
