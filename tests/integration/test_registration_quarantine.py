"""What is refused is kept for the agency to correct, but never health data, and nothing of whom was erased."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests import stack
from tests.integration.registration_world import World, world


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"quarantine{database.name[-6:]}.") as made:
        await made.agency()
        yield made
    await stack.drop(postgres, database)


async def quarantine(here: World, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await here.get("/v1/quarantine", limit="1000", **params))["items"]
    return items


async def rejected_csv(here: World, import_id: str) -> str:
    address = f"/v1/imports/{import_id}/rejected.csv"
    answer = await here.http.get(address, headers=here.bearer("dinas"))
    assert answer.status_code == 200, answer.text
    return answer.text


CLAIM = {"claim_ref": "K-9", "participant_no": "Z9", "programme": "JKK", "amount": 1, "occurred_on": "2020-06-01"}


@pytest.mark.parametrize("more", [{"ICD-10": "S06-event"}, {"details": {"cause_of_death": "S06-event"}}])
async def test_a_claims_health_data_is_refused_and_not_kept(here: World, more: dict[str, Any]) -> None:
    assert await here.refused("claim.filed", CLAIM | more) == ("health_data", "data")
    assert await here.refused("claim.filed", more) == ("health_data", "data")
    await here.post(here.event("claims.filed", CLAIM | more))
    entries = await quarantine(here)
    assert any(entry["code"] == "health_data" for entry in entries)
    assert "S06-event" not in str(entries)
    event = entries[-1]["event"] | {"data": CLAIM | more}
    corrected = await here.http.put(f"/v1/quarantine/{entries[-1]['id']}", json=event, headers=here.bearer("dinas"))
    assert corrected.status_code == 200, corrected.text
    assert "S06-event" not in str(await quarantine(here))


async def test_a_claims_file_keeps_no_health_data(here: World) -> None:
    header = "no_klaim;no_peserta;program;tgl_kejadian;nilai;status;Sebab Kematian"
    good = "K1;Z1;JKK;01/06/2020;Rp1.000;PROSES;S06-row"
    rows = (good, good.replace("Rp1.000", "gratis"), "K1;Z1;S06-row")
    report = await here.upload("\n".join((header, *rows)), "claims", list="sebab")
    assert report["rejected_by"] == {"health_data": 2, "wrong_column_count": 1}
    entries = await quarantine(here, import_id=report["id"])
    assert "S06-row" not in str(entries) + await rejected_csv(here, report["id"])
    address, corrected = f"/v1/quarantine/{entries[0]['id']}", {"cells": {"Sebab Kematian": "S06-row"}}
    assert (await here.http.put(address, json=corrected, headers=here.bearer("dinas"))).status_code == 200
    assert "S06-row" not in str(await quarantine(here))


async def test_erasure_leaves_nothing_of_the_person_in_the_quarantine(here: World) -> None:
    listed = {"name": "Pak Lupakan", "kind": "individual", "region": "33.12", "listed_on": "2021-01-31"}
    sent = await here.send(here.event("partner.listed", listed | {"partner": {"nik": "3312024908000000"}}))
    partner = next(iter(sent["partners"].values()))
    header = "nama usaha,kab_kota,tgl_data,no_hp"
    rows = ("Pak Lupakan,33.12,besok,081234567001", "PAK LUPAKAN,Solo,,081234567001", "Pak Lupakan,33.12")
    report = await here.upload("\n".join((header, *rows, "Bu Ingat,33.12,besok,081")), "partners", list="lupa")
    assert report["rejected"] == 4
    event = here.event("partner.listed", listed | {"partner": {}, "region": "Kab. Wonogiri", "listed_on": "besok"})
    lost = here.event("partner.listed", listed | {"partner": {}, "region": "Solo"})
    assert len((await here.send(event, lost))["rejected"]) == 2
    assert str(await quarantine(here)).lower().count("lupakan") == 5
    erased = await here.http.delete(f"/v1/partners/{partner}", headers=here.bearer("dinas"))
    assert erased.status_code == 204, erased.text
    left = str(await quarantine(here)) + await rejected_csv(here, report["id"])
    assert "lupakan" not in left.lower()
    assert "Bu Ingat" in left


async def test_erasure_finds_a_cooperative_by_its_number_whatever_its_name_is_there(here: World) -> None:
    listed = {"name": "Koperasi Lama", "kind": "cooperative", "region": "33.12", "listed_on": "2021-01-31"}
    partner = {"nik_koperasi": "3312-0000-00077"}
    sent = await here.send(here.event("partner.listed", listed | {"partner": partner}))
    renamed = listed | {"name": "Koperasi Baru Nian", "listed_on": "besok"}
    await here.post(here.event("partner.listed", renamed | {"partner": partner | {"nib": "1"}}))
    row = "nama koperasi,nik koperasi,kab_kota,tgl_data\nKoperasi Baru Nian,3312000000077,33.12,besok"
    await here.upload(row, "partners", list="koperasi")
    assert str(await quarantine(here)).count("Baru Nian") == 2
    await here.http.delete(f"/v1/partners/{next(iter(sent['partners'].values()))}", headers=here.bearer("dinas"))
    assert "Baru Nian" not in str(await quarantine(here))


async def test_erasure_finds_a_guest_of_a_refused_briefing(here: World) -> None:
    listed = {"name": "Pak Tamu", "kind": "individual", "region": "33.12", "listed_on": "2021-01-31"}
    partner = {"nik": "3312025505000000"}
    sent = await here.send(here.event("partner.listed", listed | {"partner": partner}))
    briefing = {"region": "33.12", "batch": "1", "held_on": "besok", "quota": 30}
    guests = {"Temu Satu": [partner], "Temu Dua": [{"nik": "3312025606000000"}], "Temu Tiga": None}
    for name, attendees in guests.items():
        await here.post(here.event("briefing.held", briefing | {"name": name, "attendees": attendees}))
    await here.post(here.event("briefing.held", {}) | {"data": "Temu Empat"})
    assert str(await quarantine(here)).count("Temu") == 4
    await here.http.delete(f"/v1/partners/{next(iter(sent['partners'].values()))}", headers=here.bearer("dinas"))
    left = str(await quarantine(here))
    assert "Temu Satu" not in left
    assert left.count("Temu") == 3


async def test_erasure_finds_what_an_entry_became_by_mending(here: World) -> None:
    listed = {"partner": {}, "kind": "individual", "region": "33.12", "listed_on": "2021-01-31"}
    sent = await here.send(here.event("partner.listed", listed | {"name": "Bu Sembuh"}))
    event = here.event("partner.listed", listed | {"name": "Bu Sembih", "listed_on": "besok"})
    await here.post(event)
    entry = next(e for e in await quarantine(here) if e["event"] == event)
    corrected = event | {"data": event["data"] | {"name": "Bu Sembuh"}}
    headers = here.bearer("dinas")
    for body in (corrected, {"event": corrected}):
        answer = await here.http.put(f"/v1/quarantine/{entry['id']}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["event"]) == (200, corrected)
    await here.http.delete(f"/v1/partners/{next(iter(sent['partners'].values()))}", headers=headers)
    assert "Sembuh" not in str(await quarantine(here))


async def test_what_a_dry_run_would_refuse_is_in_its_report_alone(here: World) -> None:
    report = await here.upload("nama usaha;nik;kab_kota\nToko;123;33.11\n", "partners", list="kering", dry_run="true")
    assert "invalid_nik" in await rejected_csv(here, report["id"])
    assert await quarantine(here, import_id=report["id"]) == []
    entry = await here.pool.fetchval("select id from quarantine where import_id = $1", UUID(report["id"]))
    address, headers = f"/v1/quarantine/{entry}", here.bearer("dinas")
    assert (await here.http.put(address, json={"cells": {"nik": ""}}, headers=headers)).status_code == 404
    assert (await here.http.post(f"{address}/retry", headers=headers)).status_code == 404


async def test_a_row_uploaded_anew_takes_the_place_of_its_refusal(here: World) -> None:
    header, bad = "nama usaha;nik;kab_kota", ("Toko Ulang;123;33.11", "Warung Ulang;;Solo", "Kios Lain;12;33.11")

    async def upload(*rows: str) -> set[str]:
        await here.upload("\n".join((header, *rows)), "partners", list="ulang")
        return {entry["cells"][0] for entry in await quarantine(here) if "Ulang" in str(entry) or "Kios" in str(entry)}

    assert await upload(*bad) == await upload(*bad) == {"Toko Ulang", "Warung Ulang", "Kios Lain"}
    assert sum("Ulang" in str(entry) for entry in await quarantine(here)) == 2
    assert await upload("Toko Ulang;3311024908000000;33.11", "Warung Ulang;;33.11") == {"Kios Lain"}
