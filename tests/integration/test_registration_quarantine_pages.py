"""What was refused, on pages: by reason, as fields, corrected and sent again; nobody else's, and nothing as markup."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_pages import fields_of, visiting
from tests.integration.registration_world import World, world

HEADER = "NIB;Nama Usaha;Kab/Kota;Jumlah Tenaga Kerja"
HOSTILE = "<script>alert(1)</script> \"'&amp \u202e" + "x" * 150


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"pages{database.name[-6:]}.") as made:
        for slug in ("dinas", "lain"):
            await made.agency(slug)
        await made.agency("pembaca", scopes=("read",))
        await made.agency("bpjs", scopes=("enroll",))
        yield made
    await stack.drop(postgres, database)


async def refused_row(here: World, row: str, agency: str = "dinas", **fields: str) -> dict[str, Any]:
    """The entry of a file of this row, which is refused."""
    report = await here.upload(f"{HEADER}\n{row}\n", "partners", agency, **fields)
    assert report["rejected"] == 1, report
    (entry,) = (await here.get("/v1/quarantine", agency, import_id=report["id"]))["items"]
    return dict(entry)


async def is_refused(here: World, entry: dict[str, Any], agency: str = "dinas") -> bool:
    answer = await here.http.get(f"/v1/quarantine/{entry['id']}", headers=here.bearer(agency))
    return answer.status_code == 200


async def test_a_row_is_shown_as_fields_the_faulty_one_marked_and_corrected(here: World) -> None:
    entry = await refused_row(here, "123;Toko Salah;Kab. Sukoharjo;2", list="salah")
    assert (entry["list"], entry["columns"]) == ("salah", HEADER.split(";"))
    async with visiting(here) as person:
        listed = await person.get("/quarantine", import_id=entry["import_id"])
        assert "Toko Salah" in listed
        assert "A NIB has exactly 13 digits" in listed
        page = await person.get(f"/quarantine/{entry['id']}")
        assert fields_of(page) == {"c0": "123", "c1": "Toko Salah", "c2": "Kab. Sukoharjo", "c3": "2"}
        assert page.count('aria-invalid="true"') == 1
        again = await person.post(f"/quarantine/{entry['id']}", {"c0": "1234"})
        assert again.status_code == 422
        assert "refused again" in again.text
        assert fields_of(again.text)["c0"] == "1234"
        done = await person.post(
            f"/quarantine/{entry['id']}", {"c0": "0000100099123", "back": "code=invalid_nib&x=/evil"}
        )
        assert (done.status_code, done.headers["location"]) == (303, "/quarantine?code=invalid_nib&done=accepted")
        assert "Sent again and accepted" in await person.get(done.headers["location"])
    assert not await is_refused(here, entry)
    found = await here.get("/v1/partners", nib="0000100099123")
    assert [each["name"] for each in found["items"]] == ["Toko Salah"]


async def test_of_two_who_correct_one_entry_the_later_is_told(here: World) -> None:
    entry = await refused_row(here, "124;Toko Dua Tangan;Kab. Sukoharjo;2")
    path, own = f"/v1/quarantine/{entry['id']}", here.bearer("dinas")
    async with visiting(here) as person:
        before = {"version": entry["version"]}
        corrected = await here.http.put(
            path, json={"cells": {"NIB": "125"}}, headers=own | {"if-match": f'"{entry["version"]}"'}
        )
        assert corrected.json()["version"] != entry["version"]
        late = await person.post(f"/quarantine/{entry['id']}", before | {"c0": "0000100099125"})
        assert late.status_code == 409
        assert "Somebody else corrected this meanwhile" in late.text
        assert "You typed: <bdi>0000100099125</bdi>" in late.text
        assert fields_of(late.text)["c0"] == "125"
        refused = await here.http.put(path, json={"cells": {}}, headers=own | {"if-match": entry["version"]})
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        now = {"version": corrected.json()["version"], "c0": "0000100099125"}
        assert (await person.post(f"/quarantine/{entry['id']}", now)).status_code == 303
    assert not await is_refused(here, entry)


async def test_an_event_is_corrected_by_its_fields_and_keeps_what_nobody_touched(here: World) -> None:
    data = {
        "partner": {"nib": "12"}, "name": "Toko Kirim", "kind": "business", "region": "33.11",
        "listed_on": "2021-01-31", "workers": {"management": 1, "staff": 2, "labour": 0},
        "contact": {"phone": "081234567890"},
    }  # fmt: skip
    await here.post(here.event("partner.listed", data))
    (entry,) = (await here.get("/v1/quarantine", text="toko kirim"))["items"]
    async with visiting(here) as person:
        page = await person.get(f"/quarantine/{entry['id']}")
        fields = fields_of(page)
        assert (fields["d.partner.nib"], fields["d.workers.staff"], fields["d.scale"]) == ("12", "2", "")
        changed = fields | {"d.partner.nib": "0000100099124", "d.workers.staff": "3", "d.scale": "micro"}
        done = await person.post(f"/quarantine/{entry['id']}", changed)
        assert done.status_code == 303, done.text
    (found,) = (await here.get("/v1/partners", nib="0000100099124"))["items"]
    assert (found["scale"], found["workers"]["total"]) == ("micro", 4)
    assert found["contact"]["phone"] == "+6281234567890"


async def test_a_form_sent_twice_takes_a_row_once(here: World) -> None:
    entry = await refused_row(here, "1;Toko Ganda;Kab. Sukoharjo;2", list="ganda")
    async with visiting(here) as person:
        fixed = {"c0": "0000100099125"}
        assert (await person.post(f"/quarantine/{entry['id']}", fixed)).status_code == 303
        second = await person.post(f"/quarantine/{entry['id']}", fixed)
        assert second.status_code == 404
        assert "no longer here" in second.text
    assert len((await here.get("/v1/partners", nib="0000100099125"))["items"]) == 1


async def test_giving_up_deletes_the_entry(here: World) -> None:
    entry = await refused_row(here, "1;Toko Lepas;Kab. Sukoharjo;2", list="lepas")
    async with visiting(here) as person:
        done = await person.post(f"/quarantine/{entry['id']}/delete")
        assert done.headers["location"] == "/quarantine?done=deleted"
    assert not await is_refused(here, entry)


async def test_nothing_of_it_is_markup(here: World) -> None:
    name = HOSTILE.replace('"', '""').replace(";", ",")
    entry = await refused_row(here, f'1;"{name}";Kab. Sukoharjo;2', list="<b>tebal")
    async with visiting(here) as person:
        for path in ("/quarantine", f"/quarantine/{entry['id']}"):
            page = await person.get(path)
            assert "<script>alert" not in page
            assert "<b>tebal" not in page
            assert "&lt;script&gt;alert(1)" in page


async def test_another_agencys_entry_is_the_same_as_none(here: World) -> None:
    entry = await refused_row(here, "1;Toko Rahasia;Kab. Sukoharjo;2", list="rahasia")
    nobody = "01a21e8b-5efe-7016-a4a8-4e543f0e6b6b"
    async with visiting(here, "lain") as other:
        answers = [await other.get(f"/quarantine/{each}", 404) for each in (entry["id"], nobody, "kosong")]
        posted = [
            await other.post(f"/quarantine/{each}{act}") for act in ("", "/delete") for each in (entry["id"], nobody)
        ]
        assert len({without_address(each) for each in answers}) == 1
        assert {each.status_code for each in posted} == {404}
        assert len({without_address(each.text) for each in posted}) == 1
        assert "Rahasia" not in await other.get("/quarantine")
    assert await is_refused(here, entry)


def without_address(page: str) -> str:
    """A page without the link to itself in the other language."""
    return "\n".join(line for line in page.splitlines() if "hreflang" not in line)


async def test_a_form_of_nobody_or_without_its_token_changes_nothing(here: World) -> None:
    entry = await refused_row(here, "1;Toko Token;Kab. Sukoharjo;2", list="token")
    async with visiting(here) as person:
        for act in ("", "/delete"):
            assert (await person.post(f"/quarantine/{entry['id']}{act}", csrf="wrong")).status_code == 403
    async with visiting(here, "") as nobody:
        answer = await nobody.post(f"/quarantine/{entry['id']}/delete", csrf="x")
        assert answer.status_code == 401
    assert await is_refused(here, entry)


async def test_a_text_is_looked_for_in_what_was_sent_and_reasons_are_counted(here: World) -> None:
    for row in ("1;Cari Satu;Kab. Sukoharjo;2", "2;Cari Dua;Kab. Sukoharjo;2", ";Cari Tiga;Entah;2"):
        await refused_row(here, row, "lain", list=row[:6])

    async def names(**asked: str) -> set[str]:
        return {each["cells"][1] for each in (await here.get("/v1/quarantine", "lain", **asked))["items"]}

    assert await names(text="CARI") == {"Cari Satu", "Cari Dua", "Cari Tiga"}
    assert await names(text="cari dua") == {"Cari Dua"}
    assert await names(code="unknown_region") == {"Cari Tiga"}
    assert await names(code="unknown_region", kind="persons") == set()
    first = await here.get("/v1/quarantine", "lain", text="cari", limit="2")
    rest = await here.get("/v1/quarantine", "lain", text="cari", limit="2", cursor=first["next_cursor"])
    assert [len(each["items"]) for each in (first, rest)] == [2, 1]
    counts = {each["code"]: each["count"] for each in await here.get("/v1/quarantine/summary", "lain")}
    assert counts == {"invalid_nib": 2, "unknown_region": 1}


async def test_who_sends_nothing_of_a_kind_sees_nothing_of_it(here: World) -> None:
    async with visiting(here, "pembaca") as reader:
        assert "/quarantine" not in await reader.get("/")
        await reader.get("/quarantine", 403)
    async with visiting(here, "bpjs", "id") as office:
        page = await office.get("/quarantine")
        assert "Tidak ada yang ditolak" in page
