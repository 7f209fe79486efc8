"""What an operator sees: providers, results, reasons, what is due, why of a number; dead letters, tried once more."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiokafka.errors import KafkaError

from services.notifications import projections
from services.notifications.dead_letter_retry import DeadLetterRetry
from tests.attacks.notifications_http import bearer, client_of
from tests.attacks.test_page_scopes import sessions_of
from tests.integration.gateway_server import GatewayServer
from tests.integration.notifications_world import KNOWN, World, a_world, partner_id
from tests.stack import Database

DUE = KNOWN.replace(day=24, hour=12, minute=30)
"""Tuesday 19:30 in Jakarta: everybody's first message is due."""


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayServer]:
    server = GatewayServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def world(database: Database, kafka: str, topics: str, gateway: GatewayServer) -> AsyncIterator[World]:
    async with a_world(database, kafka, topics, whatsapp=gateway.url("wa"), sms=gateway.url("sms")) as made:
        yield made


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(world) as client:
        yield client


def phone(number: int) -> dict[str, Any]:
    return {"phone": f"+62860000000{number:02}", "email": None}


async def ask(http: httpx.AsyncClient, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer = await http.request(method, path, headers=bearer(), **body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def overview(world: World, http: httpx.AsyncClient) -> dict[str, Any]:
    await world.engine.tally.count()
    return await ask(http, "GET", "/v1/overview")


async def test_providers_results_and_who_gets_nothing(
    world: World, http: httpx.AsyncClient, gateway: GatewayServer
) -> None:
    """Accepted, refused for good, and a gateway in trouble; registered, delisted, without an address."""
    contacts = [world.contact(number, **phone(number)) for number in (1, 2, 3, 5)]
    await world.publish(*contacts, *(world.partner(number) for number in (1, 2, 3, 4, 5)))
    await world.publish(world.enrollment(3, ("2026-01-01", None)), world.partner(5, "partner.delisted", listed_on=None))
    found = await overview(world, http)
    reasons = {each["reason"]: each["partners"] for each in found["reasons"]}
    assert reasons == {"scheduled": 2, "registered": 1, "not_listed": 1, "unreachable": 1}
    planned = [(each["date"], each["channel"], each["messages"]) for each in found["next_month"]]
    assert planned == [("2026-11-24", "whatsapp", 2)]
    assert (found["next_hour"], found["results"]) == ([], [])
    world.now = DUE
    gateway.answers |= {"sms": [(503, {}, b"")], "wa": [(422, {}, b"")]}
    await world.work()
    found = await overview(world, http)
    states = {each["channel"]: (each["state"], each["problem"]) for each in found["providers"]}
    expected = {"whatsapp": ("works", None), "sms": ("in_trouble", "http: 503"), "email": ("not_set_up", None)}
    assert states == expected
    results = {(each["channel"], each["result"], each["reason"]): each["today"] for each in found["results"]}
    assert results == {
        ("whatsapp", "sent", ""): 1,
        ("whatsapp", "failed", "http: 422"): 1,
        ("sms", "delayed", "http: 503"): 1,
    }
    await world.engine.task_keeper.step()
    assert (await overview(world, http))["results"] == found["results"], "summed up they are the same"


async def test_why_of_a_number(world: World, http: httpx.AsyncClient) -> None:
    """By id, or by phone or address in any spelling; a number of nobody's is told apart from nothing else."""
    same = {"phone": "0860-0000-0001", "email": "Toko@example.com"}
    contacts = [world.contact(1, **phone(1)), world.contact(2, **same), world.contact(3, **same)]
    await world.publish(*contacts, *(world.partner(number) for number in (1, 2, 3)))
    session = (await sessions_of(world.settings.database, {"admin": "admin"}, "admin"))["admin"]

    async def why(number: str) -> httpx.Response:
        return await http.post("/operator/why", data={"number": number}, headers=session)

    assert (await why(partner_id(1))).headers["location"] == f"/partners/{partner_id(1)}"
    shown = (await why("+62 860 0000 0001")).text
    assert [partner_id(each) in shown for each in (1, 2, 3)] == [True, True, True]
    shown = (await why("toko@EXAMPLE.com")).text
    assert [partner_id(each) in shown for each in (1, 2, 3)] == [False, True, True]
    for nobody in ("08129999999", "nobody@example.com", "x", partner_id(77)):
        assert "partners/" not in (await why(nobody)).text


async def test_dead_letters_are_tried_again(
    world: World, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code that could not be used: once it can, what is newer than what is known takes effect, and nothing else."""
    usable, retry = projections.is_code, {"json": {"topic": "partners"}}
    with monkeypatch.context() as patch:
        patch.setattr(projections, "is_code", lambda text: text != "36.72" and usable(text))
        await world.publish(world.partner(1), world.partner(2, region="36.72"), world.partner(1, region="36.72"))
        await world.publish(world.partner(1, region="33.11"))
        (group,) = (await ask(http, "GET", "/v1/dead-letters"))["dead_letters"]
        assert (group["topic"], group["detail"], group["count"]) == ("partners", "malformed: `$.region`", 2)
        failed = await ask(http, "POST", "/v1/dead-letters/retry", **retry)
        assert failed == {"applied": 0, "failed": 2, "cut": 0}
    done = await ask(http, "POST", "/v1/dead-letters/retry", **retry)
    assert done == {"applied": 2, "failed": 0, "cut": 0}
    regions = await world.pool.fetch("select region from partners order by partner_id")
    assert [row["region"] for row in regions] == ["33.11", "36.72"]
    assert await ask(http, "GET", "/v1/dead-letters") == {"dead_letters": []}
    await world.engine.tally.look_at_dead_letters()
    assert (await overview(world, http))["dead_letters"] == []
    refused = await http.post("/v1/dead-letters/retry", json={"topic": "x"}, headers=bearer())
    assert (refused.status_code, refused.json()["field"]) == (422, "topic")

    async def unanswered(self: object) -> list[dict[str, Any]]:
        raise KafkaError

    monkeypatch.setattr(DeadLetterRetry, "groups", unanswered)
    unknown = await http.get("/v1/dead-letters", headers=bearer())
    assert (unknown.status_code, unknown.json()["code"]) == (503, "unavailable"), "not shown as none"
