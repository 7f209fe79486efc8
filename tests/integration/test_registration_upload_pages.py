"""The pages of uploads as a browser without scripts uses them: forms and links, no JSON."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape

import httpx
import pytest

from services.registration.intake.columns import KINDS
from services.registration.intake.files.tables import MOST_COLUMNS
from shared import open_streams
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import ADMIN, World
from tests.unit.registration.table_reading import workbook
from tests.waiting import eventually

HEADER = "Nama Usaha;NIK;Kabupaten/Kota;Jumlah Tenaga Kerja\n"
GOOD = HEADER + "Toko Satu;;Sukoharjo;3\nToko Dua;;Sukoharjo;1\n"
MIXED = HEADER + 'Toko Satu;;Sukoharjo;3\n<b>Toko</b> "Dua";;Sukohardjoo;1\nToko Tiga;;Antah;2\n'
numbers = iter(range(1_000_000))


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, "upload-pages.") as world:
        yield world
    await stack.drop(postgres, database)


@dataclass
class Person:
    """Somebody who is signed in at a browser; `slug` is the agency."""

    http: httpx.AsyncClient
    slug: str

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def page(self, path: str) -> str:
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, files: dict[str, tuple[str, bytes]] | None = None, **fields: str) -> httpx.Response:
        return await self.http.post(path, data={"csrf": await self.csrf()} | fields, files=files)

    async def csrf(self) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', await self.page("/"))
        assert found is not None
        return found[1]

    async def send(
        self, content: str | bytes, kind: str = "partners", name: str = "daftar.csv", **fields: str
    ) -> httpx.Response:
        raw = content.encode() if isinstance(content, str) else content
        return await self.post("/uploads/new", {"file": (name, raw)}, kind=kind, list_date="2025-12-31", **fields)

    async def tried(self, content: str | bytes, kind: str = "partners", **fields: str) -> str:
        """The path of the preview of this file, once the whole of it was tried."""
        answer = await self.send(content, kind, **fields)
        assert answer.status_code == 303, answer.text
        return await self.ended(answer.headers["location"])

    async def started(self, content: str | bytes, kind: str = "partners", **fields: str) -> str:
        """The path of the upload of this file, which was worked off."""
        answer = await self.post(f"{await self.tried(content, kind, **fields)}/read", do="start")
        assert answer.status_code == 303, answer.text
        return await self.ended(answer.headers["location"])

    async def ended(self, path: str) -> str:
        async def has_ended() -> bool:
            return "data-live" not in await self.page(path)

        await eventually(has_ended)
        return path


async def signed_in(here: World, key: str, slug: str) -> Person:
    transport = httpx.ASGITransport(here.app)
    http = httpx.AsyncClient(
        transport=transport, base_url="http://here", headers={"accept": "text/html", "accept-language": "en"}
    )
    answer = await http.post("/sign-in", data={"key": key})
    assert answer.status_code == 200, answer.text
    return Person(http, slug)


@pytest.fixture
async def person(here: World) -> AsyncIterator[Person]:
    slug = await here.agency(f"dinas-{next(numbers)}", regions=("33.11",))
    found = await signed_in(here, here.keys[slug], slug)
    yield found
    await found.http.aclose()


def words(page: str) -> str:
    """What a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def entries(page: str) -> list[str]:
    return re.findall(r'<article class="row" id="row-([\w-]+)"', page)


async def test_a_file_is_shown_before_anything_is_written_and_then_taken(here: World, person: Person) -> None:
    preview = await person.tried(MIXED)
    shown = await person.page(preview)
    assert "Nothing was written yet" in shown
    assert "Toko Satu" in shown
    assert "<b>Toko</b>" not in shown
    assert "&lt;b&gt;Toko&lt;/b&gt;" in shown
    assert await here.get("/v1/lists", person.slug) == []
    answer = await person.post(f"{preview}/read", do="start")
    upload = await person.ended(answer.headers["location"])
    assert "2 of 2 are still to be corrected" in words(await person.page(upload))
    again = await person.post(f"{preview}/read", do="start")
    assert again.headers["location"] == upload
    assert (await person.get(preview)).headers["location"] == upload
    assert upload in await person.page("/uploads")
    assert preview not in await person.page("/uploads")


async def test_a_menu_changes_what_a_column_means_and_is_remembered(here: World, person: Person) -> None:
    content = "Merek;Nama Usaha;Kabupaten/Kota\nToko Merek;Kode 1;Sukoharjo\n"
    preview = await person.tried(content)
    assert "Kode 1" in words(await person.page(preview)).partition("first row as understood")[2]
    changed = {"meaning-0": "name", "meaning-1": "", "meaning-2": "region"}
    answer = await person.post(f"{preview}/read", do="start", **changed)
    anew = await person.ended(answer.headers["location"])
    assert anew != preview
    shown = words(await person.page(anew)).partition("first row as understood")[2]
    assert "Toko Merek" in shown
    assert "Kode 1" not in shown
    assert "Read as you said on" not in await person.page(await person.tried(content))
    answer = await person.post(f"{anew}/read", do="start", **changed)
    await person.ended(answer.headers["location"])
    (partner,) = (await here.get("/v1/partners", person.slug))["items"]
    assert partner["name"] == "Toko Merek"
    later = await person.page(await person.tried(content.replace("Toko Merek", "Toko Lain")))
    assert "Read as you said on" in later


async def test_files_that_were_only_tried_out_give_way(here: World, person: Person) -> None:
    await here.pool.execute(
        "insert into upload (upload_id, agency, filename, length, received, of_page, expires_at) "
        "select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, 'x.csv', 1, n % 2, true, "
        "now() + interval '22 hours' "
        "from generate_series(1, 100) n",
        person.slug,
    )
    begun = {"upload-length": "10", "tus-resumable": "1.0.0"} | here.bearer(person.slug)
    assert (await here.http.post("/v1/uploads", headers=begun)).status_code == 201
    preview = await person.tried(GOOD)
    of_page = "select count(*) from upload where agency = $1 and of_page"
    assert await here.pool.fetchval(of_page, person.slug) == 10
    by_session = {"upload-length": "10", "tus-resumable": "1.0.0", "x-csrf-token": await person.csrf()}
    assert (await person.http.post("/v1/uploads", headers=by_session)).status_code == 201
    assert await here.pool.fetchval(of_page, person.slug) == 10
    answer = await person.post(f"{preview}/read", do="start")
    await person.ended(answer.headers["location"])


async def test_room_for_a_file_is_made_by_those_that_were_only_tried_out(here: World, person: Person) -> None:
    await here.pool.execute(
        "insert into upload (upload_id, agency, filename, length, received, of_page) "
        "select gen_random_uuid(), $1, 'x.csv', $2, $2, true from generate_series(1, 2)",
        person.slug,
        3 << 30,
    )
    begun = {"upload-length": f"{1 << 30}", "tus-resumable": "1.0.0"} | here.bearer(person.slug)
    assert [(await here.http.post("/v1/uploads", headers=begun)).status_code for _ in range(5)] == [201] * 4 + [429]


async def test_of_two_who_correct_one_row_the_later_is_told(here: World, person: Person) -> None:
    upload = await person.started(MIXED, list="daftar")
    (first, _) = entries(page := await person.page(f"{upload}/refused"))
    found = re.search(r'name="version" value="(\w+)"', page)
    assert found is not None
    seen = {"version": found[1], "cell-0": "Toko Dua", "cell-1": "", "cell-3": "1"}
    assert (await person.post(f"{upload}/refused/{first}", **seen, **{"cell-2": "Salah Juga"})).status_code == 422
    late = await person.post(f"{upload}/refused/{first}", **seen, **{"cell-2": "Sukoharjo"})
    assert late.status_code == 422
    assert "Somebody else corrected this meanwhile" in late.text
    assert 'value="Salah Juga"' in late.text


async def test_two_columns_of_one_meaning_are_told_beside_the_preview(person: Person) -> None:
    preview = await person.tried(GOOD)
    both = {"meaning-0": "name", "meaning-1": "address", "meaning-2": "region", "meaning-3": "address"}
    answer = await person.post(f"{preview}/read", do="read", **both)
    assert answer.status_code == 422
    assert "Two columns have the same meaning" in answer.text


async def test_rows_are_mended_in_place(here: World, person: Person) -> None:
    upload = await person.started(MIXED, list="daftar")
    refused = await person.page(f"{upload}/refused")
    first, second = entries(refused)
    assert 'name="cell-2" value="Sukohardjoo"' in refused
    cells = {"cell-0": "Toko Dua", "cell-1": "", "cell-2": "Masih Salah", "cell-3": "1"}
    still = await person.post(f"{upload}/refused/{first}", **cells)
    assert still.status_code == 422
    assert "Still refused" in still.text
    assert 'value="Masih Salah"' in still.text
    right = cells | {"cell-2": "Sukoharjo"}
    for _ in range(2):  # submitted twice
        answer = await person.post(f"{upload}/refused/{first}", **right)
        assert answer.status_code == 303
    assert "not among the refused ones any more" in await person.page(answer.headers["location"])
    csrf = re.search(r'name="csrf" value="(\w+)"', refused)
    assert csrf is not None
    part = await person.http.post(
        f"{upload}/refused/{second}",
        data=right | {"cell-0": "Toko Tiga", "csrf": csrf[1]},
        headers={"hx-request": "true"},
    )
    assert "Line 4 is accepted" in words(part.text)
    assert "No row of this upload is refused any more" in await person.page(f"{upload}/refused")
    partners = (await here.get("/v1/partners", person.slug))["items"]
    assert {each["name"] for each in partners} == {"Toko Satu", "Toko Dua", "Toko Tiga"}
    assert {(row["list"], row["listed_on"]) for row in await here.pool.fetch(
        "select distinct list, first_listed::text as listed_on from evidence where agency = $1", person.slug
    )} == {("daftar", "2025-12-31")}  # fmt: skip


async def test_a_row_of_the_widest_file_is_corrected(person: Person) -> None:
    others = ";".join(f"kolom {at}" for at in range(3, MOST_COLUMNS + 1))
    content = f"nama usaha;kab_kota;{others}\nToko Lebar;Sukohardjoo;{';' * (MOST_COLUMNS - 3)}\n"
    upload = await person.started(content, list="lebar")
    (row,) = entries(await person.page(f"{upload}/refused"))
    cells = {f"cell-{at}": "" for at in range(MOST_COLUMNS)} | {"cell-0": "Toko Lebar", "cell-1": "Sukoharjo"}
    answer = await person.post(f"{upload}/refused/{row}", **cells, code="", version="")
    assert answer.status_code == 303, answer.text[:500]
    assert not entries(await person.page(f"{upload}/refused"))


async def test_refused_rows_are_leafed_through_by_reason(person: Person) -> None:
    rows = "".join(f"Toko {n};;Antah;1\n" for n in range(15)) + ";;Sukoharjo;1\n"
    upload = await person.started(HEADER + rows)
    page = await person.page(f"{upload}/refused?code=unknown_region")
    following = re.search(r'href="(\?code=unknown_region&amp;cursor=[^"]+)"', page)
    assert following is not None
    rest = await person.page(f"{upload}/refused{unescape(following[1])}")
    assert (len(entries(page)), len(entries(rest))) == (10, 5)
    assert not set(entries(page)) & set(entries(rest))
    assert len(entries(await person.page(f"{upload}/refused?code=missing_name"))) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "perhaps a photo"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "perhaps a photo, a PDF"),
        (b"bukan;judul\n1;2\n", "no line of column names"),
    ],
    ids=["empty", "photo", "pdf", "header"],
)
async def test_a_file_that_is_no_list_is_refused_beside_the_field(
    person: Person, content: bytes, sentence: str
) -> None:
    answer = await person.send(content, list="Daftar saya", replace="true")
    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert 'value="Daftar saya"' in answer.text
    assert re.search(r'value="partners"[^>]* selected', answer.text)
    assert re.search(r'name="replace"[^>]* checked', answer.text)


