"""Whatever is asked of notifications' routes, by the administrator or by an agency: an answer, and never a 5xx."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.security import new_key
from tests.attacks.notifications_http import bearer, client_of
from tests.integration.notifications_world import World, a_world, partner_id
from tests.stack import Database

MEMBERS = {"type", "title", "status", "detail", "code"}
ODD = [
    "", " ", "\x00", "%00", "\ud800", "é", "😀", "-1", "0", "1e400", "9" * 5000, "0001-01-01", "9999-12-31",
    "10000-01-01", "2026-11-24T00:00:00Z", "' or 1=1 --", "../..", "[]", "{}", "null", "NaN",
    "OTk5OS0xMi0zMVQyMzo1OTo1OS0xNDowMHx4",
    "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHx4", "====", "a" * 5000,
]  # fmt: skip


@pytest.fixture
async def world(database: Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with a_world(database, kafka, topics) as made:
        await made.publish(made.partner(1), made.contact(1))
        yield made


async def agency_key(world: World) -> str:
    key_id, secret, digest = new_key()
    await world.pool.execute(
        "insert into keys (key_id, hash, agency, scopes, regions, recorded_at) values ($1, $2, 'a', $3, $4, now())",
        key_id,
        digest,
        ["read"],
        ["36.71"],
    )
    return secret


async def ask(client: httpx.AsyncClient, key: str, request: dict[str, Any]) -> httpx.Response | None:
    """The answer; None for what the client itself cannot write."""
    headers = dict(request.pop("headers", None) or {}) | bearer(key)
    if isinstance(request.get("data"), bytes | str):
        request["content"] = request.pop("data")
    try:
        return await client.request(**request, headers=headers)
    except (httpx.InvalidURL, UnicodeEncodeError, ValueError, TypeError):
        return None


def check(answer: httpx.Response, asked: Any) -> None:
    assert answer.status_code < 500, (asked, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", asked
        assert answer.json().keys() >= MEMBERS, asked
        assert "Traceback" not in answer.text


async def test_odd_values_in_every_place_get_an_answer(world: World) -> None:
    """The edges of dates, numbers and texts, which a description's types do not lead to."""
    policy_body = {"policy": {"hours": {}, "steps": [], "caps": {}}}
    requests: list[dict[str, Any]] = []
    for value in ODD:
        requests += [
            {"method": "GET", "url": "/v1/plan", "params": {name: value}}
            for name in ("until", "region", "limit", "cursor", value)
        ]
        requests += [
            {"method": "GET", "url": f"/v1/partners/{value}/reminders"},
            {"method": "PUT", "url": "/v1/pauses", "content": json.dumps({"regions": [value]})},
            {"method": "PUT", "url": "/v1/policy", "params": {"dry_run": value}, "content": json.dumps(policy_body)},
            *(
                {
                    "method": "POST",
                    "url": "/v1/inbound",
                    "content": json.dumps({"from": "+6286000000001"} | {name: value}),
                }
                for name in ("from", "text", "status", "message_id", "to", "channel", value)
            ),
            *({"method": "POST", "url": "/v1/opt-outs", "content": body} for body in bodies(value)),
            *(
                {"method": "PUT", "url": "/v1/policy", "content": json.dumps(policy_body | {name: value})}
                for name in ("effective_from", "policy", value)
            ),
        ]
    async with client_of(world) as client:
        for key in ("admin", await agency_key(world)):
            for request in requests:
                asked = {"headers": {"content-type": "application/json"}} | request
                if (answer := await ask(client, key, asked)) is not None:
                    check(answer, request)


def bodies(value: str) -> list[str]:
    """The value as a body, as a member, as a member's name."""
    known = {"partner_id": partner_id(2)}
    written = [{"partner_id": value}, known | {"reason": value}, known | {value: 1}, [value]]
    return [value.encode(errors="replace").decode(), "[" * 100_000, *map(json.dumps, written)]


@pytest.mark.parametrize("token", ["", " ", "pyk_", "pyk_" + "a" * 5000, "é", "admin\x00", "admin, admin"])
async def test_no_odd_key_lets_anybody_in(world: World, token: str) -> None:
    async with client_of(world) as client:
        for path in ("/v1/policy", "/v1/plan", f"/v1/partners/{partner_id(1)}/reminders"):
            answer = await client.get(path, headers={"Authorization": f"Bearer {token}".encode()})
            assert answer.status_code == 401, (token, answer.text)
            check(answer, token)
