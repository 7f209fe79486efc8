"""The matrix of routes and callers finds what it is there for."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.attacks.matrix import CALLERS, SECRET, Matrix, Route, fixed, read_exceptions

OWN = str(uuid4())
ROUTE = Route("GET", "/v1/things/{thing_id}", ("read", "administrator"), 200)


def answer(caller: str, route: Route, path: str) -> httpx.Response:
    """What a good service says."""
    status = int(route.expected(str(route), caller))
    if caller in ("foreign", "sister") and status == 404:
        return httpx.Response(404, text="Nothing here.")
    return httpx.Response(status, text=SECRET if status == 200 and OWN in path else "")


@pytest.mark.parametrize(("caller", "leak"), [
    (None, None),
    ("publish", httpx.Response(200)),
    ("none", httpx.Response(200)),
    ("figures", httpx.Response(403, text=f"{SECRET} is not for you")),
    ("sister", httpx.Response(200, text=SECRET)),
    ("foreign", httpx.Response(404, text=f"{OWN} is not yours")),
])  # fmt: skip
async def test_a_route_that_answers_a_caller_otherwise_is_found(caller: str | None, leak: httpx.Response) -> None:
    async def ask(asker: str, route: Route, request: dict[str, Any]) -> httpx.Response:
        given = OWN in request["path"]
        return leak if asker == caller and given else answer(asker, route, request["path"])

    prepared = {str(ROUTE): fixed(path=f"/v1/things/{OWN}")}
    wrong = await Matrix([ROUTE], prepared, {}, CALLERS, ask).wrong(lambda route, answer: ())
    assert {each[1] for each in wrong} == ({caller} if caller else set())


async def test_a_route_that_nobody_prepared_is_asked_with_the_ids_and_the_body_that_there_are() -> None:
    seen: list[tuple[str, Any]] = []
    example = {"content": {"application/json": {"examples": {"One": {"value": {"name": "x"}}}}}}
    new = Route("POST", "/v1/things/{thing_id}/new", ("read",), 201, described={"requestBody": example})

    async def ask(asker: str, route: Route, request: dict[str, Any]) -> httpx.Response:
        seen.append((request["path"], request.get("json")))
        return httpx.Response(422 if asker == "read" else int(route.expected(str(route), asker)))

    prepared = {str(ROUTE): fixed(path=f"/v1/things/{OWN}")}
    assert await Matrix([new], prepared, {}, ("publish", "read"), ask).wrong(lambda route, answer: ()) == []
    assert seen == [(f"/v1/things/{OWN}/new", {"name": "x"})] * 2


def test_exceptions_are_read_by_call_and_caller() -> None:
    assert read_exceptions("POST /v1/events (listing)   enroll=422 *=403\n") == {
        "POST /v1/events (listing)": {"enroll": "422", "*": "403"}
    }
