"""GET /v1/stream: server-sent events that say which regions' figures changed."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from services.coverage.queries import queries
from shared.database import UNAVAILABLE, connection
from shared.problems import Problem
from shared.security import authenticate, require

router = APIRouter(prefix="/v1", tags=["coverage"], dependencies=[Depends(require("read"))])

POLL_SECONDS = 1.0
QUIET_POLLS = 15
LATE_BATCHES = 1_000
"""A batch may become visible after this many with higher numbers, and is told all the same."""


@router.get("/stream", summary="Which regions changed, as they change")
async def stream(request: Request) -> StreamingResponse:
    """Events `coverage` with `{"regions": ["33.11"]}`; a comment line now and then keeps the connection open."""
    return StreamingResponse(_changes(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _changes(request: Request) -> AsyncIterator[str]:
    seen = {0: [], **await _batches(request, {})}
    yield ": connected\n\n"
    quiet = 0
    while not _ending(request) and not await request.is_disconnected() and await _welcome(request):
        await asyncio.sleep(POLL_SECONDS)
        fresh = await _batches(request, seen)
        seen = dict(sorted({**seen, **fresh}.items())[-LATE_BATCHES:])
        regions = sorted({region for changed in fresh.values() for region in changed})
        quiet = 0 if regions else quiet + 1
        if regions:
            yield f"event: coverage\ndata: {json.dumps({'regions': regions})}\n\n"
        elif quiet % QUIET_POLLS == 0:
            yield ": still here\n\n"


async def _batches(request: Request, seen: dict[int, list[str]]) -> dict[int, list[str]]:
    """The batches not seen yet, with the regions each one changed; none while the database is away."""
    try:
        async with connection(request.app.state.pool) as db:
            rows = await db.fetch(queries["changes"], min(seen, default=0), list(seen))
    except UNAVAILABLE:
        return {}
    return {row["batch"]: [f"{place >> 7:02}.{place & 0x7F:02}" for place in row["places"]] for row in rows}


async def _welcome(request: Request) -> bool:
    """Whether the key still holds; believed while the database is away."""
    try:
        return (await authenticate(request)).may("read")
    except Problem:
        return False
    except UNAVAILABLE:
        return True


def _ending(request: Request) -> bool:
    server = getattr(request.app.state, "server", None)
    return server is not None and bool(server.should_exit)
