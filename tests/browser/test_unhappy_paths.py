"""What goes wrong at a browser, what is heavy, what is hostile, and what is printed."""

from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from deploy.local.endpoints import Endpoints
from tests.browser.browsing import keep_screenshot, visiting
from tests.browser.conftest import MakeAgency
from tests.waiting import eventually

SERVICES = ("registration", "coverage", "notifications")
FIRST_VIEW, LATER_VIEW = 150 << 10, 40 << 10
"""Bytes over the network."""
HOSTILE = "Toko <script>alert(1)</script> \"'&amp; \u202eknalb \u2067x " + "Panjang" * 20


async def test_two_tabs_of_which_one_changed_its_key(browser: Browser, stack: Endpoints, agency: MakeAgency) -> None:
    """The old tab is refused with a sentence, and shows who is signed in once it is opened again."""
    slug, key = await agency()
    async with visiting(browser, stack, key=stack.admin_key, expected=("403",)) as visitor:
        old = visitor.page
        await visitor.open("registration")
        new = await visitor.context.new_page()
        await new.goto(f"{stack.registration}/sign-in")
        await visitor.sign_in(key)
        await new.goto(f"{stack.registration}/?lang=en")
        await expect(new.get_by_text(slug)).to_be_visible()
        await old.get_by_role("button", name="Keluar").click()
        await expect(old.get_by_role("alert")).to_contain_text("under another sign-in")
        await keep_screenshot(old, "other-session")
        await expect(old.get_by_text(slug)).to_be_visible()
        await new.reload()
        await expect(new.get_by_role("button", name="Sign out")).to_be_visible()


async def test_a_session_that_ended_meanwhile_leads_to_the_sign_in_and_back(
    browser: Browser, stack: Endpoints, agency: MakeAgency
) -> None:
    _, key = await agency()
    async with visiting(browser, stack, key=key, expected=("401",)) as visitor:  # live figures end with the session
        page = visitor.page
        await visitor.open("coverage", "/?lang=en")
        await end_session(visitor.context, stack)

        async def is_out() -> bool:
            await visitor.open("coverage")
            return "/sign-in" in page.url

        await eventually(is_out, 30)
        await page.get_by_label("Key").fill(key)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{stack.coverage}/")


async def end_session(context: Any, stack: Endpoints) -> None:
    """Sign out elsewhere with the same session."""
    cookies = {each["name"]: each["value"] for each in await context.cookies()}
    async with httpx.AsyncClient(base_url=stack.registration, cookies=cookies) as http:
        page = (await http.get("/", headers={"accept": "text/html"})).text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        assert (await http.post("/sign-out", data={"csrf": csrf})).status_code == 200


async def test_what_a_view_costs(browser: Browser, stack: Endpoints) -> None:
    for service in SERVICES:
        async with visiting(browser, stack, key=stack.admin_key) as visitor:
            costs = await network_costs(visitor.page, getattr(stack, service) + "/")
            assert costs[0] <= FIRST_VIEW, (service, costs)
            assert costs[1] <= LATER_VIEW, (service, costs)


async def network_costs(page: Page, url: str) -> tuple[int, int]:
    """Bytes that the first view of a page takes from the network, and a later one."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    loaded: list[int] = []
    session.on("Network.loadingFinished", lambda event: loaded.append(int(event["encodedDataLength"])))
    costs = []
    for _ in range(2):
        loaded.clear()
        await page.goto(url, wait_until="networkidle")
        costs.append(sum(loaded))
    return costs[0], costs[1]


async def test_a_hostile_name_is_shown_as_text(browser: Browser, stack: Endpoints, agency: MakeAgency) -> None:
    slug, _ = await agency(name=HOSTILE)
    for width in (1280, 360):
        async with visiting(browser, stack, key=stack.admin_key, width=width) as visitor:
            await visitor.open("registration")
            row = visitor.page.get_by_role("row").filter(has_text=slug)
            assert await row.locator("bdi").text_content() == HOSTILE
            assert not await visitor.overflows()
            await keep_screenshot(visitor.page, f"hostile-{width}")


async def test_pages_print_as_reports(browser: Browser, stack: Endpoints) -> None:
    """Without what only a screen can use; nothing is cut off at the right."""
    for service in SERVICES:
        async with visiting(browser, stack, key=stack.admin_key, theme="dark") as visitor:
            page = visitor.page
            await visitor.open(service)
            await page.emulate_media(media="print")
            await page.set_viewport_size({"width": 673, "height": 1000})  # A4 less its margins
            for hidden in ("Keluar", "English"):
                await expect(page.get_by_text(hidden, exact=True)).to_be_hidden()
            assert not await visitor.overflows(), service
            paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert paper == "rgb(255, 255, 255)"
            await keep_screenshot(page, f"print-{service}")
            assert (await page.pdf(prefer_css_page_size=True)).startswith(b"%PDF")


async def test_no_page_asks_another_host(browser: Browser, stack: Endpoints) -> None:
    own = {f"{httpx.URL(each).host}:{httpx.URL(each).port}" for each in (getattr(stack, name) for name in SERVICES)}
    asked: set[str] = set()
    async with visiting(browser, stack, key=stack.admin_key) as visitor:
        visitor.page.on("request", lambda request: asked.add(request.url))
        for service in SERVICES:
            await visitor.open(service)
    others = {each for each in asked if not each.startswith("data:") and httpx.URL(each).netloc.decode() not in own}
    assert asked
    assert others == set()
