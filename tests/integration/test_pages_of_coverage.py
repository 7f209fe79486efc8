"""Coverage's page while something that it needs is away: Kafka, which brings sessions, and the database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.requests import Request

from services.coverage import app, changed_regions
from services.coverage.api import stream
from services.coverage.settings import Settings
from shared.security import hash_key
from shared.sessions import COOKIE, admin_key_id, new_secret
from tests import stack
from tests.waiting import eventually

HTML = {"accept": "text/html"}
STORE = """
insert into sessions (hash, key_id, recorded_at, expires_at, ended) values ($1, $2, now(), $3, $4)
on conflict (hash) do update set ended = excluded.ended
"""


@asynccontextmanager
async def browser(database: stack.Database, kafka: str, topics: str) -> AsyncIterator[httpx.AsyncClient]:
    """At a coverage service that reads nothing from Kafka."""
    settings = Settings(
        database=database.of("coverage"), kafka=kafka, port=0, admin_key="admin", topic_prefix=topics, consume=False
    )
    made = await app.create(settings)
    transport = httpx.ASGITransport(made, raise_app_exceptions=False)
    async with made.router.lifespan_context(made):
        made.state.sessions.clear()
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HTML) as http:
            http.cookies[COOKIE] = new_secret()
            http.app = made  # type: ignore[attr-defined]
            yield http


async def store(http: httpx.AsyncClient, *, ended: bool) -> None:
    expires_at = datetime.now(UTC) + timedelta(hours=12)
    await http.app.state.pool.execute(  # type: ignore[attr-defined]
        STORE, hash_key(http.cookies[COOKIE]), admin_key_id("admin"), expires_at, ended
    )


async def test_a_session_that_has_not_arrived_yet_goes_by_the_sign_in_once(
    database: stack.Database, kafka: str, topics: str
) -> None:
    async with browser(database, kafka, topics) as http:
        answer = await http.get("/")
        assert answer.headers["location"] == "http://127.0.0.1:8001/sign-in?next=http%3A%2F%2F127.0.0.1%3A8002%2F"
        http.cookies["payung_passed"] = "1"
        answer = await http.get("/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "Anda sudah masuk, tetapi layanan ini belum mengetahuinya." in answer.text
        assert '<meta http-equiv="refresh" content="2">' in answer.text
        await store(http, ended=False)
        assert (await http.get("/")).status_code == 200
        http.cookies[COOKIE] = new_secret()
        await store(http, ended=True)
        assert (await http.get("/")).status_code == 303, "it is over, so there is nothing to wait for"


async def test_a_stream_goes_on_as_long_as_its_session(
    database: stack.Database, kafka: str, topics: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed_regions, "POLL_SECONDS", 0.01)
    async with browser(database, kafka, topics) as http:
        await store(http, ended=False)
        made = http.app  # type: ignore[attr-defined]
        cookie = (b"cookie", f"{COOKIE}={http.cookies[COOKIE]}".encode())
        request = Request({"type": "http", "app": made, "headers": [cookie]}, asyncio.Event().wait)  # type: ignore[arg-type]
        events = stream._changes(request)
        assert await anext(events) == ": connected\n\n"
        await made.state.pool.execute("insert into changes (batch, places) values (1, $1)", [33 << 7 | 11])
        async with asyncio.timeout(30):
            assert '"33.11"' in await next_event(events)
            await store(http, ended=True)
            assert [each async for each in events if each.startswith("event")] == []


async def next_event(events: AsyncIterator[str]) -> str:
    while not (found := await anext(events)).startswith("event"):
        pass
    return found


async def test_without_the_database_a_page_says_so_and_comes_back(
    own_postgres: Callable[[], Awaitable[stack.Server]], kafka: str, topics: str
) -> None:
    server = await own_postgres()
    async with browser(await stack.clone(server.admin, stack.EMPTY), kafka, topics) as http:
        await store(http, ended=False)
        assert (await http.get("/")).status_code == 200
        server.kill()

        async def is_down() -> bool:
            return (await http.get("/")).status_code == 503

        await eventually(is_down, 30)
        answer = await http.get("/")
        assert answer.headers["retry-after"] == "5"
        assert "<h1>Sedang tidak tersedia</h1>" in answer.text
        assert "Basis data kami sedang tidak menjawab" in answer.text
        await server.start()

        async def is_up() -> bool:
            return (await http.get("/")).status_code == 200

        await eventually(is_up, 60)
