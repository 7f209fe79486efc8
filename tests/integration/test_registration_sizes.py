"""Nothing is accepted that would become a fact too large for Kafka or for coverage; the rest goes on."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.registration.intake.values import MAX_WORKERS
from services.registration.records import attendance
from shared.bus.records import LARGEST_RECORD
from tests import stack
from tests.integration.registration_world import ADMIN, World, world

LISTED: dict[str, Any] = {"kind": "business", "region": "33.11", "listed_on": "2021-01-31"}
ENROLLED: dict[str, Any] = {
    "region": "33.11",
    "programmes": ["JKK", "JKM"],
    "segment": "PU",
    "effective_on": "2021-02-01",
}


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"sizes{database.name[-6:]}.") as made:
        await made.agency()
        yield made
    await stack.drop(postgres, database)


def listed(here: World, name: str, partner: dict[str, str], **more: Any) -> dict[str, Any]:
    return here.event("partner.listed", LISTED | {"partner": partner, "name": name} | more)


def enrolled(here: World, number: str, partner: dict[str, str], workers: int) -> dict[str, Any]:
    data = ENROLLED | {"participant_no": number, "partner": partner, "workers": workers}
    return here.event("enrollment.registered", data)


def refusals(answer: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(each["index"], each["code"], each["field"]) for each in answer["rejected"]]


async def labour(here: World, partner: str) -> int:
    """The workers of the partner's newest timeline."""
    fact = (await here.newest("enrollments"))[partner]
    return sum(period["workers"]["labour"] for period in fact["periods"])


async def test_the_row_that_exceeds_the_sum_of_a_partners_workers_is_refused_and_no_other(here: World) -> None:
    one, other = {"nib": "9120000000011"}, {"nib": "9120000000012"}
    answer = await here.send(
        listed(here, "Pabrik Satu", one),
        listed(here, "Pabrik Dua", other),
        enrolled(here, "S-1", one, MAX_WORKERS - 5),
        enrolled(here, "S-2", one, 5),
        enrolled(here, "S-3", one, 1),
        enrolled(here, "S-4", other, 7),
    )
    assert refusals(answer) == [(4, "invalid_worker_count", "workers")]
    partners = [here_id for _, here_id in sorted(answer["partners"].items())]
    sums = {await labour(here, partner) for partner in set(partners)}
    assert sums == {MAX_WORKERS, 7}


async def test_a_file_loses_only_the_rows_that_exceed_the_sum(here: World) -> None:
    await here.send(listed(here, "Pabrik Berkas", {"nib": "9120000000021"}))
    rows = "\n".join(f"B-{n};PU;9120000000021;33.11;01/02/2021;JKK,JKM;3000000" for n in range(9))
    header = "no peserta;segmen;nib;kab/kota;tgl efektif;program;jumlah pekerja\n"
    report = await here.upload(header + rows + "\n", "enrollments")
    assert (report["accepted"], report["rejected_by"]) == (3, {"invalid_worker_count": 6})


async def test_a_listing_that_would_merge_more_workers_than_can_be_summed_is_refused(here: World) -> None:
    elder, younger = {"nib": "9120000000031"}, {"nik": "3311010101900031"}
    first = await here.send(
        listed(here, "Gudang Tua", elder),
        listed(here, "Gudang Muda", younger),
        enrolled(here, "M-1", elder, MAX_WORKERS),
        enrolled(here, "M-2", younger, MAX_WORKERS),
    )
    assert first["rejected"] == []
    answer = await here.send(
        listed(here, "Gudang Gabungan", elder | younger), listed(here, "Toko Lain", {"nib": "9120000000039"})
    )
    assert refusals(answer) == [(0, "invalid_worker_count", "workers")]
    published = await here.newest("partners")
    partners = set(first["partners"].values())
    assert len(partners) == 2
    assert {published[partner]["status"] for partner in partners} == {"active"}
    assert [await labour(here, partner) for partner in partners] == [MAX_WORKERS, MAX_WORKERS]


async def test_an_erasure_that_lets_others_merge_beyond_the_sum_is_done_and_their_last_facts_hold(
    here: World, service_log: io.StringIO
) -> None:
    nik = {"nik": "3311010101900041"}
    first = await here.send(
        listed(here, "Usaha A", {"ref": "V-A", "nib": "9120000000041"} | nik),
        listed(here, "Usaha B", {"ref": "V-B", "nib": "9120000000042"} | nik),
        listed(here, "Usaha C", {"ref": "V-C"} | nik),
        enrolled(here, "V-1", {"ref": "V-A"}, MAX_WORKERS),
        enrolled(here, "V-2", {"ref": "V-C"}, MAX_WORKERS),
    )
    assert first["rejected"] == []
    between = list(first["partners"].values())[1]
    bearer = {"authorization": f"Bearer {ADMIN}"}
    answer = await here.http.delete(f"/v1/partners/{between}", headers=bearer)
    assert answer.status_code == 204
    facts = [fact for every in (await here.facts("enrollments")).values() for fact in every if fact]
    assert max(period["workers"]["labour"] for fact in facts for period in fact["periods"]) == MAX_WORKERS
    assert "held back" in service_log.getvalue()
    assert "payung_registration_held_back_total 1.0" in (await here.http.get("/metrics")).text


async def test_a_partner_on_ever_more_lists_stops_growing_before_a_record_is_full(here: World) -> None:
    partner = {"nib": "9120000000051"}
    names = ["\N{HERB}" * 195 + f"{n:05}" for n in range(1_400)]
    answer = await here.send(*(listed(here, "Toko Daftar", partner, list=name) for name in names))
    refused = refusals(answer)
    assert {(code, field) for _, code, field in refused} == {("too_large", "partner")}
    assert [at for at, _, _ in refused] == list(range(answer["accepted"], 1_400)), "the first ones that fit"
    more = await here.send(listed(here, "Toko Daftar", partner, list=names[-1]), listed(here, "Toko Baru", {}))
    assert (more["accepted"], refusals(more)) == (1, [(0, "too_large", "partner")])
    (fact,) = [f for f in (await here.newest("partners")).values() if len(f["lists"]) > 1_000]
    assert LARGEST_RECORD - 5_000 < len(json.dumps(fact, ensure_ascii=False).encode()) < LARGEST_RECORD + 50_000
    assert (await here.http.get("/readyz")).status_code == 200


async def test_a_day_has_so_many_guests_at_most(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendance, "MOST_GUESTS", 3)
    guests = "nama usaha;nama;wilayah\n" + "".join(f"Toko {n};Umi;33.11\n" for n in range(5))
    report = await here.upload(guests, "attendance", list_date="2021-07-07")
    assert (report["created"], report["rejected_by"]) == (3, {"too_large": 2})
    again = await here.upload(guests, "attendance", list_date="2021-07-07")
    assert (again["unchanged"], again["rejected_by"]) == (3, {"too_large": 2})
