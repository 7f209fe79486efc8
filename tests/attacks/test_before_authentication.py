"""Who has no good key costs next to nothing: no body is read, no look-up made for the hundredth guess."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.security import new_key
from tests.integration import registration_world


@pytest.fixture(scope="module")
async def world(kafka, postgres):
    from tests import stack

    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, "attacks-auth.") as world:
        await world.agency()
        yield world
    await stack.drop(postgres, database)


class Untouched:
    """A body that says whether anybody read of it."""

    def __init__(self) -> None:
        self.parts_read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(1000):
            self.parts_read += 1
            yield b"a" * 65_536


@pytest.mark.parametrize(("method", "path", "media_type"), [
    ("POST", "/v1/events", "application/cloudevents+json"),
    ("POST", "/v1/imports", "multipart/form-data; boundary=x"),
    ("PUT", "/v1/quarantine/1", "application/json"),
    ("POST", "/v1/agencies", "application/json"),
    ("POST", "/v1/nowhere", "application/json"),
])  # fmt: skip
@pytest.mark.parametrize("key", [
    "", "Bearer ", "Basic abc", "Bearer pyk_wrong", pytest.param(f"Bearer {new_key()[1]}", id="unknown"),
])  # fmt: skip
async def test_without_a_good_key_nothing_of_the_body_is_read(world, method, path, media_type, key) -> None:
    body = Untouched()
    headers = {"content-type": media_type, "x-forwarded-for": path} | ({"authorization": key} if key else {})
    answer = await world.http.request(method, path, content=body, headers=headers)
    assert answer.status_code in (401, 429)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body.parts_read == 0


async def test_many_wrong_keys_are_answered_429_while_good_keys_go_on(world) -> None:
    guesses = [world.http.get("/v1/lists", headers={"authorization": f"Bearer {new_key()[1]}"}) for _ in range(60)]
    answers = await asyncio.gather(*guesses)
    assert {answer.status_code for answer in answers[-20:]} == {429}
    assert answers[-1].headers["retry-after"]
    assert (await world.get("/v1/lists")) == []


async def test_a_body_above_the_routes_limit_is_not_read_to_its_end(world) -> None:
    body = Untouched()
    answer = await world.http.request("POST", "/v1/agencies", content=body, headers={
        "authorization": f"Bearer {registration_world.ADMIN}", "content-type": "application/json",
    })  # fmt: skip
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert body.parts_read < 20
