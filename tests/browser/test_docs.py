"""The documentation in a browser: readable for everybody, without scripts and without signing in."""

import pytest
from playwright.async_api import Browser, expect

from deploy.local.endpoints import Endpoints
from tests.browser.browsing import check_in_every_way, visiting

OPEN = """
most => [...document.querySelectorAll("details")].slice(0, most ?? undefined).forEach(each => { each.open = true })
"""


async def test_the_first_steps_look_right_in_every_way(browser: Browser, stack: Endpoints) -> None:
    await check_in_every_way(browser, stack, "registration", "/docs", None)


@pytest.mark.parametrize("path", ["/docs/reference", "/docs/kafka", "/docs/errors"])
async def test_the_other_pages_have_nothing_that_axe_finds_when_much_is_open(
    browser: Browser, stack: Endpoints, path: str
) -> None:
    """Routes and messages are built alike: axe needs minutes for all of them, and finds no more."""
    for service, width, theme in (("coverage", 1280, "light"), ("notifications", 360, "dark")):
        async with visiting(browser, stack, width=width, theme=theme) as visitor:
            await visitor.open(service, path)
            await visitor.page.evaluate(OPEN, 12)
            assert await visitor.violations() == []
            await visitor.page.evaluate(OPEN, None)
            assert not await visitor.overflows()


async def test_a_route_is_found_and_opened_without_scripts(browser: Browser, stack: Endpoints) -> None:
    async with visiting(browser, stack, scripts=False, language="en") as visitor:
        await visitor.open("registration", "/docs")
        await visitor.page.get_by_role("link", name="Reference").first.click()
        route = visitor.page.locator("#route-post_events")
        await route.locator("summary").click()
        await expect(route.get_by_text("Idempotency-Key")).to_be_visible()
        await route.get_by_role("link", name="invalid_value").click()
        await expect(visitor.page).to_have_url(f"{stack.registration}/docs/errors#invalid_value")
