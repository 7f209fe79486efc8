"""`/openapi.json` as a developer needs it: what every service's description has, added to what FastAPI finds out.

A new route needs a summary, and beside its module an example file (`examples/NAME.json`, `examples.py` says what is in
it). Everything else is derived: refusals and their examples, the key, headers, tags, the words for fields and the
schemas of answers. tests/contract/test_openapi.py says what is missing.
"""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from shared.openapi.document import complete


def operation_id(route: APIRoute) -> str:
    """The route's function, which clients made from the description call the same; unique within a service."""
    return route.name


def install(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Let `app.openapi()`, as FastAPI extends it, return the completed description of these routers, made once."""
    routes = {route.name: route for router in routers for route in router.routes if isinstance(route, APIRoute)}
    described = app.openapi
    made: list[dict[str, object]] = []

    def openapi() -> dict[str, object]:
        if not made:
            made.append(complete(described(), routes))
        return made[0]

    app.openapi = openapi  # type: ignore[method-assign]


def answered_with(status: int, headers: dict[str, str]) -> dict[int | str, dict[str, object]]:
    """Headers of an answer with their meaning, for a route's `responses=`."""
    described = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
    return {status: {"headers": described}}
