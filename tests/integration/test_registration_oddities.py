"""What nobody should send is answered like anything else: its own event is refused, the rest goes on."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import ADMIN, World, world


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"oddities{database.name[-6:]}.") as made:
        await made.agency()
        yield made
    await stack.drop(postgres, database)


LISTED = {"partner": {}, "name": "Toko Ganjil", "kind": "business", "region": "33.11", "listed_on": "2021-01-31"}
ODD: list[tuple[str, dict[str, Any]]] = [
    ("enrollment.registered", {"participant_no": "Z\u0000", "partner": {}, "region": "x"}),
    ("briefing.held", {"region": "33.11", "name": "n", "batch": "a\u0000b", "held_on": "2021-01-01"}),
]


@pytest.mark.parametrize(("kind", "data"), ODD, ids=[kind for kind, _ in ODD])
async def test_a_text_that_no_database_keeps_costs_only_its_event(here: World, kind: str, data: dict[str, Any]) -> None:
    good = [here.event("partner.listed", LISTED) for _ in range(2)]
    answer = await here.send(good[0], here.event(kind, data), good[1])
    assert (answer["accepted"], [r["code"] for r in answer["rejected"]]) == (2, ["malformed"])


async def test_endless_nesting_costs_only_its_line(here: World) -> None:
    good = json.dumps(here.event("partner.listed", LISTED))
    deep = json.dumps(here.event("partner.listed", LISTED)).replace("{}", '{"a":' * 500 + "1" + "}" * 500)
    body = "\n".join((good, "[" * 3000, deep)).encode()
    answer = await here.post(body, media_type="application/x-ndjson")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert [r["code"] for r in answer.json()["rejected"]] == ["malformed", "malformed"]
    whole = await here.post(b"[" * 100_000, media_type="application/cloudevents-batch+json")
    assert (whole.status_code, whole.json()["code"]) == (400, "malformed")


async def test_an_idempotency_key_is_free_again_after_a_failure(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event, submit = here.event("partner.listed", LISTED), here.app.state.services.writer.submit

    async def fail(*_: Any) -> None:
        raise RuntimeError("something unforeseen")

    with monkeypatch.context() as patched:
        patched.setattr(here.app.state.services.writer, "submit", fail)
        with pytest.raises(RuntimeError):
            await here.post(event, **{"idempotency-key": "k1"})
    assert here.app.state.services.writer.submit == submit
    assert (await here.post(event, **{"idempotency-key": "k1"})).status_code == 202


async def made(here: World, **changes: Any) -> tuple[int, dict[str, Any]]:
    body = {"slug": "baru", "name": "Baru", "regions": ["33.11"], "scopes": ["read"]} | changes
    answer = await here.http.post("/v1/agencies", json=body, headers={"authorization": f"Bearer {ADMIN}"})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("name", ["a\u0000b", "   ", ""])
async def test_an_agency_has_a_name(here: World, name: str) -> None:
    status, body = await made(here, name=name)
    assert (status, body["code"], body["field"]) == (422, "invalid_value", "name")


async def test_an_agencys_regions_and_scopes_are_kept_once(here: World) -> None:
    regions, scopes = ["33.11", "33.12", "33.11"], ["read", "publish", "read"]
    status, body = await made(here, slug="sekali", name=" Sekali ", regions=regions, scopes=scopes)
    assert (status, body["name"]) == (201, "Sekali")
    assert (body["regions"], body["scopes"]) == (["33.11", "33.12"], ["read", "publish"])


@pytest.mark.parametrize("scopes", [[], ["enroll"], ["publish", "enroll"]])
async def test_a_key_has_scopes_and_only_its_agencys(here: World, scopes: list[str]) -> None:
    await made(here, slug="penerbit", scopes=["publish", "read"])
    headers = {"authorization": f"Bearer {ADMIN}"}
    answer = await here.http.post("/v1/agencies/penerbit/keys", json={"scopes": scopes}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    fewer = await here.http.post("/v1/agencies/penerbit/keys", json={"scopes": ["read"]}, headers=headers)
    assert (fewer.status_code, fewer.json()["scopes"]) == (201, ["read"])


async def test_partners_are_shown_to_readers_only(here: World) -> None:
    await here.agency("pendaftar", scopes=("enroll",))
    for path in ("/v1/partners", "/v1/partners/00000000-0000-7000-8000-000000000000", "/v1/lists"):
        answer = await here.http.get(path, headers=here.bearer("pendaftar"))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_administrator_sees_what_everybody_listed(here: World) -> None:
    await here.agency("mine")
    await here.upload("nama;kab_kota\nToko Terlihat;33.11\n", "partners", "mine", list="terlihat")
    here.keys["admin"] = ADMIN
    (row,) = [row for row in await here.get("/v1/lists", "admin") if row["list"] == "terlihat"]
    assert (row["agency"], row["listed"]) == ("mine", 1)
    (report,) = [report for report in await here.get("/v1/imports", "admin") if report["list"] == "terlihat"]
    assert await here.get(f"/v1/imports/{report['id']}", "admin") == report | {"similar_lists": []}
    page = await here.get("/v1/partners", "admin", registered="", region="33.11", cursor="")
    assert "Toko Terlihat" in [item["name"] for item in page["items"]]


async def test_an_upload_says_what_is_wrong_with_its_form(here: World) -> None:
    headers, content = here.bearer("dinas"), b"nama usaha;kab_kota\nToko;33.11\n"
    form, file = {"kind": "partners"}, {"file": ("x.csv", content)}
    answer = await here.http.post("/v1/imports", data=form | {"require": "zzz"}, files=file, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "require")
    answer = await here.http.post("/v1/imports", data=form | {"file": "text"}, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "file")
    assert "UploadFile" not in answer.text


async def test_a_row_replaced_by_its_ref_is_not_merged(here: World) -> None:
    content = "ref;nama usaha;kab_kota;jumlah pekerja\nR-1;Toko Ganti;33.11;{}\n"
    await here.upload(content.format(1), "partners", list="ganti")
    report = await here.upload(content.format(2), "partners", list="ganti")
    assert (report["accepted"], report["created"], report["merged"], report["replaced"]) == (1, 0, 0, 1)


async def test_the_file_of_a_failed_import_is_not_kept(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = here.app.state.services.writer.submit

    async def fail(submission: Any) -> Any:
        if hasattr(submission, "lines"):
            raise RuntimeError("something unforeseen")
        return await submit(submission)

    monkeypatch.setattr(here.app.state.services.writer, "submit", fail)
    report = await here.upload("nama usaha;kab_kota\nToko;33.11\n", "partners", list="gagal")
    assert report["state"] == "failed"
    assert await here.pool.fetchval("select count(*) from import_file") == 0


async def test_a_misspelt_field_of_an_upload_is_refused_by_name(here: World) -> None:
    await here.agency("unggahan")
    data, files = {"kind": "partners", "date_oder": "mdy"}, {"file": ("a.csv", b"nama usaha;kab_kota\nToko;33.11\n")}
    answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer("unggahan"))
    body = answer.json()
    assert (answer.status_code, body["code"], body["field"]) == (422, "unknown_parameter", "date_oder")
    assert "date_order" in body["detail"]


@pytest.mark.parametrize("path", ["/v1/partners", "/v1/lists", "/v1/imports", "/v1/quarantine"])
async def test_a_misspelt_parameter_is_refused_by_name(here: World, path: str) -> None:
    slug = path.rpartition("/")[2]
    await here.agency(slug)
    answer = await here.http.get(path, params={"curser": "x"}, headers=here.bearer(slug))
    body = answer.json()
    assert (answer.status_code, body["code"], body["field"]) == (422, "unknown_parameter", "curser")
    assert (await here.http.get(path, params={"curser": "x"})).status_code == 401


ROSTER = """No;NPP;No KPJ;NIK KTP;Nama Tenaga Kerja;Tgl Kepesertaan;Program;Kab/Kota
1;ZZ990001;00000000101;3311000101800041;Contoh Pekerja Satu;01/01/2020;JKK,JKM;Sukoharjo
2;ZZ990001;00000000102;3311000101800042;Contoh Pekerja Dua;01/01/2020;JKK,JKM;Sukoharjo
3;ZZ990001;00000000103;3311000101800043;Contoh Pekerja Tiga;01/02/2020;JKK,JKM;Sukoharjo
"""


async def test_a_roster_is_one_participant_with_its_workers(here: World) -> None:
    report = await here.upload(ROSTER, "enrollments")
    assert (report["rows"], report["accepted"], report["rejected"]) == (3, 3, 0)
    timelines = [fact["periods"] for fact in (await here.newest("enrollments")).values()]
    workers = [[period["workers"]["labour"] for period in periods] for periods in timelines]
    assert [2, 3] in workers


async def test_columns_are_judged_over_the_whole_upload(here: World) -> None:
    header = "no_peserta;nama;kab_kota;tgl_efektif;program\n"
    rows = [f"ZZ99{n:04d};Toko {n};33.11;{day};JKK,JKM\n" for n, day in enumerate(("12/31/2020", "03/04/2020"))]
    report = await here.upload(header + "".join(rows), "enrollments", list="bulan-dulu")
    assert (report["accepted"], report["rejected_by"]) == (1, {"ambiguous_date": 1})
    assert report["reading"]["date_order"] == {"effective_on": "doubtful"}
    entries = (await here.get("/v1/quarantine", import_id=report["id"]))["items"]
    retried = await here.http.post(f"/v1/quarantine/{entries[0]['id']}/retry", headers=here.bearer("dinas"))
    assert (retried.status_code, retried.json()["code"]) == (422, "ambiguous_date"), "the column's doubt stays"
    report = await here.upload(header + "".join(rows), "enrollments", list="bulan-dulu", date_order="mdy")
    assert (report["accepted"], report["rejected_by"]) == (2, {})
