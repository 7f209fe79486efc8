"""Requests that wait for the writer together are one transaction: each has its own answer, none costs the others."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.runtime import Services
from services.registration.writer import envelopes
from services.registration.writer.submissions import Answer, Events
from shared.database import transaction
from tests.integration.registration_world import World, world


@pytest.fixture
async def here(database, kafka, topics) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency()
        yield made


def listed(here: World, name: str, **more: Any) -> dict[str, Any]:
    data = {"partner": {}, "name": name, "kind": "business", "region": "33.11", "listed_on": "2021-01-15"}
    return here.event("partner.listed", data | more)


def request(here: World, *events: Any, **more: Any) -> Events:
    services: Services = here.app.state.services
    reader = EventReader(EventContext(Jurisdiction(services.regions, ("ID",)), False))
    items = envelopes.items(list(events), "dinas", reader, services.vault, lambda _: True)
    return Events("dinas", ("ID",), items, **more)


async def taken(here: World, *requests: Events) -> tuple[list[Answer], int]:
    """The answers to requests of one transaction, and how many statements it took."""
    statements: list[str] = []
    services: Services = here.app.state.services
    async with transaction(services.pool) as db:
        with db.query_logger(lambda logged: statements.append(logged.query)):
            answers = await services.writer.inside(db, requests)
    return answers, len(statements)


async def test_requests_that_wait_together_cost_no_more_statements(here: World) -> None:
    await taken(here, request(here, listed(here, "Toko Pertama")))
    _, one = await taken(here, request(here, listed(here, "Toko Kedua")))
    many = [request(here, listed(here, f"Toko Ke-{number}")) for number in range(15)]
    answers, several = await taken(here, *many)
    assert several == one
    assert [answer.body["accepted"] for answer in answers] == [1] * 15
    assert len({partner for answer in answers for partner in answer.body["partners"].values()}) == 15


async def test_each_request_has_its_own_answer(here: World) -> None:
    known = listed(here, "Warung Sudah Ada")
    (first,), _ = await taken(here, request(here, known))
    twice = listed(here, "Warung Dua Kali")
    wrong = listed(here, "Warung Salah", region="99.99")
    answers, _ = await taken(
        here,
        request(here, known),
        request(here, twice, twice, twice | {"data": known["data"]}),
        request(here, wrong, listed(here, "Warung Benar")),
    )
    again, doubled, mixed = (answer.body for answer in answers)
    assert (again["accepted"], again["duplicates"], again["partners"]) == (0, 1, first.body["partners"])
    assert (doubled["accepted"], doubled["duplicates"]) == (1, 1)
    assert [each["code"] for each in doubled["rejected"]] == ["id_reused"]
    assert (mixed["accepted"], [each["code"] for each in mixed["rejected"]]) == (1, ["unknown_region"])
    entries = (await here.get("/v1/quarantine"))["items"]
    assert sorted(entry["code"] for entry in entries) == ["id_reused", "unknown_region"]


async def test_a_request_judged_anew_is_judged_as_it_was_sent(here: World) -> None:
    """A transaction that is undone, since another's facts did not fit, leaves nothing in the events."""
    sent = request(here, listed(here, "Kios Baru"), listed(here, "Kios Lain", region="99.99"))
    services: Services = here.app.state.services
    undone: list[Any] = []
    try:
        async with transaction(services.pool) as db:
            undone = await services.writer.inside(db, [sent])
            raise KeyError
    except KeyError:
        pass
    answers, _ = await taken(here, sent)
    assert answers[0].body.keys() == undone[0].body.keys()
    assert (answers[0].body["accepted"], answers[0].body["duplicates"]) == (1, 0)
    assert answers[0].body["rejected"] == undone[0].body["rejected"]


async def test_keys_of_requests_taken_together_are_answered_again(here: World) -> None:
    events = [listed(here, f"Depot {number}") for number in range(4)]
    answers = await asyncio.gather(
        *(here.send(event, **{"idempotency-key": f"k{number}"}) for number, event in enumerate(events))
    )
    again = [await here.send(event, **{"idempotency-key": f"k{number}"}) for number, event in enumerate(events)]
    assert again == answers
