"""GET /v1/stream: server-sent events that name the regions whose figures changed."""

import asyncio
import json
from collections.abc import AsyncGenerator

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from services.coverage import changed_regions
from services.coverage.changed_regions import ChangedRegions
from shared import query_parameters
from shared.authentication import caller
from shared.database import UNAVAILABLE
from shared.open_streams import OpenStreams, holder_of
from shared.problems import Problem
from shared.security import principal_of, require

router = APIRouter(
    prefix="/v1", tags=["coverage"], dependencies=[Depends(require("read")), Depends(query_parameters.only_known)]
)

POLLS_BETWEEN_CHECKS = 5
"""A stream without changes ends so late after its key or session; none is told of a change after that."""
POLLS_WITHOUT_CHANGE = 15
"""After so many a comment line keeps the connection open."""


@router.get("/stream", summary="Which regions changed, as they change")
async def stream(request: Request) -> StreamingResponse:
    """Events `coverage` with `{"regions": ["33.11"]}`; a comment line now and then keeps the connection open."""
    streams: OpenStreams = request.app.state.open_streams
    holder = holder_of((await principal_of(request)).key_id)
    streams.check(holder)
    return StreamingResponse(
        streams.counted(holder, _changes(request)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _changes(request: Request) -> AsyncGenerator[str, None]:
    changed: ChangedRegions = request.app.state.changed_regions
    position, idle = await changed.position(), 0
    yield ": connected\n\n"
    while not _is_stopping(request) and not await request.is_disconnected():
        await asyncio.sleep(changed_regions.POLL_SECONDS)
        position, regions = await changed.after(position)
        idle = 0 if regions else idle + 1
        if (regions or idle % POLLS_BETWEEN_CHECKS == 0) and not await _may_read(request):
            return
        if regions:
            yield f"event: coverage\ndata: {json.dumps({'regions': regions})}\n\n"
        elif idle % POLLS_WITHOUT_CHANGE == 0:
            yield ": still here\n\n"


async def _may_read(request: Request) -> bool:
    """Whether the key or session is still valid; assumed while the database is down."""
    try:
        return (await caller(request)).may("read")
    except Problem:
        return False
    except UNAVAILABLE:
        return True


def _is_stopping(request: Request) -> bool:
    server = getattr(request.app.state, "server", None)
    return server is not None and bool(server.should_exit)
