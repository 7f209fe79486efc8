"""A whole stack with the demonstration, and Debian's chromium: skipped where there is none.

`stack` its addresses · `browser` a chromium · `agency` makes an agency of the test's own and returns its slug and key
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright, expect

from deploy.local.endpoints import Endpoints
from tests.browser import browsing
from tests.stack import Stack

NUMBERS = itertools.count(1)
expect.set_options(timeout=60_000)

MakeAgency = Callable[..., Awaitable[tuple[str, str]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser its tests are skipped, each by its name."""
    if browsing.chromium() is None:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(f"{item.name}: there is no chromium (apt-get install chromium)"))


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await browsing.launch(playwright)
        yield started
        await started.close()


@pytest.fixture(scope="package")
async def stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Endpoints]:
    running = Stack(tmp_path_factory.mktemp("browser") / "data")
    await running.start(240)
    yield running.endpoints
    running.stop()


@pytest.fixture
def agency(stack: Endpoints) -> MakeAgency:
    async def make(
        *scopes: str, regions: tuple[str, ...] = ("33.11",), name: str = "Dinas Peramban"
    ) -> tuple[str, str]:
        body = {
            "slug": f"peramban-{next(NUMBERS)}",
            "name": name,
            "regions": list(regions),
            "scopes": list(scopes or ("publish", "enroll", "read")),
        }
        async with httpx.AsyncClient(base_url=stack.registration) as http:
            answer = await http.post("/v1/agencies", json=body, headers={"authorization": f"Bearer {stack.admin_key}"})
        assert answer.status_code == 201, answer.text
        return answer.json()["slug"], answer.json()["key"]

    return make
