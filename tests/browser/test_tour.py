"""The README's tour of two minutes, step by step; PAYUNG_PICTURES=docs takes the README's pictures anew."""

import os
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from deploy.local.demonstration import FOLDER
from deploy.local.endpoints import Endpoints
from tests.browser.browsing import visiting
from tests.browser.field_agents import a_link, an_agent, some_tasks

README = Path(__file__).parents[2] / "README.md"


async def keep_picture(page: Page, name: str) -> None:
    """What the window shows, for the README, which shows a picture of this name."""
    assert f"docs/{name}.png" in README.read_text()
    if folder := os.environ.get("PAYUNG_PICTURES"):
        await page.screenshot(path=Path(folder, f"{name}.png"))


async def test_an_official_looks_at_figures_and_at_what_makes_them(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, language="en") as visitor:
        page = visitor.page
        await visitor.open("registration")
        await page.get_by_role("link", name="Coverage", exact=True).click()
        await expect(page.get_by_role("heading", level=2, name="Indonesia")).to_be_visible()
        await keep_picture(page, "coverage")
        await page.locator(".tiles a[href*='region=33']").click()
        await page.get_by_role("link", name="Kabupaten Sukoharjo").first.click()
        await expect(page.get_by_role("heading", level=2, name="Kabupaten Sukoharjo")).to_be_visible()
        await page.get_by_role("link", name="What makes this figure").click()
        await expect(page.get_by_text("disdagkop-sukoharjo").first).to_be_visible()


async def test_an_agency_sees_what_was_refused_and_how_a_list_is_understood(browser: Browser, stack: Endpoints) -> None:
    key = stack.agency_keys["disdagkop-sukoharjo"]
    async with visiting(browser, stack, language="en") as visitor:
        page = visitor.page
        await visitor.open("registration")
        await page.get_by_label("Key", exact=True).fill(key)
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Refused", exact=True).click()
        await expect(page.locator("main")).to_contain_text("26")
        await page.get_by_role("link", name="Home", exact=True).click()
        await page.get_by_role("link", name="Send a list").first.click()
        await page.get_by_label("File", exact=True).set_input_files(FOLDER / "sukoharjo" / "data_umkm_koperasi.csv")
        await page.get_by_label("What is on each row?").select_option("List of businesses")
        await page.get_by_role("button", name="Show how it is understood").click()
        await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
        await keep_picture(page, "agency")


async def test_a_field_agent_has_an_inbox_on_the_phone(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key, language="en") as visitor:
        page = visitor.page
        await visitor.open("registration")
        await page.get_by_role("link", name="Outreach", exact=True).click()
        await page.get_by_role("link", name="Field agents").click()
        await page.get_by_label("Name", exact=True).fill("Tri Contohwati")
        await page.get_by_label("Regions").fill("33.11")
        await page.get_by_label("Phone").fill("0860 1234 5678")
        await page.get_by_role("button", name="Add", exact=True).click()
        await page.get_by_role("button", name="QR code for Tri Contohwati").click()
        await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    agent = await an_agent(stack, "Umi Contohwati")
    await some_tasks(stack, agent, 4)
    async with visiting(browser, stack, width=360, language="en") as visitor:
        await visitor.page.goto(await a_link(stack, agent))
        await expect(visitor.page.locator(".task")).to_have_count(4)
        await keep_picture(visitor.page, "agent")
