"""/docs: how to begin, the reference of this service's routes, Kafka, and the error codes. For everybody."""

from functools import cache
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from shared.events import asyncapi
from shared.refusals import NOTES, PROBLEMS, REFUSALS, WARNINGS
from shared.web import reference
from shared.web.pages import AnyPage, pages

router = pages()


@router.get("/docs")
async def guide(page: AnyPage) -> Response:
    return page.render("docs/guide.html")


@router.get("/docs/reference")
async def routes(page: AnyPage, request: Request) -> Response:
    state = request.app.state
    if not hasattr(state, "reference"):
        state.reference = reference.tags(request.app.openapi())
    return page.render("docs/reference.html", tags=state.reference)


@router.get("/docs/kafka")
async def kafka(page: AnyPage) -> Response:
    return page.render("docs/kafka.html", document=events(), topics=topics())


@router.get("/docs/errors")
async def errors(page: AnyPage) -> Response:
    return page.render("docs/errors.html", refusals=REFUSALS, warnings=WARNINGS, notes=NOTES, problems=PROBLEMS)


@router.get("/asyncapi.json")
async def asyncapi_document() -> Response:
    return JSONResponse(events())


@cache
def events() -> dict[str, Any]:
    return asyncapi.document()


@cache
def topics() -> list[reference.Channel]:
    return reference.channels(events())
