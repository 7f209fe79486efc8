"""A person who only knows Excel sends a list, corrects two rows, and downloads who is not registered yet."""

import io
import re

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect
from python_calamine import CalamineWorkbook

from deploy.local.endpoints import Endpoints
from tests.browser.browsing import TWO_WAYS, check_in_every_way, visiting
from tests.browser.conftest import MakeAgency
from tests.waiting import eventually

HEADER = "Merek;Nama Pemilik;Kabupaten/Kota;Jumlah Tenaga Kerja\n"
ROWS = "Toko Satu;Budi;Sukoharjo;3\n<b>Toko</b> Dua;Siti;Sukohardjoo;1\nToko Tiga;Agus;Antah Berantah;2\n"


async def choose(page: Page, content: str, name: str = "daftar umkm.csv") -> None:
    await page.get_by_label("Berkas", exact=True).set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )


async def send(page: Page, content: str) -> None:
    await choose(page, content)
    await page.get_by_label("Apa isi tiap baris?").select_option("Daftar usaha")
    await page.get_by_role("button", name="Tunjukkan cara berkas ini dipahami").click()


async def is_through(page: Page) -> None:
    await expect(page.locator("[data-live]")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_a_list_is_sent_corrected_and_used(
    browser: Browser, stack: Endpoints, agency: MakeAgency, scripts: bool
) -> None:
    _, key = await agency()
    async with visiting(browser, stack, key=key, scripts=scripts, width=360, expected=("422",)) as visitor:
        page = visitor.page
        await visitor.open("registration")
        await page.get_by_role("link", name="Kirim daftar").first.click()
        await send(page, HEADER + ROWS)
        await expect(page.get_by_text("Belum ada yang dicatat.")).to_be_visible()
        await page.get_by_label("Merek").select_option("Nama usaha")
        await page.get_by_role("button", name="Baca ulang dengan pilihan ini").click()
        await expect(page.get_by_label("Merek")).to_have_value("name")
        await expect(page.get_by_role("cell", name="<b>Toko</b> Dua", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Mulai", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hasil berkas Anda")
        while not scripts and await page.locator("[data-live]").count():
            await page.get_by_role("link", name="Lihat sudah sampai mana").click()
        await is_through(page)
        await page.get_by_role("link", name="Perbaiki di sini").click()
        rows = page.locator("article.row")
        await expect(rows).to_have_count(2)
        await rows.first.get_by_label("Kabupaten/Kota").fill("Masih Salah")
        await rows.first.get_by_role("button").click()
        await expect(rows.first.get_by_role("alert")).to_contain_text("Masih ditolak")
        await expect(rows.first.get_by_label("Kabupaten/Kota")).to_have_value("Masih Salah")
        for left in (1, 0):
            await rows.first.get_by_label("Kabupaten/Kota").fill("Sukoharjo")
            await rows.first.get_by_label("Kabupaten/Kota").press("Enter")
            await expect(rows).to_have_count(left)
            await expect(page.get_by_text(re.compile(r"Baris \d sudah diterima")).first).to_be_visible()
        if scripts:
            await expect(page.get_by_role("link", name="Semua (0)")).to_be_visible()
        await visitor.open("registration", "/uploads")
        await page.get_by_role("link", name="daftar-umkm").click()
        await page.get_by_role("link", name="Lihat siapa di daftar ini yang belum terdaftar").click()
        await page.get_by_label("Nama", exact=True).fill("dua")
        await page.get_by_role("button", name="Cari").click()
        await expect(page.get_by_role("row", name="<b>Toko</b> Dua")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Unduh semua untuk Excel (.xlsx)").click()
        content = (await (await download.value).path()).read_bytes()
        names = {
            row[0] for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        }
        assert {"Toko Satu", "<b>Toko</b> Dua", "Toko Tiga"} <= names


async def test_a_large_file_is_sent_in_parts_that_are_resumed(
    browser: Browser, stack: Endpoints, agency: MakeAgency
) -> None:
    _, key = await agency()
    content = "Nama Usaha;Kabupaten/Kota;Alamat\n" + "".join(
        f"Toko {n};Sukoharjo;{'Jalan Panjang ' * 30}\n" for n in range(20_000)
    )
    assert len(content) > 8 << 20
    async with visiting(browser, stack, key=key, expected=("ERR_FAILED",)) as visitor:
        page, broken = visitor.page, 0
        await visitor.open("registration", "/uploads/new")

        async def break_once(route: Route) -> None:
            nonlocal broken
            if route.request.method == "PATCH" and not broken:
                broken += 1
                await route.abort()
            else:
                await route.continue_()

        await page.route("**/v1/uploads/*", break_once)
        await send(page, content)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Begini berkas Anda dipahami")
        assert broken == 1
        await page.get_by_role("button", name="Batalkan dan hapus berkasnya").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Kirim daftar")


@pytest.mark.parametrize("page", ["new", "preview", "upload", "refused", "unregistered"])
async def test_a_page_in_two_ways(browser: Browser, stack: Endpoints, agency: MakeAgency, page: str) -> None:
    _, key = await agency()
    bearer = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=stack.registration, headers=bearer, timeout=60) as http:
        import_id = await an_import(http, dry_run=page == "preview")
    paths = {"new": "/uploads/new", "preview": f"/uploads/{import_id}", "upload": f"/uploads/{import_id}"}
    path = paths.get(page, f"/uploads/{import_id}/{page}")
    await check_in_every_way(browser, stack, "registration", path, key, TWO_WAYS)


async def an_import(http: httpx.AsyncClient, *, dry_run: bool) -> str:
    """The id of one that ended."""
    content = (HEADER.replace("Merek", "Nama Usaha") + ROWS).encode()
    upload = (await http.post("/v1/uploads", headers={"upload-length": str(len(content))})).headers["location"]
    part = {"content-type": "application/offset+octet-stream", "upload-offset": "0"}
    assert (await http.patch(upload, content=content, headers=part)).status_code == 204
    form = {"kind": "partners", "list": "umkm", "upload": upload.rpartition("/")[2], "dry_run": str(dry_run).lower()}
    made = (await http.post("/v1/imports", data=form)).json()

    async def has_ended() -> bool:
        return (await http.get(f"/v1/imports/{made['id']}")).json()["state"] == "done"

    await eventually(has_ended)
    return str(made["id"])
