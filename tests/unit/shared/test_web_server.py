"""The server sleeps while nothing is asked, and still ends at once."""

import asyncio
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from shared import web_server
from shared.web_server import Server
from tests.waiting import eventually


async def test_it_ends_when_it_is_told_to_however_long_it_sleeps(monkeypatch: Any) -> None:
    monkeypatch.setattr(web_server, "TICK_SECONDS", 3600.0)

    async def app(_: Scope, __: Receive, ___: Send) -> None:
        return

    server = Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, 10)
    server.leave()
    await asyncio.wait_for(serving, 30)
