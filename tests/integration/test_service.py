"""What every service does as a process: health, errors, metrics, logs and stopping."""

import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from tests.waiting import eventually


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def service(mode):
    port = free_port()
    command = [sys.executable, "-m", "tests.integration.tiny_service", str(port), mode]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield child, f"http://127.0.0.1:{port}"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stderr.close()


async def up(url):
    async def answers():
        try:
            return (await client.get(url + "/livez")).status_code
        except httpx.TransportError:
            return None

    async with httpx.AsyncClient() as client:
        await eventually(answers, 15)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_in_order_with_exit_code_0(how):
    with service("ticks") as (child, url):
        await up(url)
        child.send_signal(how)
        out, _ = child.communicate(timeout=10)
        assert child.returncode == 0
        assert out.splitlines() == ["ticking finished", "closed"]


async def test_a_part_that_does_not_stop_is_left_behind_in_time():
    with service("stubborn") as (child, url):
        await up(url)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=12)
        assert child.returncode == 0


async def test_a_part_that_fails_ends_the_process_and_the_log_names_no_value():
    with service("fails") as (child, _):
        _, err = child.communicate(timeout=15)
        assert child.returncode == 1
    lines = [json.loads(line) for line in err.splitlines()]
    (error,) = [line for line in lines if line["level"] == "error"]
    assert error["service"] == "tiny"
    assert error["exception"] == "ZeroDivisionError"
    assert "3571010101010001" not in err


async def test_health_reports_what_each_part_does():
    with service("waits") as (_, url):
        await up(url)
        async with httpx.AsyncClient(base_url=url) as client:
            live, ready = await client.get("/livez"), await client.get("/readyz")
            assert live.status_code == 200
            assert ready.status_code == 503
            ticking = ready.json()["parts"]["ticking"]
            assert (ticking["ok"], ticking["mode"], ticking["trouble"]) == (False, "waits", "ConnectionRefusedError")
            metrics = (await client.get("/metrics")).text
            assert (
                'payung_tiny_http_request_duration_seconds_count{method="GET",route="/livez",status="200"}' in metrics
            )
            assert (await client.get("/openapi.json")).json()["info"]["title"] == "Payung tiny"


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/nowhere", 404, "not_found"),
    ("POST", "/livez", 405, "method_not_allowed"),
])  # fmt: skip
async def test_the_frameworks_errors_are_problems_too(method, path, status, code):
    with service("ticks") as (_, url):
        await up(url)
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= set(answer.json())
    assert answer.json()["code"] == code
