"""A dry run reports what the upload would do, keeps nothing, and nobody waits for it longer than for one chunk."""

import asyncio
import random
from io import BytesIO
from typing import Any, BinaryIO
from uuid import UUID

import pytest

from services.registration.api import import_start, previews
from services.registration.intake import previews as intake_previews
from services.registration.runtime import Services
from services.registration.writer import import_worker
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import World

SAME = (
    "rows",
    "skipped",
    "skipped_by",
    "accepted",
    "created",
    "replaced",
    "merged",
    "unchanged",
    "rejected_by",
    "warnings",
)


@pytest.fixture
async def here(kafka, postgres, topics):
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, topics) as world:
        await world.agency()
        yield world
    await stack.drop(postgres, database)


async def contents(here: World) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that an upload could change."""
    names = ("evidence", "former", "partner", "participant", "period", "claim", "statement", "attendance", "outbox")
    return {
        name: [tuple(row) for row in await here.pool.fetch(f"select * from {name} order by 1, 2")] for name in names
    }


async def dry_and_real(here: World, content: str, kind: str, **fields: str) -> tuple[dict[str, Any], dict[str, Any]]:
    await here.published()
    before = await contents(here)
    dry = await here.upload(content, kind, dry_run="true", **fields)
    assert await contents(here) == before
    return dry, await here.upload(content, kind, **fields)


def listed(dice: random.Random, count: int) -> str:
    """Rows that join, replace and repeat each other over many chunks."""
    rows = ["ref;nama usaha;nib;nik;kab_kota"]
    for number in range(count):
        nik = f"3311000{dice.randint(1, 400):09d}" if dice.random() < 0.6 else ""
        nib = f"00001{dice.randint(1, 300):08d}" if dice.random() < 0.4 else ""
        ref = f"R{dice.randint(1, count // 2)}" if dice.random() < 0.5 else ""
        rows.append(f"{ref};Usaha {dice.randint(1, 300)};{nib};{nik};{'Sukoharjo' if number % 50 else 'Atlantis'}")
    return "\n".join(rows)


async def test_a_dry_run_in_many_chunks_reports_what_the_upload_then_does(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_worker, "CHUNK", 100)
    await here.upload(listed(random.Random(1), 400), "partners", list="lama")
    for seed, name in ((2, "lama"), (3, "baru"), (3, "baru")):
        dry, real = await dry_and_real(here, listed(random.Random(seed), 600), "partners", list=name)
        assert (dry["state"], dry["rows"]) == ("done", 600)
        assert {each: dry[each] for each in SAME} == {each: real[each] for each in SAME}


async def test_enrolments_and_claims_of_a_dry_run_find_earlier_rows_of_their_file(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_worker, "CHUNK", 2)
    rows = [f"ZZ{n % 3};PU;Toko {n % 3};Sukoharjo;{1 + n:02d}/01/2020;JKK,JKM;2" for n in range(9)]
    content = "no_peserta;segmen;nama;kab_kota;tgl_efektif;program;tk_buruh\n" + "\n".join([*rows, rows[0]])
    dry, real = await dry_and_real(here, content, "enrollments")
    assert dry["unchanged"] == 1
    assert {each: dry[each] for each in SAME} == {each: real[each] for each in SAME}
    claim = "no klaim;no peserta;program;tgl kejadian;nilai;status\n"
    claims = [f"K{n % 4};ZZ1;JKK;2020-06-01;1000;{'DIBAYAR' if n > 3 else 'PROSES'}" for n in range(8)]
    dry, real = await dry_and_real(here, claim + "\n".join(claims), "claims")
    assert {each: dry[each] for each in SAME} == {each: real[each] for each in SAME}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("targets", "kode_wilayah;kampanye;mulai;selesai;sasaran\n33.11;A;01/01/2026;31/12/2026;200\n" * 1),
        (
            "briefings",
            "angkatan;tanggal;tempat;kuota\n1;10/11/2025;Aula;30\n2;11/11/2025;Aula;30\n1;10/11/2025;Aula;30\n",
        ),
        ("agreements", "judul;tanggal;para pihak\nSatu;01/02/2025;A;B\nDua;01/02/2025;A\n"),
        ("attendance", "nama peserta;mewakili;kab_kota\nSatu;Toko 1;Sukoharjo\nDua;Toko 2;Sukoharjo\n"),
    ],
)
async def test_other_kinds_are_tried_as_they_are_done(
    here: World, monkeypatch: pytest.MonkeyPatch, kind: str, content: str
) -> None:
    monkeypatch.setattr(import_worker, "CHUNK", 1)
    dry, real = await dry_and_real(here, content, kind)
    assert dry["state"] == "done"
    assert dry["accepted"] > 0
    assert {each: dry[each] for each in SAME} == {each: real[each] for each in SAME}


async def test_single_events_are_accepted_while_a_large_dry_run_goes_on(here: World) -> None:
    rows = "".join(f"Usaha {n};00009{n:08d};Sukoharjo\n" for n in range(20_000))
    files = {"file": ("besar.csv", ("nama usaha;nib;kab_kota\n" + rows).encode())}
    data = {"kind": "partners", "dry_run": "true", "list": "besar"}
    answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer("dinas"))
    location, sent = answer.headers["location"], 0
    while True:
        listing = {"partner": {}, "name": f"Toko {sent}", "kind": "business", "region": "33.11"}
        await here.send(here.event("partner.listed", listing | {"listed_on": "2021-01-01", "list": "lain"}))
        sent += 1
        report = await here.get(location)
        if report["state"] not in ("queued", "running"):
            break
        await asyncio.sleep(0)
    assert (report["state"], report["accepted"], report["created"]) == ("done", 20_000, 20_000)
    assert sent > 6, "as many were accepted before the dry run ended"
    assert len(await here.newest("partners")) == sent


async def test_an_interrupted_dry_run_begins_anew(here: World) -> None:
    content = "nama usaha;nib;kab_kota\n" + "Toko;;Sukoharjo\nX;1;Sukoharjo\n"
    report = await here.upload(content, "partners", dry_run="true")
    sealed = here.app.state.services.vault.seal(content.encode())
    async with here.pool.acquire() as db, db.transaction():
        await db.execute("update import set state = 'queued', next_position = 1, lease_until = null")
        await db.execute("insert into import_file (file_id, sealed) select import_id, $1 from import", sealed)
    here.app.state.services.dry_runs.wake()
    again = await here.done(f"/v1/imports/{report['id']}")
    assert {each: again[each] for each in SAME} == {each: report[each] for each in SAME}
    refused = await here.http.get(f"/v1/imports/{report['id']}/rejected.csv", headers=here.bearer("dinas"))
    assert len(refused.text.splitlines()) == 2


async def dry(here: World, content: str | bytes, kind: str = "partners", **fields: str) -> dict[str, Any]:
    """The answer to a dry run, at once."""
    files = {"file": ("daftar.csv", content if isinstance(content, bytes) else content.encode())}
    data = {"kind": kind, "dry_run": "true"} | fields
    answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer("dinas"))
    assert answer.status_code == 202, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def test_a_small_file_is_previewed_with_exact_counts_at_once(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "ANSWERED_WITHIN", 60.0)
    await here.upload("nama usaha;nib;kab_kota\nToko;0000100009211;Sukoharjo\n", "partners", list="lain")
    content = "no peserta;no klaim;program;tgl kejadian;nilai;status\nP-1;K-1;JKK;2021-01-31;1000;DIAJUKAN\n"
    report = await dry(here, content, "claims")
    assert (report["state"], report["rejected_by"]) == ("done", {"unknown_participant": 1})
    (row,) = report["preview"]["rows"]
    assert row["refused"]["code"] == "unknown_participant"
    assert (row["fields"]["amount"], report["preview"]["is_whole"]) == (1000, True)
    assert await here.get(f"/v1/imports/{report['id']}") == report


async def test_a_long_file_is_kept_once_its_dry_run_was_answered(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[tuple[UUID, bytes]] = []

    async def keep_nothing(_: Services, import_id: UUID, file: BinaryIO) -> None:
        file.seek(0)
        waiting.append((import_id, file.read()))

    keep = import_start.keep_file
    monkeypatch.setattr(import_start, "keep_file", keep_nothing)
    content = "nama usaha;nib;kab_kota\n" + "Toko;;Sukoharjo\n" * (intake_previews.JUDGED + 1)
    kept, given_up = await dry(here, content), await dry(here, content)
    assert (kept["state"], kept["preview"]["is_whole"]) == ("queued", False)
    await here.http.delete(f"/v1/imports/{given_up['id']}", headers=here.bearer("dinas"))
    for import_id, file in waiting:
        assert file == content.encode()
        await keep(here.app.state.services, import_id, BytesIO(file))
    assert (await here.done(f"/v1/imports/{kept['id']}"))["accepted"] == intake_previews.JUDGED + 1
    assert (await here.get(f"/v1/imports/{given_up['id']}"))["state"] == "cancelled"
    assert await here.pool.fetchval("select count(*) from import_file where file_id = $1", UUID(given_up["id"])) == 0


async def test_the_address_may_ask_for_a_dry_run(here: World) -> None:
    async def send(asked: str) -> dict[str, Any]:
        files = {"file": ("daftar.csv", b"nama usaha;kab_kota\nToko Coba;Sukoharjo\n")}
        answer = await here.http.post(
            f"/v1/imports{asked}", data={"kind": "partners"}, files=files, headers=here.bearer("dinas")
        )
        found: dict[str, Any] = answer.json()
        return found

    for asked in ("?dry_run", "?dry_run=true", "?dry_run=1"):
        assert "preview" in await send(asked), asked
    assert "preview" not in await send("?dry_run=false")
    assert ((refused := await send("?dry_run=maybe"))["code"], refused["field"]) == ("invalid_value", "dry_run")


async def test_a_large_file_is_previewed_at_once_and_counted_in_the_background(here: World) -> None:
    rows = "".join(f"Usaha {n};00009{n:08d};Sukoharjo\n" for n in range(12_000))
    report = await dry(here, "nama usaha;nib;kab_kota\n" + rows)
    preview = report["preview"]
    assert (preview["of_rows"], preview["is_whole"], len(preview["rows"])) == (2_000, False, 20)
    report = await here.done(f"/v1/imports/{report['id']}")
    assert (report["state"], report["accepted"], report["preview"]["is_whole"]) == ("done", 12_000, True)


async def test_a_dry_run_does_not_wait_for_the_uploads_before_it(here: World) -> None:
    rows = "".join(f"Usaha {n};00009{n:08d};Sukoharjo\n" for n in range(30_000))
    files = {"file": ("besar.csv", ("nama usaha;nib;kab_kota\n" + rows).encode())}
    data = {"kind": "partners", "list": "besar"}
    answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer("dinas"))
    tried = await here.upload("nama usaha;kab_kota\nToko;Sukoharjo\n", "partners", dry_run="true")
    assert tried["accepted"] == 1
    assert (await here.get(answer.headers["location"]))["state"] == "running"
    await here.http.delete(answer.headers["location"], headers=here.bearer("dinas"))


async def test_a_preview_goes_with_the_refused_rows_and_with_any_erasure(here: World) -> None:
    content = "nama usaha;nib;kab_kota\nToko Rahasia;0000100009211;Sukoharjo\n"
    first, second = await dry(here, content, list="satu"), await dry(here, content, list="dua")
    assert "Toko Rahasia" in str(first["preview"])
    kept = await here.pool.fetchval("select string_agg(preview, '') from import")
    assert b"Rahasia" not in kept
    address = f"/v1/imports/{first['id']}"
    await here.http.delete(address, headers=here.bearer("dinas"))
    assert "preview" not in await here.get(address)
    await here.upload(content, "partners")
    (partner,) = (await here.get("/v1/partners"))["items"]
    await here.http.delete(
        f"/v1/partners/{partner['id']}", headers={"authorization": f"Bearer {registration_world.ADMIN}"}
    )
    assert "preview" not in await here.get(f"/v1/imports/{second['id']}")


async def test_who_may_not_send_such_files_sees_no_preview(here: World) -> None:
    report = await dry(here, "nama usaha;kab_kota\nToko;Sukoharjo\n")
    issued = await here.http.post(
        "/v1/agencies/dinas/keys",
        json={"scopes": ["read"]},
        headers={"authorization": f"Bearer {registration_world.ADMIN}"},
    )
    reading = {"authorization": f"Bearer {issued.json()['key']}"}
    answer = await here.http.get(f"/v1/imports/{report['id']}", headers=reading)
    assert (answer.status_code, "preview" in answer.json()) == (200, False)
