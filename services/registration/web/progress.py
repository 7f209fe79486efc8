"""How far an upload is, as a page that is open is told of it (server-sent events)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic
from typing import Annotated, Final
from uuid import UUID

import asyncpg
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.registration.api.access import own_import, reporter, services
from services.registration.runtime import Services
from services.registration.web import upload_words as words
from services.registration.web.live import ImportWatch
from services.registration.web.uploads import goes_on
from shared.open_streams import OpenStreams, holder_of
from shared.security import Principal
from shared.sessions import COOKIE, Session
from shared.web.pages import Page, SignedIn, pages

router = pages()

LONGEST: Final = 60.0
"""Seconds of one stream; the browser then asks again, and it is looked anew whether it may."""
BEAT_EVERY: Final = 15.0
"""Seconds without news after which a comment shows proxies that the stream is open."""


@router.get("/uploads/{import_id}/live")
async def live(
    page: SignedIn,
    import_id: str,
    principal: Annotated[Principal, Depends(reporter)],
    here: Annotated[Services, Depends(services)],
) -> Response:
    """Events `figures` with the part of the page, and `ended` once there is something to do or nothing to wait for."""
    record = await own_import(here, principal, import_id)
    streams: OpenStreams = page.request.app.state.open_streams
    holder = holder_of(principal.key_id)
    streams.check(holder)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = streams.counted(holder, _events(page, record["import_id"]))
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(page: Page, import_id: UUID) -> AsyncGenerator[str, None]:
    watch: ImportWatch = page.request.app.state.watch
    until, sent_at, last = monotonic() + LONGEST, monotonic(), None
    async with aclosing(watch.of(import_id)) as looks:
        async for record in looks:
            if record is None or monotonic() > until or _is_stopping(page.request):
                return
            if record == last:
                if monotonic() > sent_at + BEAT_EVERY:
                    sent_at = monotonic()
                    yield ":\n\n"
                continue
            if not await _is_signed_in(page.request):
                return
            last, sent_at = record, monotonic()
            if not goes_on(record):
                yield "event: ended\ndata: \n\n"
                return
            yield _event(page, record)


def _event(page: Page, record: asyncpg.Record) -> str:
    _ = page.language.gettext
    context = {
        "figures": record,
        "states": words.states(_),
        "accepted_as": words.accepted_as(_, record),
        "corrected": 0,
    }
    shown = page.site.render("upload_figures.html", page.language.code, context)
    lines = "".join(f"data: {line}\n" for line in shown.splitlines())
    return f"event: figures\n{lines}\n"


async def _is_signed_in(request: Request) -> bool:
    return isinstance(await request.app.state.sessions.of(request.cookies.get(COOKIE, "")), Session)


def _is_stopping(request: Request) -> bool:
    return bool(getattr(getattr(request.app.state, "server", None), "should_exit", False))