async def test_what_else_is_wrong_with_the_form_keeps_the_file(person: Person) -> None:
    answer = await person.post("/uploads/new", {"file": ("daftar.csv", GOOD.encode())}, kind="", list_date="2025-12-31")
    assert answer.status_code == 422
    assert "Choose what the rows of the file are" in answer.text
    kept = re.search(r'name="upload" value="([\w-]+)"', answer.text)
    assert kept is not None
    answer = await person.post("/uploads/new", kind="partners", upload=kept[1], list_date="31/12/2025")
    assert answer.status_code == 303
    assert "Toko Satu" in await person.page(answer.headers["location"])


async def test_a_form_without_its_token_changes_nothing(person: Person) -> None:
    answer = await person.http.post("/uploads/new", data={"kind": "partners"}, files={"file": ("x.csv", GOOD.encode())})
    assert answer.status_code == 403
    assert "Nothing was sent yet" in await person.page("/uploads")


async def test_anothers_upload_is_no_page(here: World, person: Person) -> None:
    stranger = await signed_in(here, here.keys[await here.agency(f"asing-{next(numbers)}")], "asing")
    preview, upload = await person.tried(GOOD), await person.started(MIXED)
    entry = entries(await person.page(f"{upload}/refused"))[0]
    nowhere = "/uploads/00000000-0000-7000-8000-000000000000"

    def body(answer: httpx.Response, path: str) -> tuple[int, str]:
        return answer.status_code, answer.text.replace(path, "")

    for path in ("", "/refused", "/leaving", "/undo", "/unregistered", "/live"):
        wanted = body(await stranger.get(f"{nowhere}{path}"), nowhere)
        assert wanted[0] == 404
        for own in (preview, upload):
            assert body(await stranger.get(f"{own}{path}"), own) == wanted
    for path in ("/read", "/cancel", "/confirm", "/undo", f"/refused/{entry}"):
        fields = {"delisted": "1"} if path == "/confirm" else {}
        wanted = body(await stranger.post(f"{nowhere}{path}", None, **fields), nowhere)
        assert wanted[0] == 404
        assert body(await stranger.post(f"{upload}{path}", None, **fields), upload) == wanted
    own = await stranger.started(MIXED)
    answer = await stranger.post(f"{own}/refused/{entry}", **{"cell-0": "x"})
    missing = await stranger.post(f"{own}/refused/{entry[:-4]}0000", **{"cell-0": "x"})
    assert answer.headers["location"] == missing.headers["location"]
    assert entry in await person.page(f"{upload}/refused")
    await stranger.http.aclose()


async def test_the_administrator_sees_all_and_changes_nothing(here: World, person: Person) -> None:
    upload = await person.started(MIXED)
    admin = await signed_in(here, ADMIN, "")
    assert person.slug in await admin.page("/uploads")
    assert person.slug in await admin.page(upload)
    refused = await admin.page(f"{upload}/refused")
    assert "Sukohardjoo" in refused
    assert '<input name="cell' not in refused
    assert (await admin.post(f"{upload}/refused/{entries(refused)[0]}")).status_code == 403
    assert (await admin.get("/uploads/new")).status_code == 403
    await admin.http.aclose()


async def test_a_whole_list_asks_before_many_leave_and_names_them(here: World, person: Person) -> None:
    names = [f"Toko {n}" for n in range(5)]
    whole = HEADER + "".join(f"{name};;Sukoharjo;1\n" for name in names)
    await person.started(whole, list="utuh", replace="true")
    upload = await person.started(HEADER + "Toko 0;;Sukoharjo;1\n", list="utuh", replace="true")
    assert "4 of the 5 that were on the list before" in words(await person.page(upload))
    leaving = await person.page(f"{upload}/leaving")
    assert [name for name in names if name in leaving] == names[1:]
    assert (await person.post(f"{upload}/confirm", delisted="4")).status_code == 303
    await person.ended(upload)
    assert "4 left the list" in await person.page(upload)
    undone = await person.post(f"{upload}/undo")
    await person.ended(undone.headers["location"])
    assert "This upload was taken back" in await person.page(upload)
    (found,) = await here.get("/v1/lists", person.slug)
    assert found["listed"] == 5


