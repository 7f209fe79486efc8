"""Registration's pages as people meet them: in every way, by keyboard, without scripts, with hostile contents."""

import asyncio
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from deploy.local.endpoints import Endpoints
from tests.browser.browsing import TWO_WAYS, check_in_every_way, visiting
from tests.browser.conftest import MakeAgency
from tests.waiting import eventually

HEADER = "NIB;Nama Usaha;NIK;Kab/Kota;No HP;Jumlah Tenaga Kerja"
HOSTILE = "<script>alert(1)</script> ''&amp \u202eterbalik\u202c " + "panjang" * 20
ROWS = (
    f"123;{HOSTILE};;Kab. Sukoharjo;;2",
    "0000100099201;Toko Baik;;Kab. Sukoharjo;081200000001;4",
    ";Kios Tahu;;Kab. Sukoharjo;086000000001;1",
    ";Kios Tahu;;Kab. Sukoharjo;086000000002;3",
    ";Warung Entah;;Entah Berantah;;2",
)
PAGES = (
    "/quarantine",
    "/cases",
    "/partners",
    "/lists",
    "/audit",
    "/keys",
    "/agreements",
    "/briefings",
    "/targets",
    "/cases?state=closed",
)


def kios_of(key: str) -> str:
    """Of each agency's own: those of one name are one case, whoever lists them."""
    return f"Kios {key.split('_')[1]}"


async def sent(stack: Endpoints, key: str) -> None:
    """An agency has uploaded a list with two bad rows and two that may be one."""
    bearer = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=stack.registration, headers=bearer, timeout=60) as http:
        table = "\n".join((HEADER, *ROWS)).replace("Kios Tahu", kios_of(key))
        files = {"file": ("daftar.csv", table.encode(), "text/csv")}
        data = {"kind": "partners", "list": "<b>umkm</b>", "list_date": "2021-01-31"}
        answer = await http.post("/v1/imports", data=data, files=files)
        assert answer.status_code == 202, answer.text

        async def is_done() -> bool:
            return bool((await http.get(answer.headers["location"])).json()["state"] == "done")

        await eventually(is_done)


@pytest.fixture
async def agency_that_sent(stack: Endpoints, agency: MakeAgency) -> str:
    _, key = await agency()
    await sent(stack, key)
    return key


@pytest.mark.timeout(300)
async def test_every_page_in_two_ways(browser: Browser, stack: Endpoints, agency_that_sent: str) -> None:
    for path in PAGES:
        await check_in_every_way(browser, stack, "registration", path, agency_that_sent, TWO_WAYS)
    await check_in_every_way(browser, stack, "registration", "/audit/verify", stack.admin_key, TWO_WAYS)


@pytest.mark.timeout(300)
async def test_pages_of_an_agency_that_sent_nothing(browser: Browser, stack: Endpoints, agency: MakeAgency) -> None:
    _, key = await agency()
    for path in PAGES:
        async with visiting(browser, stack, key=key, width=360) as visitor:
            await visitor.open("registration", path)
            assert await visitor.violations() == []
            assert not await visitor.overflows()


async def test_the_administrators_pages_fit_a_phone(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, width=360) as visitor:
        for path in ("/", "/uploads", "/cases", "/partners", "/lists", "/agreements", "/briefings", "/keys", "/audit"):
            await visitor.open("registration", path)
            assert not await visitor.overflows(), path


async def test_a_row_is_corrected_by_keyboard_and_without_scripts(
    browser: Browser, stack: Endpoints, agency_that_sent: str
) -> None:
    async with visiting(browser, stack, key=agency_that_sent, scripts=False, width=360) as visitor:
        page = visitor.page
        await visitor.open("registration", "/quarantine?code=invalid_nib")
        await page.get_by_role("link", name="Perbaiki: ").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("NIB")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("NIB").fill("0000100099202")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Sudah dikirim ulang dan diterima")


async def test_an_entry_and_a_partner_in_two_ways(browser: Browser, stack: Endpoints, agency_that_sent: str) -> None:
    bearer = {"authorization": f"Bearer {agency_that_sent}"}
    async with httpx.AsyncClient(base_url=stack.registration, headers=bearer) as http:
        entries: list[dict[str, Any]] = (await http.get("/v1/quarantine")).json()["items"]
        (partner,) = (await http.get("/v1/partners", params={"name": "Toko Baik"})).json()["items"]
    for path in (f"/quarantine/{entries[0]['id']}", f"/partners/{partner['id']}", f"/partners/{partner['id']}/erase"):
        await check_in_every_way(browser, stack, "registration", path, agency_that_sent, TWO_WAYS)


async def find_case(tab: Page, key: str) -> Locator:
    """The answer that the agency's two listings are one business, on the page of cases that has it."""
    answer = tab.get_by_role("article").filter(has_text=kios_of(key)).get_by_role("button", name="Ini satu usaha")
    while not await answer.count():
        await tab.goto(urljoin(tab.url, await tab.locator("a[rel=next]").get_attribute("href")))
    return answer


async def test_two_tabs_decide_one_case(browser: Browser, stack: Endpoints, agency_that_sent: str) -> None:
    async with visiting(browser, stack, key=agency_that_sent) as one:
        await one.open("registration", "/cases")
        other = await one.context.new_page()
        await other.goto(f"{stack.registration}/cases")
        for answer in [await find_case(tab, agency_that_sent) for tab in (one.page, other)]:
            await answer.click()
            tab = answer.page
            await expect(tab.get_by_role("status")).to_contain_text("Sudah diputuskan")
        await one.open("registration", "/partners")
        await expect(one.page.get_by_role("link", name=kios_of(agency_that_sent))).to_have_count(1)


async def test_a_session_that_ended_meanwhile_asks_who_it_is(
    browser: Browser, stack: Endpoints, agency_that_sent: str
) -> None:
    async with visiting(browser, stack, key=agency_that_sent, expected=("401",)) as visitor:
        await visitor.open("registration", "/cases")
        answer = await find_case(visitor.page, agency_that_sent)
        other = await visitor.context.new_page()
        await other.goto(stack.registration)
        await asyncio.gather(other.get_by_role("button", name="Keluar").click(), other.wait_for_load_state())
        await expect(other.get_by_role("heading", level=1)).to_have_text("Sudah keluar")
        await answer.click()
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sesi Anda sudah berakhir")
