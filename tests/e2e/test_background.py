"""`up --detach`, `status`, a second `up`, `down`: the commands a person types, with the real services."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from deploy.local import ports, status
from deploy.local.directory import ROOT
from deploy.local.postgres import SERVICES
from shared.bus.kafka_url import kafka_url
from tests.kafka_clients import open_producer
from tests.waiting import eventually


def payung(*arguments: str, data: Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-P", "-m", "deploy.local", *arguments, "--data", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=data.parent, env=environment)


@pytest.fixture(scope="module")
def base() -> int:
    return min(ports.choose({}).values())


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, base: int) -> Iterator[tuple[Path, str]]:
    """The directory of a stack in the background, and what `up --detach` printed."""
    data = tmp_path_factory.mktemp("back ground") / "data"
    result = payung("up", "--detach", "--empty", "--ports", str(base), data=data)
    assert result.returncode == 0, result.stderr
    yield data, result.stdout
    payung("down", data=data)


def test_it_returns_when_everything_answers_and_prints_where(up: tuple[Path, str], base: int) -> None:
    data, output = up
    known = json.loads((data / "endpoints.json").read_text())
    assert known["registration"] == f"http://127.0.0.1:{base}"
    for service in SERVICES:
        assert f"{service} ready on" in output
        assert httpx.get(f"{known[service]}/readyz").status_code == 200


def test_status_as_json_has_what_the_services_report(up: tuple[Path, str]) -> None:
    result = payung("status", "--json", data=up[0])
    assert result.returncode == 0
    report = json.loads(result.stdout)
    parts = {part["name"]: part for part in report["parts"]}
    assert all(parts[service]["detail"]["status"] == "ok" for service in SERVICES)
    assert (report["lag"], report["dead_letters"], report["freshness"]) == (dict.fromkeys(SERVICES, 0), {}, [])
    assert "coverage" in payung("status", data=up[0]).stdout


async def test_an_agency_writes_to_kafka_with_what_key_issue_prints_until_the_key_is_revoked(
    up: tuple[Path, str],
) -> None:
    data = up[0]
    added = payung("agency", "add", "kantor", "--region", "33.11", data=data)
    assert added.returncode == 0, added.stderr
    issued = payung("key", "issue", "kantor", "--kafka", data=data)
    assert issued.returncode == 0, issued.stderr
    (server,) = re.findall(r"Kafka at (\S+),", issued.stdout)
    (topic,) = re.findall(r"may write the topic (\S+)", issued.stdout)
    ((user, password),) = re.findall(r"user (\S+), password, shown this once: (\S+)", issued.stdout)
    address = kafka_url(server, user, password)
    await write(address, topic, listing("first"))
    known = json.loads((data / "endpoints.json").read_text())
    key = {"Authorization": f"Bearer {known['agency_keys']['kantor']}"}

    def is_listed() -> bool:
        return len(httpx.get(f"{known['registration']}/v1/partners", headers=key).json()["items"]) == 1

    await eventually(is_listed, within=20)
    (key_id,) = re.findall(r"^key (\S+) of kantor", issued.stdout)
    assert payung("key", "revoke", "kantor", key_id, data=data).returncode == 0
    with pytest.raises((KafkaConnectionError, TopicAuthorizationFailedError)):
        await write(address, topic, listing("second"))


def listing(event_id: str) -> bytes:
    """A structured CloudEvent that lists a business in Sukoharjo."""
    data = {"partner": {"nib": "0000100099999"}, "name": "Batik Contoh", "kind": "business", "region": "33.11"}
    data |= {"list": "contoh", "listed_on": "2026-01-15"}
    event = {"specversion": "1.0", "id": event_id, "source": "urn:kantor", "type": "partner.listed", "data": data}
    return json.dumps(event).encode()


async def write(address: str, topic: str, value: bytes) -> None:
    async with open_producer(address, request_timeout_ms=10_000) as producer:
        headers = [("content-type", b"application/cloudevents+json")]
        await producer.send_and_wait(topic, value, key=b"k", headers=headers)


def test_up_again_prints_where_it_is_and_changes_nothing(up: tuple[Path, str]) -> None:
    before = (up[0] / "endpoints.json").read_text()
    result = payung("up", data=up[0])
    assert result.returncode == 0
    assert "already up" in result.stdout
    assert (up[0] / "endpoints.json").read_text() == before


def test_ports_that_are_taken_are_refused_in_one_line(up: tuple[Path, str], base: int, tmp_path: Path) -> None:
    result = payung("up", "--detach", "--ports", str(base), data=tmp_path / "other")
    assert result.returncode == 1
    assert result.stderr.startswith(f"payung: port {base} for registration is in use: choose another --ports BASE")
    assert result.stderr.count("\n") == 1


def test_an_invented_person_is_erased_everywhere(up: tuple[Path, str], tmp_path: Path) -> None:
    """The drill finds it first, in tables, topics and dead letters; the receipt says what was searched."""
    file = tmp_path / "receipt.json"
    result = payung("erase", "--verify", "--no-backup", "--receipt", str(file), data=up[0])
    assert result.returncode == 0, result.stderr
    assert "found nowhere it may not be" in result.stdout
    receipt = json.loads(file.read_text())
    assert receipt["found_after"] == {}
    assert {"table registration.evidence", "topic contacts"} < receipt["found_before"].keys()
    assert receipt["searched"]["topics"] > 10
    again = payung("erase", receipt["partner_id"], "--yes", data=up[0])
    assert (again.returncode, "was erased already" in again.stderr) == (1, True)


async def test_services_that_are_killed_come_back_and_answer(up: tuple[Path, str]) -> None:
    before = json.loads(payung("status", "--json", data=up[0]).stdout)["parts"]
    for part in before:
        if part["name"] in SERVICES:
            os.kill(part["pid"], signal.SIGKILL)

    def back() -> bool:
        report = status.of(up[0])
        return bool(report["ready"]) and all(p["restarts"] == 1 for p in report["parts"] if p["name"] in SERVICES)

    await eventually(back, within=40)


def test_down_ends_every_process_and_services_end_by_themselves(up: tuple[Path, str]) -> None:
    parts = json.loads(payung("status", "--json", data=up[0]).stdout)["parts"]
    assert payung("down", data=up[0]).returncode == 0
    assert not any(psutil.pid_exists(part["pid"]) for part in parts)
    assert "killed" not in (up[0] / "logs/stack.log").read_text().split("ready after")[-1].split("is ready again")[-1]
    assert payung("status", data=up[0]).returncode == 1
