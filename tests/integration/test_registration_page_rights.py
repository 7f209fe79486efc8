"""The navigation of registration's pages leads each kind of caller where it may go; what it may open is tested for all
pages and callers in tests/attacks/test_page_scopes.py."""

import re
from collections.abc import AsyncIterator

import pytest

from tests import stack
from tests.integration.registration_pages import visiting
from tests.integration.registration_world import World, world

SCOPES = {"publish": "publish", "enroll": "enroll", "read": "read", "figures": "figures:detail"}
CALLERS = (*SCOPES, "foreign", None)


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"rights{database.name[-6:]}.") as made:
        await made.agency("own", ("33.11",), tuple(SCOPES.values()))
        await made.agency("foreign", regions=("36.71",))
        for caller, scope in SCOPES.items():
            await made.key("own", caller, scope)
        yield made
    await stack.drop(postgres, database)


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller or "admin")
async def test_the_navigation_leads_only_where_the_caller_may_go(here: World, caller: str | None) -> None:
    async with visiting(here, caller) as person:
        navigation = (await person.get("/")).partition('class="sections"')[2].partition("</nav>")[0]
        links = re.findall(r'href="http://[^"/]+(/[^"]*)"', navigation)
        assert "/" in links
        for link in links:
            await person.get(link)
