"""/docs: how to begin, the reference of this service's routes, Kafka, and the error codes. For everybody."""

import gzip
from functools import cache
from typing import Any, Final

from fastapi import Request
from starlette.responses import JSONResponse, Response

from shared.events import asyncapi
from shared.refusals import NOTES, PROBLEMS, REFUSALS, WARNINGS
from shared.web import reference
from shared.web.pages import AnyPage, Page, pages

router = pages()

QUICKLY: Final = 5
"""gzip's level: these pages are a quarter of a megabyte and shrink to a tenth."""


@router.get("/docs")
async def guide(page: AnyPage) -> Response:
    return _shown(page, "docs/guide.html")


@router.get("/docs/reference")
async def routes(page: AnyPage, request: Request) -> Response:
    state = request.app.state
    if not hasattr(state, "reference"):
        state.reference = reference.tags(request.app.openapi())
    return _shown(page, "docs/reference.html", tags=state.reference)


@router.get("/docs/kafka")
async def kafka(page: AnyPage) -> Response:
    return _shown(page, "docs/kafka.html", document=events(), topics=topics())


@router.get("/docs/errors")
async def errors(page: AnyPage) -> Response:
    return _shown(page, "docs/errors.html", refusals=REFUSALS, warnings=WARNINGS, notes=NOTES, problems=PROBLEMS)


@router.get("/asyncapi.json")
async def asyncapi_document() -> Response:
    return JSONResponse(events())


@cache
def events() -> dict[str, Any]:
    return asyncapi.document()


@cache
def topics() -> list[reference.Channel]:
    return reference.channels(events())


def _shown(page: Page, template: str, **context: Any) -> Response:
    """The page, compressed for who takes that."""
    answer = page.render(template, **context)
    if "gzip" not in page.request.headers.get("accept-encoding", ""):
        return answer
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers.add_vary_header("Accept-Encoding")
    answer.body = gzip.compress(bytes(answer.body), QUICKLY)
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer
