"""The page of figures as officials meet it: in every way, by keyboard, without scripts, live, kept and opened again."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from playwright.async_api import Browser, expect

from deploy.local.endpoints import Endpoints
from tests.browser.browsing import TWO_WAYS, check_in_every_way, visiting
from tests.browser.conftest import MakeAgency
from tests.waiting import eventually

PATHS = ("/?region=33", "/trends", "/changes?region=33&level=regency", "/explain?region=33.11", "/alerts")


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_in_two_ways(browser: Browser, stack: Endpoints, path: str) -> None:
    await check_in_every_way(browser, stack, "coverage", path, stack.admin_key, TWO_WAYS)


async def test_the_map_is_gone_through_by_keyboard_and_back_leads_back(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, language="en") as visitor:
        page = visitor.page
        await visitor.open("coverage")
        await expect(page.locator(".tiles a[tabindex='0']")).to_have_count(1)
        tile = page.locator(".tiles a[href*='region=33']")
        await page.locator(".tiles a[href*='region=32']").focus()
        await page.keyboard.press("ArrowRight")
        await expect(tile).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{stack.coverage}/?region=33")
        await expect(page.get_by_role("heading", level=2, name="Jawa Tengah")).to_be_visible()
        await expect(page.get_by_role("row", name=re.compile("Kabupaten Sukoharjo"))).to_be_visible()
        async with page.expect_download() as download:
            await page.locator("section.map").get_by_role("button", name="PNG").click()
        assert (await (await download.value).path()).read_bytes().startswith(b"\x89PNG")
        await page.go_back()
        await expect(page.get_by_role("heading", level=2, name="Indonesia")).to_be_visible()


async def test_without_scripts_the_table_is_sorted_chosen_and_downloaded(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, scripts=False, width=360) as visitor:
        page = visitor.page
        await visitor.open("coverage", "/?region=33")
        await page.get_by_role("link", name="Tingkat", exact=True).click()
        heading = page.locator("table.regions").get_by_role("columnheader", name="Tingkat")
        await expect(heading).to_have_attribute("aria-sort", "descending")
        first = page.locator("table.regions tbody tr").first
        rate = await first.locator("td.rate").inner_text()
        assert rate.strip() not in ("–", "0,0 %")
        await page.get_by_role("combobox", name="Program").select_option("JKK")
        await page.get_by_label("Per tanggal").fill("2021-12-31")
        await page.get_by_role("button", name="Tampilkan").click()
        await expect(page).to_have_url(f"{stack.coverage}/?region=33&as_of=2021-12-31&programme=JKK")
        await expect(page.get_by_role("heading", level=2, name="Kecelakaan kerja (JKK)")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="CSV", exact=True).first.click()
        assert ";Kabupaten Sukoharjo;" in (await (await download.value).path()).read_text(encoding="utf-8-sig")


async def test_a_report_is_opened_again_with_the_same_figures_while_the_page_lives_on(
    browser: Browser, stack: Endpoints, agency: MakeAgency
) -> None:
    """What is sent later changes the live page, where its row is marked once, and not the kept one."""
    _, key = await agency(regions=("33.01",))
    async with visiting(browser, stack, key=stack.admin_key, language="en") as visitor:
        page = visitor.page
        async with page.expect_request("**/v1/stream"):  # opened by those who stay
            await visitor.open("coverage", "/?region=33")
        kept = await page.get_by_role("link", name=re.compile("^Keep these figures")).get_attribute("href")
        row = page.locator("tr[id='r-33.01']")
        before = await row.inner_text()
        await listed(stack, key)
        await expect(row).to_have_class("changed")
        assert await row.inner_text() != before
        await page.goto(stack.coverage + str(kept))
        assert await row.inner_text() == before


async def listed(stack: Endpoints, key: str) -> None:
    """A business of Kabupaten Cilacap that nobody listed before."""
    event = {
        "specversion": "1.0", "id": "1", "source": f"urn:peramban:{key[4:12]}", "type": "partner.listed",
        "time": datetime.now(UTC).isoformat(),
        "data": {
            "partner": {"ref": "1"}, "name": f"Toko {key[4:12]}", "kind": "business", "region": "33.01",
            "listed_on": "2021-01-31", "list": "umkm",
        },
    }  # fmt: skip
    headers = {"authorization": f"Bearer {key}", "content-type": "application/cloudevents+json"}
    async with httpx.AsyncClient(base_url=stack.registration, headers=headers, timeout=60) as http:

        async def is_accepted() -> bool:
            return (await http.post("/v1/events", json=event)).status_code == 202

        await eventually(is_accepted)
