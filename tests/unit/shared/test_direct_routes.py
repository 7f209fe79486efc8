"""A direct route answers as its APIRoute would: the same checks, errors, methods and description."""

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from shared.problems import Problem
from shared.service import build_app

calls: list[str] = []


async def known(request: Request) -> None:
    if request.query_params:
        raise Problem(422, "unknown_parameter", "There is no such parameter.")


checked = APIRouter(dependencies=[Depends(known)])


@checked.post("/things", status_code=202, summary="Send a thing")
async def post_things(request: Request) -> Response:
    """Takes it."""
    calls.append(request.scope["route"].path)
    if request.headers.get("content-type") == "bad":
        raise RuntimeError("ours")
    return Response(await request.body(), status_code=202)


def _app(direct: bool) -> FastAPI:
    return build_app("tiny", routers=[checked], direct=checked.routes if direct else ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/things", {}),
        ("POST", "/things?a=1", {}),
        ("POST", "/things", {"content-type": "bad"}),
        ("POST", "/things/", {}),
        ("GET", "/things", {}),
        ("HEAD", "/things", {}),
        ("POST", "/thing", {}),
    ],
)
async def test_it_answers_as_the_framework_would(method: str, path: str, headers: dict[str, str]) -> None:
    answers = []
    for direct in (False, True):
        transport = httpx.ASGITransport(_app(direct), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://tiny") as client:
            answer = await client.request(method, path, headers=headers, content=b"a thing")
            answers.append((answer.status_code, answer.content, sorted(answer.headers.items())))
    assert answers[0] == answers[1]


def test_it_is_described_once() -> None:
    assert list(_app(True).openapi()["paths"]["/things"]) == ["post"]
