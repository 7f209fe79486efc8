"""A revoked key is refused everywhere at once, also while a large file is worked off."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from deploy.local import ports
from tests.stack import Database
from tests.waiting import eventually

ADMIN = {"authorization": "Bearer admin-of-the-tests"}
ROWS = 40_000
TIMES = 6
GUARDED = {
    "registration": "/v1/lists",
    "coverage": "/v1/coverage",
    "notifications": "/v1/policy",
}
"""Service → a route for whoever has a key."""


@asynccontextmanager
async def running(service: str, database: Database, kafka: str, prefix: str) -> AsyncIterator[httpx.AsyncClient]:
    port = ports.choose({})[service]
    environment = {
        **os.environ,
        "PAYUNG_DATABASE": database.of(service),
        "PAYUNG_KAFKA": kafka,
        "PAYUNG_PORT": str(port),
        "PAYUNG_ADMIN_KEY": "admin-of-the-tests",
        "PAYUNG_TOPIC_PREFIX": prefix,
        "PAYUNG_SECRET": base64.b64encode(bytes(range(32))).decode(),
    }
    process = await asyncio.to_thread(subprocess.Popen, [sys.executable, "-m", f"services.{service}"], env=environment)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            await eventually(lambda: ready(http), within=60, every=0.1)
            yield http
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


async def ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
async def services(database: Database, kafka: str, topics: str) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(running(name, database, kafka, topics)) for name in GUARDED}


def large_file() -> str:
    rows = (f"Usaha {n};91{n:011};Kab. Sukoharjo;0812{n:08}" for n in range(ROWS))
    return "nama usaha;nib;kab/kota;no hp\n" + "\n".join(rows) + "\n"


async def is_known(http: httpx.AsyncClient, path: str, key: str) -> bool:
    return (await http.get(path, headers={"authorization": f"Bearer {key}"})).status_code != 401


async def until_refused(http: httpx.AsyncClient, path: str, key: str) -> None:
    async def is_refused() -> bool:
        return not await is_known(http, path, key)

    await eventually(is_refused, within=20)


async def issued(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.post("/v1/agencies/dinas/keys", headers=ADMIN, json={"scopes": ["read"]})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.timeout(300)
async def test_a_revoked_key_is_refused_everywhere_while_a_file_is_worked_off(
    services: dict[str, httpx.AsyncClient],
) -> None:
    registration = services["registration"]
    agency = {"slug": "dinas", "name": "Dinas", "regions": ["33.11"], "scopes": ["publish", "read"]}
    made = await registration.post("/v1/agencies", headers=ADMIN, json=agency)
    bearer = {"authorization": f"Bearer {made.json()['key']}"}
    keys = [await issued(registration) for _ in range(TIMES)]
    for name, http in services.items():
        for key in keys:
            await eventually(lambda h=http, n=name, k=key["key"]: is_known(h, GUARDED[n], k), within=20)  # type: ignore[misc]
    upload = {"file": ("daftar.csv", large_file(), "text/csv")}
    fields = {"kind": "partners", "list_date": "2021-01-31"}
    taken = await registration.post("/v1/imports", headers=bearer, data=fields, files=upload)
    assert taken.status_code == 202, taken.text

    async def accepted() -> int:
        return int((await registration.get(taken.headers["location"], headers=bearer)).json()["accepted"])

    for number, key in enumerate(keys):
        await eventually(lambda n=number: has_reached(accepted, n * ROWS // (TIMES + 2)), within=120)  # type: ignore[misc]
        gone = await registration.delete(f"/v1/agencies/dinas/keys/{key['key_id']}", headers=ADMIN)
        assert gone.status_code == 204
        await asyncio.gather(*(until_refused(http, GUARDED[name], key["key"]) for name, http in services.items()))
    assert await accepted() < ROWS, "the file was still being worked off"


async def has_reached(count: Callable[[], Awaitable[int]], least: int) -> bool:
    return await count() >= least
