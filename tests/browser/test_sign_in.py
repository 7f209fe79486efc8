"""Signing in and out, in all three services at once, as people do it."""

import httpx
import pytest
from playwright.async_api import Browser, expect

from deploy.local.endpoints import Endpoints
from deploy.local.failure import Failure
from deploy.local.sign_in import new_link
from shared.security import new_key
from tests.browser.browsing import check_in_every_way, visiting
from tests.browser.conftest import MakeAgency
from tests.waiting import eventually

SERVICES = ("registration", "coverage", "notifications")


async def test_a_page_asks_who_it_is_and_then_shows_itself(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack) as visitor:
        page = visitor.page
        await visitor.open("coverage")
        assert page.url.startswith(f"{stack.registration}/sign-in?next=")
        await page.get_by_label("Kunci").fill(stack.admin_key)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{stack.coverage}/")
        for service in SERVICES:
            await visitor.open(service)
            await expect(page).to_have_url(f"{getattr(stack, service)}/")
            await expect(page.get_by_role("button", name="Keluar")).to_be_visible()


async def test_a_wrong_key_is_refused_with_a_sentence(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, expected=("401",)) as visitor:
        await visitor.open("registration", "/sign-in")
        await visitor.page.get_by_label("Kunci").fill(new_key()[1])
        await visitor.page.get_by_role("button", name="Masuk").click()
        await expect(visitor.page.get_by_role("alert")).to_contain_text("tidak dikenal atau sudah dicabut")
        assert await visitor.violations() == []


async def test_signing_out_ends_the_session_in_every_service(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key) as visitor:
        await visitor.open("coverage")
        (cookie,) = [each for each in await visitor.context.cookies() if each["name"] == "payung_session"]
        await visitor.page.get_by_role("button", name="Keluar").click()
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sudah keluar")
        async with httpx.AsyncClient(cookies={"payung_session": cookie["value"]}) as http:
            for service in SERVICES:
                await eventually(lambda s=service: is_asked_to_sign_in(http, getattr(stack, s)))  # type: ignore[misc]


async def is_asked_to_sign_in(http: httpx.AsyncClient, url: str) -> bool:
    answer = await http.get(f"{url}/", headers={"accept": "text/html"})
    return answer.status_code == 303 and "/sign-in" in answer.headers["location"]


async def test_a_link_signs_in_once(browser: Browser, stack: Endpoints) -> None:
    link = new_link(stack)
    async with visiting(browser, stack) as visitor:
        await visitor.page.goto(link)
        await expect(visitor.page).to_have_url(f"{stack.registration}/")
        await expect(visitor.page.get_by_text("Administrator")).to_be_visible()
    async with visiting(browser, stack, expected=("410",)) as visitor:
        await visitor.page.goto(link)
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Tautan ini sudah dipakai")


async def test_a_link_may_be_for_an_agency(browser: Browser, stack: Endpoints, agency: MakeAgency) -> None:
    slug, _ = await agency()
    async with visiting(browser, stack) as visitor:
        await visitor.page.goto(new_link(stack, slug))
        await expect(visitor.page.get_by_text(slug)).to_be_visible()
    with pytest.raises(Failure, match="there is no agency nobody"):
        new_link(stack, "nobody")


async def test_what_only_looks_at_a_link_does_not_use_it(browser: Browser, stack: Endpoints) -> None:
    link = new_link(stack)
    async with httpx.AsyncClient() as messenger:
        assert "payung_session" not in (await messenger.get(link)).cookies
        assert "payung_session" not in (await messenger.head(link)).cookies
    async with visiting(browser, stack, scripts=False) as visitor:
        await visitor.page.goto(link)
        await expect(visitor.page).to_have_url(f"{stack.registration}/")


async def test_a_session_ends_with_its_key(browser: Browser, stack: Endpoints, agency: MakeAgency) -> None:
    slug, key = await agency()
    async with visiting(browser, stack, key=key) as visitor:
        for service in SERVICES:
            await visitor.open(service)
            await expect(visitor.page.get_by_role("button", name="Keluar")).to_be_visible()
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {stack.admin_key}"}) as http:
            path = f"{stack.registration}/v1/agencies/{slug}/keys/{key.split('_')[1]}"
            assert (await http.delete(path)).status_code == 204

        async def is_out(service: str) -> bool:
            await visitor.open(service)
            return "/sign-in" in visitor.page.url

        for service in SERVICES:
            await eventually(lambda s=service: is_out(s))  # type: ignore[misc]


async def test_the_language_is_switched_for_all_services_and_kept(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, key=stack.admin_key) as visitor:
        await visitor.open("registration")
        await visitor.page.get_by_role("link", name="English").click()
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Registration")
        await visitor.open("coverage")
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Coverage")
        assert await visitor.page.locator("html").get_attribute("lang") == "en"


async def test_everything_works_by_keyboard_and_without_scripts(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, scripts=False) as visitor:
        page = visitor.page
        await visitor.open("registration", "/sign-in")
        await expect(page.get_by_label("Kunci")).to_be_focused()
        await page.keyboard.type(stack.admin_key)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{stack.registration}/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Langsung ke isi")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{stack.registration}/#content")


@pytest.mark.parametrize("service", SERVICES)
async def test_the_first_page_in_every_way(browser: Browser, stack: Endpoints, service: str) -> None:
    await check_in_every_way(browser, stack, service, "/", stack.admin_key)


@pytest.mark.parametrize(("path", "expected"), [("/sign-in", ()), ("/nowhere", ("404",))])
async def test_pages_for_everybody_in_every_way(
    browser: Browser, stack: Endpoints, path: str, expected: tuple[str, ...]
) -> None:
    await check_in_every_way(browser, stack, "registration", path, None, expected=expected)
