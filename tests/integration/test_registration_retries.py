"""What was refused since something was missing is sent again once that has arrived, and many entries at once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import claim, enrolment, listing
from tests.waiting import eventually

EVERYTHING = {"authorization": f"Bearer {ADMIN}"}


@pytest.fixture(scope="module")
async def here(postgres: str, kafka: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, "retries.") as made:
        yield made
    await stack.drop(postgres, database)


_agencies = (f"cabang-{number}" for number in range(1000))


@pytest.fixture
async def own(here: World) -> str:
    return await here.agency(next(_agencies))


async def send(here: World, agency: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    answer = await here.post([here.event(kind, data, source=f"/{agency}")], agency=agency)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def entries(here: World, agency: str, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await here.get("/v1/quarantine", agency, limit="1000", **params))["items"]
    return items


async def retried(here: World, agency: str, count: int = 1) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]] | None:
        items = await entries(here, agency, state="retried")
        return items if len(items) == count else None

    return await eventually(found)


async def test_a_claim_is_taken_once_its_participant_is_enrolled_and_says_so(here: World, own: str) -> None:
    sent = await send(here, own, "claim.filed", claim("T1", claim_ref="C1"))
    assert sent["rejected"][0]["code"] == "unknown_participant"
    await send(here, own, "enrollment.registered", enrolment("T1", nib="0000100003001"))
    (entry,) = await retried(here, own)
    assert (entry["code"], entry["state"], entry["by_itself"]) == ("unknown_participant", "retried", True)
    assert await entries(here, own) == []
    assert await here.pool.fetchval("select count(*) from claim where agency = $1", own) == 1

    async def is_in_the_trail() -> bool:
        trail = (await here.get("/v1/audit", own, action="quarantine.retried"))["items"]
        return [(each["actor"], each["subjects"]) for each in trail] == [("service", {"accepted": 1})]

    await eventually(is_in_the_trail)
    await eventually(lambda: _nothing_left(here))


async def _nothing_left(here: World) -> bool:
    return not await here.pool.fetchval("select exists (select from arrived)")


async def test_rows_of_files_are_taken_too_and_only_their_own_agencys_ref_counts(here: World, own: str) -> None:
    other = await here.agency(next(_agencies))
    header = "no_peserta;ref;kab_kota;program;tgl_efektif;segmen"
    rows = "\n".join((header, "U1;X-1;33.11;JKK,JKM;2021-01-01;PU", "U2;X-2;33.11;JKK,JKM;2021-01-01;PU"))
    report = await here.upload(rows, "enrollments", own, list="peserta")
    assert report["rejected_by"] == {"partner_unknown": 2}
    await send(here, other, "partner.listed", listing("Toko Asing", ref="X-2"))
    await send(here, own, "partner.listed", listing("Toko Sendiri", ref="X-1"))
    (entry,) = await retried(here, own)
    assert (entry["import_id"], entry["line"]) == (report["id"], 2)
    (left,) = await entries(here, own)
    assert (left["line"], left["state"], left["retried_at"]) == (3, "refused", None)


async def test_members_of_a_cooperative_in_the_same_file_are_taken_after_it(here: World, own: str) -> None:
    member = listing("Bu Anggota", ref="A-1", cooperative={"nik_koperasi": "3311000000301"}, kind="individual")
    cooperative = listing("Koperasi Induk", nik_koperasi="3311000000301", kind="cooperative")
    events = [here.event("partner.listed", data, source=f"/{own}") for data in (member, cooperative)]
    answer = await here.send(*events, agency=own)
    assert [each["code"] for each in answer["rejected"]] == ["partner_unknown"]
    await retried(here, own)
    assert await entries(here, own) == []


async def test_what_is_still_refused_for_the_same_reason_does_not_show_that_it_was_tried(here: World, own: str) -> None:
    abroad = await here.agency(next(_agencies), ("36.71",))
    near = await here.agency(next(_agencies), ("33.11",))
    await send(here, near, "claim.filed", claim("V1", claim_ref="C1"))
    elsewhere = enrolment("V1", name="Siapa") | {"region": "36.71"}
    await send(here, abroad, "enrollment.registered", elsewhere)
    await send(here, own, "claim.filed", claim("V2", claim_ref="C1"))
    await send(here, own, "enrollment.registered", enrolment("V2", nib="0000100003002"))
    await retried(here, own)
    await eventually(lambda: _nothing_left(here))

    async def waits_again() -> list[dict[str, Any]] | None:
        items = await entries(here, near)
        return items if all(each["state"] == "refused" for each in items) else None

    (entry,) = await eventually(waits_again)
    assert (entry["code"], entry["retried_at"]) == ("unknown_participant", None)
    missed = "select missed is not null from quarantine where agency = $1"
    await eventually(lambda: here.pool.fetchval(missed, near))


async def test_an_entry_refused_for_another_reason_shows_when_it_was_tried(here: World, own: str) -> None:
    await send(here, own, "claim.filed", claim("Y1", claim_ref="C1", programme="JHT"))
    await send(here, own, "enrollment.registered", enrolment("Y1", nib="0000100003003"))

    async def other_reason() -> dict[str, Any] | None:
        (entry,) = await entries(here, own)
        return entry if entry["retried_at"] else None

    assert (await eventually(other_reason))["code"] == "programme_not_held"


async def test_many_are_sent_again_by_code_or_upload_and_page_by_page(here: World, own: str) -> None:
    lines = "\n".join(f"Toko Ulang {n};{n:03};Entah {n}" for n in range(5))
    report = await here.upload(f"nama usaha;ref;kab_kota\n{lines}", "partners", own, list="ulang")
    await send(here, own, "claim.filed", claim("Z1", claim_ref="C1"))
    for entry in await entries(here, own, import_id=report["id"]):
        path = f"/v1/quarantine/{entry['id']}"
        cells = {"cells": {"kab_kota": "33.11" if entry["line"] < 6 else "Entah"}}
        assert (await here.http.put(path, json=cells, headers=here.bearer(own))).status_code == 200

    async def ask(**body: Any) -> dict[str, Any]:
        answer = await here.http.post("/v1/quarantine/retry", json=body, headers=here.bearer(own))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    other = await here.agency(next(_agencies))
    foreign = await here.http.post("/v1/quarantine/retry", json={}, headers=here.bearer(other))
    assert foreign.json()["retried"] == 0
    first = await ask(import_id=report["id"], limit=2)
    assert (first["accepted"], first["rejected"]) == (2, 0)
    rest = await ask(import_id=report["id"], cursor=first["next_cursor"])
    assert (rest["accepted"], rest["rejected_by"], rest["next_cursor"]) == (2, {"unknown_region": 1}, None)
    assert (await ask(code="unknown_participant"))["rejected_by"] == {"unknown_participant": 1}
    assert len(await entries(here, own, state="retried")) == 4
    reading = await here.http.post(f"/v1/agencies/{own}/keys", json={"scopes": ["publish"]}, headers=EVERYTHING)
    bearer = {"authorization": f"Bearer {reading.json()['key']}"}
    publishing = (await here.http.post("/v1/quarantine/retry", headers=bearer)).json()
    assert (publishing["retried"], publishing["skipped_entries"]) == (1, 1)
    for body in ({"code": "X!"}, {"import_id": "1"}, {"limit": 5000}, {"all": True}, {"cursor": "x"}):
        answer = await here.http.post("/v1/quarantine/retry", json=body, headers=here.bearer(own))
        assert answer.status_code == 422, body


async def test_an_erased_partner_brings_nothing_back(here: World, own: str) -> None:
    sent = await send(here, own, "partner.listed", listing("Toko Pergi", nib="0000100003004", ref="E-1"))
    (partner,) = sent["partners"].values()
    await here.http.delete(f"/v1/partners/{partner}", headers=EVERYTHING)
    await send(here, own, "enrollment.registered", enrolment("W1", ref="E-1"))
    (entry,) = await entries(here, own)
    assert entry["code"] == "partner_unknown"
