"""The answer when something goes wrong: a code, what to do, and never an internal value."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Request

from shared import problems


@pytest.fixture
async def client():
    app = FastAPI()
    problems.install(app)

    @app.get("/down")
    async def down():
        raise asyncpg.exceptions.CannotConnectNowError("host 10.1.2.3 says no")

    @app.get("/unreachable")
    async def unreachable():
        raise ConnectionRefusedError("10.1.2.3")

    @app.get("/dying")
    async def dying():
        raise asyncpg.InternalClientError("cannot switch to state 13; protocol is in the failed state")

    @app.get("/bug")
    async def bug():
        raise ZeroDivisionError("3571010101010001")

    @app.get("/ours")
    async def ours():
        raise problems.Problem(409, "conflict", "Taken.", field="slug")

    @app.get("/number")
    async def number(limit: int):
        return limit

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://payung") as client:
        yield client


@pytest.mark.parametrize(("path", "status", "code"), [
    ("/down", 503, "unavailable"),
    ("/unreachable", 503, "unavailable"),
    ("/dying", 503, "unavailable"),
    ("/bug", 500, "internal"),
    ("/ours", 409, "conflict"),
    ("/nowhere", 404, "not_found"),
    ("/number?limit=many", 422, "invalid_value"),
])  # fmt: skip
async def test_every_failure_is_a_problem_without_values(client, path, status, code):
    answer = await client.get(path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "detail"} <= set(body)
    assert "3571010101010001" not in answer.text
    assert "10.1.2.3" not in answer.text


async def test_a_problem_names_the_field(client):
    assert (await client.get("/ours")).json()["field"] == "slug"
    assert (await client.get("/number?limit=many")).json()["field"] == "limit"


async def test_what_passes_by_itself_says_when_to_come_back(client):
    assert (await client.get("/down")).headers["retry-after"] == "5"


async def test_a_client_that_hangs_up_is_no_error_of_ours(service_log):
    app = FastAPI()
    problems.install(app)

    @app.post("/events")
    async def events(request: Request):
        await request.body()

    sent = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return sent.pop(0)

    async def send(_message):
        pass

    scope = {"type": "http", "method": "POST", "path": "/events", "headers": [], "query_string": b""}
    await app(scope | {"raw_path": b"/events", "server": ("h", 1), "root_path": ""}, receive, send)
    assert '"error"' not in service_log.getvalue()
    assert "hung up" in service_log.getvalue()