async def test_a_whole_list_that_was_none_leaves_everybody(here: World, person: Person) -> None:
    await person.started(HEADER + "".join(f"Toko {n};;Sukoharjo;1\n" for n in range(5)), list="utuh", replace="true")
    upload = await person.started(HEADER + "Toko 0;;Sukoharjo;1\n", list="utuh", replace="true")
    await person.post(f"{upload}/cancel")
    assert "cancelled" in await person.page(upload)
    (found,) = await here.get("/v1/lists", person.slug)
    assert found["listed"] == 5


async def test_given_up_nothing_is_kept(here: World, person: Person) -> None:
    preview = await person.tried(MIXED)
    assert (await person.post(f"{preview}/cancel")).status_code == 303
    assert (await person.get(preview)).status_code == 404
    assert (await here.get("/v1/uploads", person.slug))["items"] == []
    assert await here.pool.fetchval("select count(*) from quarantine where agency = $1", person.slug) == 0


async def test_who_is_not_registered_is_found_by_a_part_of_the_name(person: Person) -> None:
    rows = "".join(f"Toko {name};;Sukoharjo;1\n" for name in ("Mawar", "Melati", "Kenanga"))
    upload = await person.started(HEADER + rows)
    page = words(await person.page(f"{upload}/unregistered"))
    assert "3 on this list are not registered yet" in page
    found = await person.page(f"{upload}/unregistered?name=mELa&region=33.11")
    assert ("Melati" in found, "Mawar" in found) == (True, False)
    assert "Nobody on this list fits" in await person.page(f"{upload}/unregistered?name=anggrek")


async def test_progress_ends_for_who_watches(person: Person) -> None:
    upload = await person.started(GOOD)
    answer = await person.get(f"{upload}/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: ended" in answer.text


async def test_a_key_has_so_many_streams_and_no_more(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = await person.started(GOOD)
    monkeypatch.setattr(open_streams, "STREAMS_OF_A_KEY", 0)
    assert (await person.get(f"{upload}/live")).status_code == 429


@pytest.mark.parametrize("kind", KINDS)
async def test_an_example_is_understood_to_its_last_cell(person: Person, kind: str) -> None:
    content = (await person.get(f"/uploads/examples/{kind}.xlsx")).content
    if kind == "claims":
        enrolled = (await person.get("/uploads/examples/enrollments.xlsx")).content
        await person.started(enrolled, "enrollments", list="peserta")
    answer = await person.send(content, kind, "contoh.xlsx")
    assert answer.status_code == 303, words(answer.text)
    page = words(await person.page(await person.ended(answer.headers["location"])))
    assert "Would be accepted 2" in page
    assert "Refused 0" in page
    assert "Accepted, but odd" not in page


async def test_a_workbook_offers_its_other_sheets(person: Person) -> None:
    table = [["Nama Usaha", "Kabupaten/Kota"], ["Toko Satu", "Sukoharjo"]]
    preview = await person.tried(workbook({"Januari": table, "Februari": table}), name="buku.xlsx")
    page = await person.page(preview)
    assert re.search(r'<select id="sheet".*Januari.*Februari', page, re.S)
    answer = await person.post(f"{preview}/read", do="start", sheet="Februari")
    assert re.search(r'value="Februari" selected', await person.page(answer.headers["location"]))


async def test_pages_in_indonesian_say_what_to_do(person: Person) -> None:
    upload = await person.started(MIXED)
    page = words((await person.http.get(f"{upload}/refused", headers={"accept-language": "id"})).text)
    assert "Baris 3" in page
    assert "Perbaiki satu baris di sini" in page
