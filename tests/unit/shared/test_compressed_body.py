"""What is sent compressed is read as it was before, within the same limit; HEAD answers as GET does, without a body."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator
from functools import cache

import httpx
import pytest
from backports import zstd
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from hypothesis import given
from hypothesis import strategies as st

from shared import problems
from shared.body_limit import BodyLimit
from shared.compressed_body import CompressedBody
from shared.head_requests import HeadRequests

LIMIT = 8 << 20
COMPRESS = {"gzip": gzip.compress, "zstd": zstd.compress}


@cache
def app() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(HeadRequests)
    app.add_middleware(CompressedBody, by_path={"/size": LIMIT})
    app.add_middleware(BodyLimit, by_path={"/size": LIMIT})

    @app.post("/echo")
    async def echo(request: Request) -> JSONResponse:
        return JSONResponse({"body": (await request.body()).hex(), "length": request.headers.get("content-length")})

    @app.post("/size")
    async def size(request: Request) -> int:
        return sum([len(part) async for part in request.stream()])

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                yield b": still here\n\n"
                await asyncio.sleep(0)

        return StreamingResponse(parts(), media_type="text/event-stream")

    return app


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://payung")


async def post(path: str, body: bytes, encoding: str, step: int = 65_536) -> httpx.Response:
    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    async with client() as http:
        return await http.post(path, content=parts(), headers={"content-encoding": encoding})


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.sampled_from([*COMPRESS]), st.integers(1, 50))
def test_any_body_in_any_parts_is_read_as_it_was(texts: list[bytes], encoding: str, step: int) -> None:
    compressed = b"".join(map(COMPRESS[encoding], texts))  # one after another is one body, as by `cat`
    answer = asyncio.run(post("/echo", compressed, encoding, step))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"body": b"".join(texts).hex(), "length": None}


@pytest.mark.parametrize("encoding", COMPRESS)
async def test_a_body_that_unfolds_to_the_limit_is_read_and_one_byte_more_is_not(encoding: str) -> None:
    compress = COMPRESS[encoding]
    assert (await post("/size", compress(bytes(LIMIT)), encoding)).json() == LIMIT
    answer = await post("/size", compress(bytes(LIMIT + 1)), encoding)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("encoding", COMPRESS)
async def test_a_bomb_takes_no_memory(encoding: str) -> None:
    bomb = COMPRESS[encoding](bytes(300 << 20))
    tracemalloc.start()
    answer = await post("/size", bomb, encoding)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 413
    assert peak < 4 << 20


async def test_members_that_hold_nothing_do_not_go_on_beyond_the_limit() -> None:
    empty = gzip.compress(b"")
    answer = await post("/size", empty * (LIMIT // len(empty) + 100), "gzip")
    assert answer.status_code == 413


@pytest.mark.parametrize("encoding", COMPRESS)
@pytest.mark.parametrize("broken", [lambda body: body[:-1], lambda body: b"{}" + body, lambda body: body + b"{}"])
async def test_what_is_not_whole_is_refused(encoding: str, broken: object) -> None:
    answer = await post("/echo", broken(COMPRESS[encoding](b"x" * 1000)), encoding)  # type: ignore[operator]
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert encoding in answer.json()["detail"]


async def test_zstd_may_not_ask_for_much_memory_to_look_back() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    far = zstd.ZstdCompressor(options=options)
    answer = await post("/echo", far.compress(b"x" * 10) + far.flush(), "zstd")
    assert answer.status_code == 400


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
async def test_another_encoding_is_refused_with_those_that_are_read(encoding: str) -> None:
    answer = await post("/echo", b"x", encoding)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, zstd")


async def test_head_answers_as_get_also_for_a_stream_without_end() -> None:
    async with client() as http:
        answer = await asyncio.wait_for(http.head("/endless"), 5)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"].startswith("text/event-stream")
        answer = await http.head("/echo")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
