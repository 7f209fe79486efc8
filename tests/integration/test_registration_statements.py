"""Targets, agreements and briefings are read back: own ones, by region and day, page by page, as spreadsheets."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import enrolment, listing

TARGETS = "kode_wilayah;kampanye;mulai;selesai;sasaran;daftar\n"
AGREEMENTS = "nomor;judul;pihak_1;pihak_2;tanggal;wilayah;berlaku mulai;berlaku sampai\n"
SCHEDULE = "angkatan;tanggal;nama;kuota;hadir\n"
GUESTS = "nama usaha;nama\n"


@pytest.fixture
async def here(database: stack.Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency("dinas", regions=("33.11",))
        await made.agency("kementerian")
        await made.agency("kota", regions=("36.71",))
        yield made


async def admins(here: World, path: str, **params: str) -> Any:
    answer = await here.http.get(path, params=params, headers={"authorization": f"Bearer {ADMIN}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def spreadsheet(here: World, path: str, agency: str, **params: str) -> list[dict[str, str]]:
    answer = await here.http.get(path, params=params, headers=here.bearer(agency))
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_targets_are_read_back_by_their_agency(here: World) -> None:
    lines = "36.71;Kampanye;01/07/2019;31/12/2019;200;daftar-a\n33.11;Kampanye;01/01/2020;31/12/2020;50;\n"
    lines += "33;Provinsi;01/03/2020;31/12/2020;900;\nID;Nasional;01/02/2020;31/12/2020;9000;\n"
    await here.upload(TARGETS + lines, "targets", "kementerian")
    await here.upload(TARGETS + "33.11;Dinas;01/01/2021;31/12/2021;7;\n", "targets")
    (own,) = (await here.get("/v1/targets"))["items"]
    expected = {"agency": "dinas", "region": "33.11", "region_name": "Kabupaten Sukoharjo", "measure": "enrolled"}
    expected |= {"value": 7, "from": "2021-01-01", "until": "2021-12-31", "list": None, "source": "Dinas"}
    assert {name: own[name] for name in expected} == expected
    theirs = await here.get("/v1/targets", "kementerian")
    assert (theirs["count"], [each["region"] for each in theirs["items"]]) == (4, ["33", "ID", "33.11", "36.71"])
    assert [each["value"] for each in (await here.get("/v1/targets", "kementerian", region="33"))["items"]] == [900, 50]
    assert (await admins(here, "/v1/targets"))["count"] == 5
    assert (await admins(here, "/v1/targets", region="33.11"))["count"] == 2
    found, cursor = [], ""
    for _ in range(3):
        page = await admins(here, "/v1/targets", limit="2", cursor=cursor)
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert (len(set(found)), cursor) == (5, None)
    lines = await spreadsheet(here, "/v1/targets.csv", "kementerian", region="36.71")
    assert [(line["region"], line["value"], line["list"]) for line in lines] == [("36.71", "200", "daftar-a")]
    workbook = await here.http.get("/v1/targets.xlsx", headers=here.bearer("kementerian"))
    assert workbook.content[:2] == b"PK"
    assert await here.get("/v1/targets", "kota") == {"count": 0, "items": [], "next_cursor": None}


@pytest.mark.parametrize("path", ["/v1/targets", "/v1/agreements", "/v1/briefings"])
async def test_what_is_asked_wrongly_is_refused_with_the_parameters_name(here: World, path: str) -> None:
    for query, code, field in (
        ("wilayah=33", "unknown_parameter", "wilayah"),
        ("region=99", "unknown_region", "region"),
        ("cursor=x", "invalid_value", "cursor"),
        ("cursor=2021-01-01.x", "invalid_value", "cursor"),
        ("limit=0", "invalid_value", "limit"),
    ):
        answer = await here.http.get(f"{path}?{query}", headers=here.bearer("dinas"))
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)
    assert (await here.http.get(f"{path}.csv?limit=1", headers=here.bearer("dinas"))).status_code == 422


async def test_agreements_say_whether_they_are_in_force(here: World) -> None:
    lines = "MOU/1;Pertama;BPJS;Dinas;04/11/2020;33.11;04/11/2020;03/11/2023\n"
    lines += ";Kedua;BPJS;Dinas;01/07/2021;33.11;;\n;Ketiga;BPJS;Dinas;02/07/2021;33.11;01/01/2024;\n"
    lines += ";Terbalik;BPJS;Dinas;03/07/2021;33.11;01/01/2024;01/01/2023\n"
    report = await here.upload(AGREEMENTS + lines, "agreements")
    assert (report["accepted"], report["rejected_by"]) == (3, {"invalid_date": 1})
    data = {"title": "Keempat", "parties": ["A", "B"], "date": "2022-01-01", "region": "ID", "until": "2022-12-31"}
    await here.send(here.event("agreement.signed", data, "/kementerian"), agency="kementerian")
    found = await here.get("/v1/agreements", as_of="2022-06-01")
    assert {each["title"]: each["in_force"] for each in found["items"]} == {
        "Pertama": True,
        "Kedua": None,
        "Ketiga": False,
    }
    assert sum(each["number"] is None for each in found["items"]) == 2
    pertama = next(each for each in found["items"] if each["number"] == "MOU/1")
    assert (pertama["parties"], pertama["from"], pertama["until"]) == (["BPJS", "Dinas"], "2020-11-04", "2023-11-03")
    (theirs,) = (await here.get("/v1/agreements", "kementerian", as_of="2023-01-01"))["items"]
    assert (theirs["region"], theirs["region_name"], theirs["in_force"]) == ("ID", "Indonesia", False)
    (line,) = await spreadsheet(here, "/v1/agreements.csv", "kementerian", as_of="2022-06-01")
    assert (line["parties"], line["from"], line["in_force"]) == ("A; B", "", "true")
    published = (await here.newest("reference")).values()
    assert {(each["from"], each["until"]) for each in published} >= {("2020-11-04", "2023-11-03"), (None, "2022-12-31")}


async def test_a_briefings_attendance_and_what_became_of_it(here: World) -> None:
    for name in ("Satu", "Dua", "Tiga", "Empat"):
        await here.send(here.event("partner.listed", listing(f"Toko {name}")))
    await here.send(here.event("partner.listed", listing("Toko Lain"), "/kementerian"), agency="kementerian")
    for number, (name, day) in enumerate(
        [("Satu", "2021-02-01"), ("Dua", "2021-05-16"), ("Tiga", "2021-05-18"), ("Lain", "2021-03-01")]
    ):
        data = enrolment(f"Z{number}", name=f"Toko {name}", effective_on=day)
        await here.send(here.event("enrollment.registered", data))
    await here.upload(SCHEDULE + "1;10/11/2020;Aula;30;27\n4;15/02/2021;Aula;4;\n", "briefings")
    came = GUESTS + "".join(f"Toko {name};Wakil {name}\n" for name in ("Satu", "Dua", "Tiga", "Empat", "Lain", "Entah"))
    report = await here.upload(came, "attendance", list_date="2021-02-15")
    assert (report["accepted"], report["warnings"]) == (6, {})
    assert report["notes"] == {"guest": 2, "over_quota": 2}
    again = await here.upload(came, "attendance", list_date="2021-02-15")
    assert (again["unchanged"], again["notes"]) == (6, {"guest": 2})
    waiting = await here.upload(GUESTS + "Toko Satu;Wakil\n", "attendance", list_date="2021-02-16", dry_run="true")
    assert waiting["notes"] == {"without_briefing": 1}

    found = await here.get("/v1/briefings")
    fourth, first = found["items"]
    counts = {"quota": 4, "present": 6, "over_quota": 2, "recorded": 6, "listed": 4, "guests": 2}
    assert {name: fourth[name] for name in counts} == counts
    funnel = {"attended": 6, "listed": 4, "enrolled_on_the_day": 1, "registered_within_90_days": 1, "not_registered": 2}
    assert fourth["funnel"] == funnel | {"window_closes_on": "2021-05-16"}
    assert (first["present"], first["recorded"], first["funnel"]["attended"]) == (27, 0, 0)
    assert found["sum"] == counts | {"briefings": 2, "quota": 34, "present": 33, "funnel": funnel}
    assert found["without_briefing"] == []
    early = (await here.get("/v1/briefings", as_of="2021-05-15"))["items"][0]["funnel"]
    assert (early["registered_within_90_days"], early["not_registered"]) == (0, 3)
    assert (await here.get("/v1/briefings", as_of="2021-01-01"))["items"][0]["funnel"] is None
    assert (await admins(here, "/v1/briefings"))["sum"]["listed"] == 5, "the administrator sees whoever is listed"
    held = await here.get("/v1/briefings", **{"from": "2021-01-01", "until": "2021-12-31"})
    assert [each["batch"] for each in held["items"]] == ["4"]
    page = await here.get("/v1/briefings", limit="1")
    (last,) = (await here.get("/v1/briefings", limit="1", cursor=page["next_cursor"]))["items"]
    assert (page["items"][0]["batch"], last["batch"]) == ("4", "1")

    one = await here.get(f"/v1/briefings/{fourth['id']}")
    outcomes = {each["name"]: (each["outcome"], each["registered_on"]) for each in one["attendees"]}
    assert outcomes == {
        "Toko Satu": ("enrolled_on_the_day", None),
        "Toko Dua": ("registered_within_90_days", "2021-05-16"),
        "Toko Tiga": ("not_registered", None),
        "Toko Empat": ("not_registered", None),
        None: ("guest", None),
    }
    rest = await here.get(f"/v1/briefings/{fourth['id']}", limit="4")
    assert (len(rest["attendees"]), rest["next_cursor"] is not None) == (4, True)
    assert {name: one[name] for name in fourth} == fourth
    lines = await spreadsheet(here, "/v1/briefings.csv", "dinas")
    assert [(line["batch"], line["over_quota"], line["not_registered"]) for line in lines] == [
        ("4", "2", "2"),
        ("1", "0", "0"),
    ]
    foreign = [
        await here.http.get(f"/v1/briefings/{each}", headers=here.bearer("kementerian"))
        for each in (fourth["id"], "00000000-0000-7000-8000-000000000009", "x")
    ]
    assert {(each.status_code, each.content) for each in foreign} == {(404, foreign[0].content)}


async def test_attendance_without_a_briefing_is_reported_until_that_is_stated(here: World) -> None:
    report = await here.upload(GUESTS + "Toko A;Umi\nToko B;Budi\n", "attendance", list_date="2021-03-03")
    assert report["notes"] == {"guest": 2, "without_briefing": 2}
    found = await here.get("/v1/briefings")
    assert found["without_briefing"] == [{"agency": "dinas", "held_on": "2021-03-03", "recorded": 2}]
    assert (await here.get("/v1/briefings", "kota"))["without_briefing"] == []
    await here.upload(SCHEDULE + "5;03/03/2021;Aula;30;\n", "briefings")
    found = await here.get("/v1/briefings")
    assert (found["without_briefing"], found["items"][0]["recorded"], found["items"][0]["present"]) == ([], 2, 2)


async def test_an_events_attendees_who_are_on_no_own_list_are_guests_and_more_than_its_quota_is_said(
    here: World,
) -> None:
    await here.send(here.event("partner.listed", listing("Toko Satu")))
    await here.send(here.event("partner.listed", listing("Toko Lain"), "/kementerian"), agency="kementerian")
    attendees = [{"name": f"Toko {name}", "region": "33.11"} for name in ("Satu", "Lain", "Entah")]
    data = {"region": "33.11", "name": "Sosialisasi", "batch": "1", "held_on": "2021-03-01", "quota": 2}
    answer = await here.send(here.event("briefing.held", data | {"attendees": attendees}))
    assert [(each["code"], each["count"]) for each in answer["notes"]] == [("guest", 2), ("over_quota", 1)]
    assert "warnings" not in answer
    unknown = data | {"batch": "2", "attendees": [{"ref": "tidak-ada"}]}
    assert await here.refused("briefing.held", unknown) == ("partner_unknown", "partner.ref")
    (item,) = (await here.get("/v1/briefings"))["items"]
    assert (item["recorded"], item["listed"], item["guests"], item["over_quota"]) == (3, 1, 2, 1)


TARGET = TARGETS + "33.11;Dinas;01/01/2021;31/12/2021;7;\n"
BRIEFING = SCHEDULE + "1;10/11/2020;Aula;30;27\n"
AGREEMENT = AGREEMENTS + ";Kedua;BPJS;Dinas;01/07/2021;33.11;;\n"
STATED = (
    ("targets", TARGET, TARGET.replace("7;", "9;"), "target"),
    ("briefings", BRIEFING, BRIEFING.replace("30", "40"), "briefing"),
    ("agreements", AGREEMENT, AGREEMENT.replace("Dinas", "Pemkab"), "agreement"),
)


@pytest.mark.parametrize(("kind", "text", "other", "stated"), STATED, ids=[kind for kind, *_ in STATED])
async def test_what_a_file_states_is_withdrawn_or_again_as_before(
    here: World, kind: str, text: str, other: str, stated: str
) -> None:
    first, changed = await here.upload(text, kind), await here.upload(other, kind)
    (before, *_) = [fact for facts in (await here.facts("reference")).values() for fact in facts]
    assert await taken_back(here, changed) == {"removed": 0, "restored": 1, "kept": 0}
    assert await newest_statement(here) == before | {"recorded_at": ""}
    again = await here.upload(text, kind)
    assert again["unchanged"] == 1
    assert await taken_back(here, first) == {"removed": 0, "restored": 0, "kept": 1}
    assert await taken_back(here, again) == {"removed": 1, "restored": 0, "kept": 0}
    assert await newest_statement(here) == before | {"recorded_at": "", "type": f"{stated}.withdrawn"}
    assert (await here.get(f"/v1/{kind}"))["items"] == []
    assert (await here.upload(text, kind))["created"] == 1
    assert await newest_statement(here) == before | {"recorded_at": ""}


async def taken_back(here: World, report: dict[str, Any]) -> dict[str, int]:
    answer = await here.http.post(f"/v1/imports/{report['id']}/undo", headers=here.bearer("dinas"))
    assert answer.status_code == 202, answer.text
    return {name: answer.json()["undo"][name] for name in ("removed", "restored", "kept")}


async def newest_statement(here: World) -> dict[str, Any]:
    """The last fact of the only statement, whenever it was."""
    (fact,) = (await here.newest("reference")).values()
    return {**fact, "recorded_at": ""}
