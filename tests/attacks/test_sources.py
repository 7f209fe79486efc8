"""A CloudEvents source belongs to the agency whose accepted event used it first, and nobody can squat many."""

from collections.abc import AsyncIterator

import pytest

from services.registration.writer.sources import MOST_SOURCES
from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import listing

BY_ADMIN = {"authorization": f"Bearer {ADMIN}"}


@pytest.fixture
async def here(kafka: str, database: stack.Database, topics: str) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency("victim")
        await made.agency("squatter")
        yield made


async def owner(here: World, source: str) -> str | None:
    owner: str | None = await here.pool.fetchval("select agency from source where source = $1", source)
    return owner


async def test_a_refused_event_claims_no_source(here: World) -> None:
    refused = [here.event("partner.listed", listing(listed_on="never"), source="/victim")]
    unknown = here.event("partner.listed", listing(id="00000000-0000-7000-8000-000000000000"), source="/victim")
    answer = await here.send(*refused, unknown, here.event("nonsense", {}, source="/victim"), agency="squatter")
    assert answer["accepted"] == 0
    assert await owner(here, "/victim") is None
    await here.send(here.event("partner.listed", listing(), source="/victim"), agency="victim")
    assert await owner(here, "/victim") == "victim"
    answer = await here.send(here.event("partner.listed", listing(), source="/victim"), agency="squatter")
    assert [(each["code"], each["field"]) for each in answer["rejected"]] == [("conflict", "source")]


async def test_an_agency_has_a_hundred_sources_at_most(here: World) -> None:
    events = [here.event("partner.listed", listing(), source=f"/s/{n}") for n in range(MOST_SOURCES + 20)]
    answer = await here.send(*events, agency="squatter")
    assert answer["accepted"] == MOST_SOURCES
    assert {each["code"] for each in answer["rejected"]} == {"too_many_sources"}
    again = await here.send(here.event("partner.listed", listing("B"), source="/one/more"), agency="squatter")
    assert again["rejected"][0]["code"] == "too_many_sources"
    mine = await here.send(here.event("partner.listed", listing("B"), source="/s/1"), agency="squatter")
    assert mine["accepted"] == 1


async def test_the_administrator_releases_a_source(here: World) -> None:
    await here.send(here.event("partner.listed", listing(), source="/victim"), agency="squatter")
    held = (await here.http.get("/v1/sources", params={"agency": "squatter"}, headers=BY_ADMIN)).json()
    assert held == [{"source": "/victim", "agency": "squatter"}]
    for status in (204, 404):
        answer = await here.http.delete("/v1/sources", params={"source": "/victim"}, headers=BY_ADMIN)
        assert answer.status_code == status
    await here.send(here.event("partner.listed", listing(), source="/victim"), agency="victim")
    assert await owner(here, "/victim") == "victim"
