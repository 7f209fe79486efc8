"""Heads that are too large and clients that are too slow: refused or closed, while everybody else is served."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest

from shared.connection import LimitedConnection
from tests.waiting import eventually


@contextmanager
def service() -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    child = subprocess.Popen([sys.executable, "-m", "tests.integration.tiny_service", str(port), "ticks"])
    try:
        yield port, psutil.Process(child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(15)


@pytest.fixture(scope="module")
async def tiny() -> Iterator[tuple[int, psutil.Process]]:
    with service() as (port, process):
        await eventually(lambda: answers(port), 15)
        yield port, process


async def answers(port: int) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            return (await client.get(f"http://127.0.0.1:{port}/livez")).status_code == 200
    except httpx.TransportError:
        return False


async def exchange(port: int, sent: bytes) -> bytes:
    """What the server answers to these bytes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.close()


async def pour(writer: asyncio.StreamWriter, megabytes: int) -> None:
    for _ in range(megabytes):
        writer.write(b"a" * 1_000_000)
        await writer.drain()
        await asyncio.sleep(0)


def head(size: int) -> bytes:
    """A complete request whose head has about so many bytes, in lines of 1,000."""
    line = b"X-Filler: " + b"a" * 988 + b"\r\n"
    return b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line * (size // 1000) + b"\r\n"


async def test_a_head_within_the_limit_is_served(tiny) -> None:
    assert (await exchange(tiny[0], head(30_000))).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("size", [40_000, 200_000, 1_000_000])
async def test_a_head_above_the_limit_is_refused_as_a_problem(tiny, size: int) -> None:
    answer = await exchange(tiny[0], head(size))
    assert answer == b"reset" or answer.startswith(b"HTTP/1.1 431")
    if answer != b"reset":
        assert b"application/problem+json" in answer
        assert b'"code": "too_large"' in answer


async def test_one_endless_header_costs_no_memory_and_no_time(tiny) -> None:
    port, process = tiny
    before = process.memory_info().rss
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /livez HTTP/1.1\r\nX-Endless: ")
    with pytest.raises(ConnectionError):
        await pour(writer, megabytes=60)
    writer.close()
    assert await answers(port)
    assert process.memory_info().rss - before < 20_000_000


async def test_slow_heads_are_closed_and_others_are_served_meanwhile(tiny) -> None:
    port, _ = tiny
    began = time.monotonic()
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
    for _, writer in slow[:20]:
        writer.write(b"GET /livez HTTP/1.1\r\nX-Slow: ")
    assert await answers(port)
    closed = asyncio.gather(*(reader.read() for reader, _ in slow))
    assert await asyncio.wait_for(closed, LimitedConnection.head_seconds + 10) == [b""] * 40
    assert time.monotonic() - began > LimitedConnection.head_seconds - 1
    for _, writer in slow:
        writer.close()


async def test_a_body_that_drips_is_closed(tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    port, _ = tiny
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")

    async def drip() -> None:
        while not writer.is_closing():
            writer.write(b"a")
            await asyncio.sleep(0.5)

    dripping = asyncio.create_task(drip())
    limit = LimitedConnection.body_seconds + 3 * LimitedConnection.check_seconds
    try:
        await asyncio.wait_for(reader.read(), limit)
    except ConnectionError:
        pass
    finally:
        dripping.cancel()
        writer.close()
