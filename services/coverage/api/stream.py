"""GET /v1/stream: server-sent events that name the regions whose figures changed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from services.coverage.queries import queries
from shared import query_parameters
from shared.database import UNAVAILABLE, connection
from shared.problems import Problem
from shared.security import authenticate, principal_of, require

router = APIRouter(
    prefix="/v1", tags=["coverage"], dependencies=[Depends(require("read")), Depends(query_parameters.only_known)]
)

POLL_SECONDS = 1.0
POLLS_WITHOUT_CHANGE = 15
"""After so many a comment line keeps the connection open."""
STREAMS_OF_A_KEY = 20
"""So many streams may one key have open in one process; each asks the database once a second."""
LATE_BATCHES = 1_000
"""A batch may become visible after this many with higher numbers, and is sent all the same."""


@router.get("/stream", summary="Which regions changed, as they change")
async def stream(request: Request) -> StreamingResponse:
    """Events `coverage` with `{"regions": ["33.11"]}`; a comment line now and then keeps the connection open."""
    open_streams: Counter[str] = _open_streams(request)
    holder = (await principal_of(request)).key_id or "administrator"
    if open_streams[holder] >= STREAMS_OF_A_KEY:
        detail = f"This key has {STREAMS_OF_A_KEY} streams open; close one of them first."
        raise Problem(429, "too_many_requests", detail, headers={"Retry-After": "5"})
    return StreamingResponse(
        _counted(request, open_streams, holder), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


def _open_streams(request: Request) -> "Counter[str]":
    """Key → its open streams in this process."""
    state = request.app.state
    if not hasattr(state, "open_streams"):
        state.open_streams = Counter()
    found: Counter[str] = state.open_streams
    return found


async def _counted(request: Request, open_streams: "Counter[str]", holder: str) -> AsyncIterator[str]:
    """The stream, counted for as long as it is open."""
    open_streams[holder] += 1
    try:
        async with aclosing(_changes(request)) as events:
            async for event in events:
                yield event
    finally:
        open_streams[holder] -= 1


async def _changes(request: Request) -> AsyncGenerator[str, None]:
    sent = {0: [], **await _changed_regions(request, {})}
    yield ": connected\n\n"
    without_change = 0
    while not _is_stopping(request) and not await request.is_disconnected() and await _may_read(request):
        await asyncio.sleep(POLL_SECONDS)
        fresh = await _changed_regions(request, sent)
        sent = dict(sorted({**sent, **fresh}.items())[-LATE_BATCHES:])
        regions = sorted({region for changed in fresh.values() for region in changed})
        without_change = 0 if regions else without_change + 1
        if regions:
            yield f"event: coverage\ndata: {json.dumps({'regions': regions})}\n\n"
        elif without_change % POLLS_WITHOUT_CHANGE == 0:
            yield ": still here\n\n"


async def _changed_regions(request: Request, sent: dict[int, list[str]]) -> dict[int, list[str]]:
    """The batches not sent yet, with the regions that each one changed; none while the database is down."""
    try:
        async with connection(request.app.state.pool) as db:
            rows = await db.fetch(queries["changes"], min(sent, default=0), list(sent))
    except UNAVAILABLE:
        return {}
    return {row["batch"]: [f"{place >> 7:02}.{place & 0x7F:02}" for place in row["places"]] for row in rows}


async def _may_read(request: Request) -> bool:
    """Whether the key is still valid; assumed while the database is down."""
    try:
        return (await authenticate(request)).may("read")
    except Problem:
        return False
    except UNAVAILABLE:
        return True


def _is_stopping(request: Request) -> bool:
    server = getattr(request.app.state, "server", None)
    return server is not None and bool(server.should_exit)
