"""Every reject code is met through HTTP: as an event, and in files where rows can have it. The rest goes on."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from tests import stack
from tests.integration.registration_world import World, world


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"refusals{database.name[-6:]}.") as made:
        await made.agency()
        await made.agency("sukoharjo", ("33.11",))
        listing = LISTED | {"partner": {"ref": "A-1", "nib": "0000100006909"}}
        other = LISTED | {"partner": {"ref": "A-2", "nib": "0000100006910"}, "name": "Warung Lain"}
        sent = await made.send(made.event("partner.listed", listing), made.event("partner.listed", other))
        assert sent["accepted"] == 2, sent
        sent = await made.send(
            made.event("enrollment.registered", ENROLLED),
            made.event("claim.paid", CLAIMED),
            made.event("claim.filed", FILED),
        )
        assert sent["accepted"] == 3, sent
        yield made
    await stack.drop(postgres, database)


LISTED: dict[str, Any] = {
    "partner": {"nik": "3311024908000000"},
    "name": "Toko Peraga Mulya",
    "kind": "business",
    "region": "33.11",
    "listed_on": "2021-01-31",
}
ENROLLED: dict[str, Any] = {
    "participant_no": "ZZ000115",
    "partner": {"ref": "A-1"},
    "scale": "micro",
    "region": "33.11",
    "programmes": ["JKK", "JKM", "JHT"],
    "segment": "PU",
    "workers": 3,
    "effective_on": "2020-01-01",
}
CLAIMED: dict[str, Any] = {
    "claim_ref": "KL-1",
    "participant_no": "ZZ000115",
    "programme": "JKK",
    "amount": 1_000_000,
    "occurred_on": "2020-06-01",
    "paid_on": "2020-07-01",
}
HELD: dict[str, Any] = {"region": "33.11", "name": "Sosialisasi", "batch": "4", "held_on": "2021-02-16"}
FILED = CLAIMED | {"claim_ref": "KL-2", "occurred_on": "2020-05-01"}


def without(data: dict[str, Any], field: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != field}


EVENTS: list[tuple[str, str | None, str, dict[str, Any]]] = [
    ("unknown_type", "type", "partner.praised", LISTED),
    ("missing_field", "partner", "partner.listed", without(LISTED, "partner")),
    ("missing_field", "listed_on", "partner.listed", without(LISTED, "listed_on")),
    ("missing_name", "name", "partner.listed", LISTED | {"name": " "}),
    ("nik_excel_damaged", "nik", "partner.listed", LISTED | {"partner": {"nik": "3,31102E+15"}}),
    ("nik_excel_damaged", "nik", "partner.listed", LISTED | {"partner": {"nik": 3311024908000000}}),
    ("invalid_nik", "nik", "partner.listed", LISTED | {"partner": {"nik": "331102490800000"}}),
    ("invalid_nib", "nib", "partner.listed", LISTED | {"partner": {"nib": "12"}}),
    ("invalid_nib", "nib", "partner.listed", LISTED | {"partner": {"nib": 100006909}}),
    ("invalid_date", "listed_on", "partner.listed", LISTED | {"listed_on": "2021-02-31"}),
    ("invalid_date", "listed_on", "partner.listed", LISTED | {"listed_on": "03/04/2021"}),
    ("invalid_date", "listed_on", "partner.listed", LISTED | {"listed_on": "2021-01-31T00:00:00Z"}),
    ("invalid_value", "language", "partner.listed", LISTED | {"contact": {"language": "fr"}}),
    ("invalid_date", "until", "enrollment.registered", ENROLLED | {"until": "2019-01-01"}),
    ("invalid_worker_count", "workers", "partner.listed", LISTED | {"workers": "many"}),
    ("invalid_worker_count", "workers", "partner.listed", LISTED | {"workers": {"staff": -1}}),
    ("invalid_amount", "amount", "claim.paid", CLAIMED | {"amount": 0}),
    ("invalid_amount", "amount", "claim.paid", CLAIMED | {"amount": 1.5}),
    ("invalid_value", "kind", "partner.listed", LISTED | {"kind": "shop"}),
    ("invalid_value", "segment", "enrollment.registered", ENROLLED | {"segment": "X"}),
    ("unknown_region", "region", "partner.listed", LISTED | {"region": "Solo"}),
    ("ambiguous_region", "region", "partner.listed", LISTED | {"region": "Tangerang"}),
    ("missing_participant_no", "participant_no", "enrollment.registered", without(ENROLLED, "participant_no")),
    (
        "unknown_participant",
        "participant_no",
        "enrollment.lapsed",
        {"participant_no": "ZZ9", "effective_on": "2021-01-01"},
    ),
    ("unknown_participant", "participant_no", "claim.paid", CLAIMED | {"participant_no": "ZZ9"}),
    ("unknown_programme", "programmes", "enrollment.registered", ENROLLED | {"programmes": ["JKK", "JKN"]}),
    (
        "unknown_programme",
        "programmes",
        "enrollment.registered",
        ENROLLED | {"programmes": ["JKK", "JKM", "JHT", "JKP"]},
    ),
    ("unknown_programme", "programme", "claim.paid", CLAIMED | {"programme": "JKN"}),
    ("programme_not_allowed", "programmes", "enrollment.registered", ENROLLED | {"programmes": ["JKK"]}),
    ("programme_not_allowed", "programmes", "enrollment.registered", ENROLLED | {"programmes": ["JKK", "JHT"]}),
    (
        "programme_dropped",
        "programmes",
        "enrollment.changed",
        ENROLLED | {"programmes": ["JKK", "JKM"], "effective_on": "2021-01-01"},
    ),
    ("programme_not_held", "programme", "claim.paid", CLAIMED | {"claim_ref": "KL-3", "programme": "JP"}),
    ("event_outside_membership", "occurred_on", "claim.paid", CLAIMED | {"occurred_on": "2019-12-31"}),
    (
        "event_outside_membership",
        "effective_on",
        "enrollment.lapsed",
        {"participant_no": "ZZ000115", "effective_on": "2019-01-01"},
    ),
    ("partner_unknown", "partner.id", "enrollment.registered", ENROLLED | {"partner": {"id": "nobody"}}),
    ("partner_unknown", "partner.ref", "enrollment.registered", ENROLLED | {"partner": {"ref": "B-9"}}),
    ("partner_unknown", "cooperative", "partner.listed", LISTED | {"cooperative": {"ref": "B-9"}}),
    ("partner_unknown", "partner.id", "partner.delisted", {"partner": {"id": "nobody"}, "list": "x"}),
    ("partner_unknown", "partner.ref", "partner.delisted", {"partner": {"ref": "B-9", "nib": "0000100006909"}}),
    ("partner_unknown", "partner.id", "briefing.held", HELD | {"attendees": [{"id": "nobody"}]}),
    ("partner_unknown", "partner.ref", "briefing.held", HELD | {"attendees": [{"name": "Toko"}, {"ref": "B-9"}]}),
    ("partner_unknown", "partner.id", "partner.listed", LISTED | {"partner": {"id": "nobody"}}),
    ("partner_unknown", "cooperative", "partner.listed", LISTED | {"cooperative": {"nib": "0000100000001"}}),
    ("conflict", "partner", "enrollment.changed", ENROLLED | {"partner": {"ref": "A-1", "nib": "0000100006910"}}),
    ("conflict", "status", "claim.rejected", CLAIMED),
    ("conflict", "claim_ref", "claim.paid", FILED | {"programme": "JKM"}),
    ("health_data", "data", "claim.filed", CLAIMED | {"diagnosis": "S06"}),
    ("missing_field", "claim_ref", "claim.filed", without(CLAIMED, "claim_ref")),
    ("invalid_date", "occurred_on", "claim.filed", FILED | {"claim_ref": "KL-3", "occurred_on": "2100-01-01"}),
    ("invalid_date", "paid_on", "claim.paid", FILED | {"claim_ref": "KL-3", "paid_on": "2020-04-30"}),
    ("unknown_field", "regoin", "partner.listed", LISTED | {"regoin": "33.11"}),
    ("unknown_field", "contact.phne", "partner.listed", LISTED | {"contact": {"phne": "1"}}),
    (
        "invalid_date",
        "until",
        "target.set",
        {"region": "ID", "measure": "m", "source": "s", "from": "2021-02-01", "until": "2021-01-01", "value": 1},
    ),
    (
        "invalid_value",
        "value",
        "denominator.set",
        {"region": "ID", "measure": "m", "source": "s", "status": "ok", "as_of": "2021-01-01", "value": "x"},
    ),
    (
        "invalid_value",
        "measure",
        "target.set",
        {
            "region": "ID",
            "measure": "population",
            "source": "s",
            "from": "2021-01-01",
            "until": "2021-02-01",
            "value": 1,
        },
    ),
    (
        "invalid_value",
        "measure",
        "denominator.set",
        {"region": "ID", "measure": "umkn", "source": "s", "status": "ok", "as_of": "2021-01-01", "value": 1},
    ),
    (
        "invalid_value",
        "status",
        "denominator.set",
        {"region": "ID", "measure": "umkm", "source": "s", "status": "fine", "as_of": "2021-01-01", "value": 1},
    ),
    ("missing_field", "name", "briefing.held", {"region": "33.11", "batch": "1", "held_on": "2021-01-01"}),
    ("missing_field", "title", "agreement.signed", {"region": "ID", "date": "2021-01-01", "parties": ["a"]}),
]


@pytest.mark.parametrize(
    ("code", "field", "kind", "data"), EVENTS, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_a_refused_event_says_its_code_and_field(
    here: World, code: str, field: str | None, kind: str, data: dict[str, Any]
) -> None:
    assert await here.refused(kind, data) == (code, field)


NOBODY: list[dict[str, Any]] = [
    {"nib": "0000100000001"},
    {"nik": "3311024908000001"},
    {"nik_koperasi": "3311000000009"},
    {"name": "Toko Tiada", "region": "33.11"},
]


@pytest.mark.parametrize("nobody", NOBODY, ids=lambda partner: next(iter(partner)))
async def test_only_an_unknown_id_or_ref_is_a_mistake(here: World, nobody: dict[str, Any]) -> None:
    """Whoever is unknown by other identifiers stands on no list, or is named by one later."""
    number = f"ZZ8{NOBODY.index(nobody)}"
    events = [
        here.event("partner.delisted", {"partner": nobody, "list": "default"}),
        here.event("enrollment.registered", ENROLLED | {"partner": nobody, "participant_no": number}),
        here.event("claim.filed", FILED | {"participant_no": number, "claim_ref": number}),
        here.event("briefing.held", HELD | {"batch": number, "attendees": [nobody]}),
    ]
    listed = await here.pool.fetchval("select count(*) from evidence")
    answer = await here.send(*events)
    assert (answer["accepted"], answer["rejected"]) == (len(events), [])
    assert events[0]["id"] not in answer["partners"]
    assert await here.pool.fetchval("select count(*) from evidence") == listed


async def test_an_agency_lists_and_enrols_only_in_its_regions(here: World) -> None:
    answer = await here.post(here.event("partner.listed", LISTED | {"region": "36.71"}, "/skh"), agency="sukoharjo")
    assert answer.json()["code"] == "outside_jurisdiction"
    answer = await here.post(
        here.event("enrollment.registered", ENROLLED | {"region": "36.71"}, "/skh"), agency="sukoharjo"
    )
    assert answer.json()["code"] == "outside_jurisdiction"
    answer = await here.post(
        here.event(
            "target.set",
            {"region": "33", "measure": "m", "source": "s", "from": "2021-01-01", "until": "2021-02-01", "value": 1},
            "/skh",
        ),
        agency="sukoharjo",
    )
    assert answer.json()["code"] == "outside_jurisdiction"


async def test_a_participant_elsewhere_is_unknown_whether_it_exists_or_not(here: World) -> None:
    await here.send(
        here.event("enrollment.registered", ENROLLED | {"participant_no": "ZZ7", "region": "36.71", "partner": {}})
    )
    for number in ("ZZ7", "ZZ8"):
        claim = CLAIMED | {"participant_no": number}
        lapse = {"participant_no": number, "effective_on": "2021-01-01"}
        for kind, data in (("claim.paid", claim), ("enrollment.lapsed", lapse)):
            answer = await here.post(here.event(kind, data, "/skh"), agency="sukoharjo")
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_participant")


async def test_an_id_used_for_another_event_is_refused(here: World) -> None:
    event = here.event("partner.listed", LISTED)
    first = await here.send(event)
    again = await here.send(event)
    assert (again["accepted"], again["duplicates"], again["partners"]) == (0, 1, first["partners"])
    other = await here.post(event | {"data": LISTED | {"name": "Other"}})
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (422, "id_reused", "id")
    within = here.event("partner.listed", LISTED)
    mixed = await here.send(within, within, within | {"data": LISTED | {"name": "Other"}})
    assert (mixed["accepted"], mixed["duplicates"], mixed["rejected"][0]["code"]) == (1, 1, "id_reused")


async def test_another_agencys_source_is_refused(here: World) -> None:
    answer = await here.post(here.event("partner.listed", LISTED, source="/dinas"), agency="sukoharjo")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "conflict", "source")


async def test_a_malformed_line_costs_only_itself(here: World) -> None:
    lines = [json.dumps(here.event("partner.listed", LISTED)), "{no json", '"text"', "", json.dumps({"id": "x"})]
    answer = await here.post("\n".join(lines).encode(), media_type="application/x-ndjson")
    assert answer.status_code == 202
    body = answer.json()
    assert body["accepted"] == 1
    assert [(r["index"], r["code"]) for r in body["rejected"]] == [
        (1, "malformed"),
        (2, "malformed"),
        (3, "missing_field"),
    ]


async def test_a_request_that_is_no_json_or_of_another_type_is_refused_whole(here: World) -> None:
    malformed = await here.post(b"{", media_type="application/cloudevents+json")
    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed")
    no_list = await here.post(b"{}", media_type="application/cloudevents-batch+json")
    assert (no_list.status_code, no_list.json()["code"]) == (400, "malformed")
    other = await here.post(b"{}", media_type="application/json")
    assert other.status_code == 415
    wrong = await here.post(here.event("partner.listed", LISTED, specversion="0.3"))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "malformed")


async def test_an_event_in_binary_mode_is_the_one_in_structured_mode(here: World) -> None:
    event = here.event("partner.listed", LISTED, "/biner dan spasi")
    attributes = {f"CE-{name.upper()}": quote(event[name]) for name in ("id", "source", "type", "specversion")}
    body = json.dumps(LISTED).encode()
    first = await here.post(body, media_type="application/json; charset=utf-8", **attributes)
    assert (first.status_code, first.json()["accepted"]) == (202, 1)
    assert (await here.send(event))["duplicates"] == 1
    other = await here.post(body, media_type="application/json", **attributes | {"CE-TYPE": "partner.delisted"})
    assert (other.status_code, other.json()["code"]) == (422, "id_reused")
    without_id = {name: text for name, text in attributes.items() if name != "CE-ID"}
    lacking = await here.post(body, media_type="application/json", **without_id)
    assert (lacking.status_code, lacking.json()["field"]) == (422, "id")
    for media_type, content, status in (("text/plain", body, 415), ("application/json", b"{", 400)):
        assert (await here.post(content, media_type=media_type, **attributes)).status_code == status


async def test_too_large_requests_are_refused(here: World) -> None:
    nine = b" " * (9 << 20)
    for answer in (
        await here.post(nine, media_type="application/x-ndjson"),
        await here.post([{}] * 10_001),
    ):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_what_a_key_may_not_do_is_forbidden(here: World) -> None:
    await here.agency("lister", scopes=("publish",))
    event = here.event("enrollment.registered", ENROLLED, "/l")
    answer = await here.post(event, agency="lister")
    assert (answer.status_code, answer.json()["code"]) == (422, "forbidden_type")
    own = LISTED | {"partner": {"nik": "3311024908000777"}, "name": "Toko Lister"}
    batch = [here.event("partner.listed", own, "/l"), event, here.event("partner.listed", own, "/l")]
    answer = await here.post(batch, agency="lister")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [(1, "forbidden_type")]
    without_key = await here.http.post("/v1/events", content=b"{}")
    assert without_key.status_code == 401


LISTS = {
    "missing_name": ";3311024908000000;;Sukoharjo;1;2021-01-01;AKTIF",
    "inactive": "Toko;;;Sukoharjo;1;2021-01-01;BUBAR",
    "missing_nik": "Toko;-;;Sukoharjo;1;2021-01-01;AKTIF",
    "nik_excel_damaged": "Toko;3,57602E+15;;Sukoharjo;1;2021-01-01;AKTIF",
    "invalid_nik": "Toko;33110249;;Sukoharjo;1;2021-01-01;AKTIF",
    "invalid_nib": "Toko;3311024908000000;1;Sukoharjo;1;2021-01-01;AKTIF",
    "unknown_region": "Toko;3311024908000000;;Solo;1;2021-01-01;AKTIF",
    "outside_jurisdiction": "Toko;3311024908000000;;Kota Tangerang;1;2021-01-01;AKTIF",
    "invalid_worker_count": "Toko;3311024908000000;;Sukoharjo;lima;2021-01-01;AKTIF",
    "invalid_date": "Toko;3311024908000000;;Sukoharjo;1;31-Foo-21;AKTIF",
    "wrong_column_count": "Toko;3311024908000000",
}


async def test_a_file_is_refused_row_by_row(here: World) -> None:
    good = "Toko Baik;3311'024908 000000;0000100006909;Kab. Sukoharjo;2 orang;31 Desember 2021;aktif"
    header = "nama_usaha;nik;nib;kab_kota;jumlah_pekerja;tgl_data;status"
    content = "\ufeffDAFTAR\r\n\r\n" + "\r\n".join([header, *LISTS.values(), "", good, "JUMLAH;;;;12;;"])
    report = await here.upload(content, "partners", "sukoharjo", require="nik", list="salah")
    assert (report["state"], report["accepted"], report["skipped"]) == ("done", 1, 2)
    assert report["rejected_by"] == dict.fromkeys(LISTS, 1)
    assert report["accepted"] + report["rejected"] == report["rows"]


async def test_an_ambiguous_region_is_refused_in_a_national_file(here: World) -> None:
    report = await here.upload("nama usaha,kab_kota\nToko,Tangerang\nToko,Kota Tangerang\n", "partners")
    assert report["rejected_by"] == {"ambiguous_region": 1}


async def test_claims_and_enrolments_are_refused_row_by_row(here: World) -> None:
    header = (
        "no_peserta;segmen;skala;nama;nib;nik_pemilik;kab_kota;tgl_efektif;program;tk_karyawan;tk_buruh;tgl_nonaktif"
    )
    rows = {
        "missing_participant_no": ";PU;mikro;Toko;;;33.11;01/01/2021;JKK,JKM;1;1;",
        "unknown_programme": "Z1;PU;mikro;Toko;;;33.11;01/01/2021;JKK,JKN;1;1;",
        "programme_not_allowed": "Z1;PU;menengah;Toko;;;33.11;01/01/2021;JKK,JKM;1;1;",
        "programme_dropped": "ZZ000115;PU;mikro;Toko;;;33.11;01/01/2021;JKK,JKM;1;1;",
    }
    report = await here.upload("\n".join([header, *rows.values()]), "enrollments")
    assert report["rejected_by"] == dict.fromkeys(rows, 1)
    header = "no_klaim;no_peserta;program;tgl_kejadian;tgl_bayar;nilai;status;diagnosa"
    rows = {
        "health_data": "K1;ZZ000115;JKK;01/06/2020;;Rp1.000;PROSES;S06",
        "missing_field": ";ZZ000115;JKK;01/06/2020;;Rp1.000;PROSES;",
        "invalid_value": "K1;ZZ000115;JKK;01/06/2020;;Rp1.000;ENTAH;",
        "invalid_amount": "K1;ZZ000115;JKK;01/06/2020;;gratis;PROSES;",
        "unknown_participant": "K1;ZZ404;JKK;01/06/2020;;Rp1.000;PROSES;",
        "event_outside_membership": "K1;ZZ000115;JKK;01/06/2019;;Rp1.000;PROSES;",
        "programme_not_held": "K1;ZZ000115;JP;01/06/2020;;Rp1.000;PROSES;",
    }
    report = await here.upload("\n".join([header, *rows.values()]), "claims")
    assert report["rejected_by"] == dict.fromkeys(rows, 1)


async def test_warnings_are_accepted(here: World) -> None:
    rows = "nama usaha;nik;kab_kota;no_hp\nA;9999024908000000;33.11;12\nB;3311029902000000;33.11;0860-0000-1836\n"
    report = await here.upload(rows, "partners", list="aneh")
    assert report["accepted"] == 2
    assert report["warnings"] == {"nik_unknown_prefix": 1, "nik_bad_birth_date": 1, "phone_unusable": 1}


async def test_windows_1252_is_understood(here: World) -> None:
    report = await here.upload(
        "nama usaha;kab_kota\nKafé – Peraga;Sukoharjo\n".encode("cp1252"), "partners", list="kafe"
    )
    assert report["accepted"] == 1
    items = (await here.get("/v1/partners", limit="1000"))["items"]
    assert any(item["name"] == "Kafé – Peraga" for item in items)


async def test_a_file_without_header_or_of_another_kind_is_refused_at_once(here: World) -> None:
    async def status(content: bytes, **fields: str) -> tuple[int, str]:
        data = {"kind": "partners", "list_date": "2021-01-31"} | fields
        files = {"file": ("x.csv", content)}
        answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer("dinas"))
        return answer.status_code, answer.json()["code"]

    good = b"nama usaha;kab_kota\n"
    assert await status(b"\x00\x01 nothing here") == (422, "malformed")
    assert await status(b"") == (422, "malformed")
    assert await status(b"PK\x03\x04") == (422, "malformed")
    assert await status(good, kind="poems") == (422, "invalid_value")
    assert await status(good, list_date="someday") == (422, "invalid_date")


async def test_refused_events_can_be_seen_mended_and_sent_again(here: World) -> None:
    event = here.event("partner.listed", LISTED | {"region": "Solo"})
    await here.post(event)
    entry = next(e for e in (await here.get("/v1/quarantine", limit="1000"))["items"] if e["event"] == event)
    assert (entry["code"], entry["field"]) == ("unknown_region", "region")
    address = f"/v1/quarantine/{entry['id']}"
    headers = here.bearer("dinas")
    assert (await here.http.post(f"{address}/retry", headers=headers)).json()["code"] == "unknown_region"
    corrected = event | {"data": LISTED}
    assert (await here.http.put(address, json=corrected, headers=headers)).status_code == 200
    answer = await here.http.post(f"{address}/retry", headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert (await here.http.post(f"{address}/retry", headers=headers)).status_code == 404
    assert (await here.send(corrected))["duplicates"] == 1


async def test_refused_rows_can_be_mended_too_and_are_nobody_elses(here: World) -> None:
    report = await here.upload("nama usaha;nik;kab_kota\nToko;123;Sukoharjo\n", "partners", list="corrected")
    entries = (await here.get("/v1/quarantine", import_id=report["id"]))["items"]
    address = f"/v1/quarantine/{entries[0]['id']}"
    for agency, code in (("sukoharjo", 404), ("dinas", 200)):
        answer = await here.http.put(address, json={"cells": {"NIK": "3311024908000000"}}, headers=here.bearer(agency))
        assert answer.status_code == code
    answer = await here.http.post(f"{address}/retry", headers=here.bearer("dinas"))
    assert answer.status_code == 200, answer.text
    assert (await here.get("/v1/quarantine", import_id=report["id"]))["items"] == []


async def test_a_refused_row_is_mended_in_the_shape_it_is_shown_in(here: World) -> None:
    report = await here.upload("nama usaha;nik;kab_kota\nToko Utuh;123;Sukoharjo\n", "partners", list="whole")
    entry = (await here.get("/v1/quarantine", import_id=report["id"]))["items"][0]
    address, headers = f"/v1/quarantine/{entry['id']}", here.bearer("dinas")
    for wrong in (["Toko Utuh"], ["Toko Utuh", None, "Sukoharjo"]):
        answer = await here.http.put(address, json=entry | {"cells": wrong}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    corrected = ["Toko Utuh", "", "Sukoharjo"]
    answer = await here.http.put(address, json=entry | {"cells": corrected}, headers=headers)
    assert (answer.status_code, answer.json()["cells"]) == (200, corrected)
    assert (await here.http.post(f"{address}/retry", headers=headers)).status_code == 200


async def test_foreign_and_unknown_ids_get_the_identical_answer(here: World) -> None:
    report = await here.upload(
        "nama usaha;kab_kota\nToko Rahasia;Tegal\nToko Rahasia;Kota Tegal\n", "partners", list="r"
    )
    partner = (await here.get("/v1/partners", limit="1"))["items"][0]["id"]
    nobody = "00000000-0000-7000-8000-000000000000"
    for path, foreign in (("partners", partner), ("imports", report["id"])):
        answers = [
            await here.http.get(f"/v1/{path}/{given}", headers=here.bearer("lister"))
            for given in (foreign, nobody, "x")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1


async def test_what_is_refused_before_it_is_judged_is_counted_as_well(here: World) -> None:
    async def counted() -> dict[str, float]:
        lines = (await here.http.get("/metrics")).text.splitlines()
        found = [line.partition("payung_registration_refused_total")[2].rpartition(" ") for line in lines]
        return {labels: float(count) for labels, _, count in found if labels.startswith("{")}

    before = await counted()
    wrong = LISTED | {"partner": {"nik": "331102490800000"}}
    unknown = {"participant_no": "ZZ9", "effective_on": "2021-01-02"}
    await here.send(here.event("partner.listed", wrong), here.event("enrollment.lapsed", unknown))
    await here.upload(
        "nama usaha;nik;kab/kota\nToko Misal;331102490800000;Kab. Sukoharjo\n", "partners", list="counted"
    )
    after = await counted()
    rise = {code: count - before[code] for code, count in after.items() if count != before[code]}
    assert rise == {'{code="invalid_nik"}': 2.0, '{code="unknown_participant"}': 1.0}
