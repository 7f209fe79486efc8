"""`up --detach`, `status`, a second `up`, `down`: the commands a person types, with the real services.

No secret of theirs stands where other users of the machine can read it.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from deploy.local import credentials, ports, status
from deploy.local.directory import ROOT, Directory
from deploy.local.endpoints import Endpoints, load_endpoints
from deploy.local.postgres import SERVICES
from shared.bus.kafka_url import kafka_url
from tests.kafka_clients import open_producer
from tests.waiting import eventually

MAIL_PASSWORD = "password-of-the-mail-server"
MAIL = f"smtp://me:{MAIL_PASSWORD}@127.0.0.1:1"


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
    result = payung("up", "--detach", "--empty", "--ports", str(base), "--smtp", MAIL, data=data)
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


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def secrets_of(data: Path) -> set[str]:
    """Every password and key, and the mail server's."""
    found = {MAIL_PASSWORD, *texts(json.loads((data / "secrets.json").read_text()))}
    assert min(map(len, found)) > 20, "short enough to stand in a stranger's command line by chance"
    return found


def of_every_process(name: str) -> dict[str, str]:
    """Process id → the text of this file of /proc."""
    found: dict[str, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found[folder.name] = (folder / name).read_bytes().decode(errors="replace")
    return found


def test_no_secret_stands_in_any_command_line(up: tuple[Path, str]) -> None:
    secrets, lines = secrets_of(up[0]), of_every_process("cmdline")
    assert len(secrets) >= 10
    assert sum(str(up[0]) in line or "services." in line for line in lines.values()) >= 4
    assert not [line for line in lines.values() for secret in secrets if secret in line]


def test_no_secret_stands_in_a_log_or_in_a_file_for_others(up: tuple[Path, str]) -> None:
    secrets = secrets_of(up[0])
    assert not [secret for secret in secrets if secret in up[1]]
    for log in (up[0] / "logs").iterdir():
        assert not [secret for secret in secrets if secret in log.read_text(errors="replace")], log
    for folder, _, files in os.walk(up[0]):
        for file in (Path(folder, name) for name in files):
            if file.stat().st_mode & 0o044 and file.stat().st_size < 1 << 20:
                content = file.read_bytes()
                assert not [secret for secret in secrets if secret.encode() in content], file


def test_a_secret_is_in_the_environment_of_those_alone_who_need_it(up: tuple[Path, str]) -> None:
    secrets = json.loads((up[0] / "secrets.json").read_text())
    parts = {part["name"]: str(part["pid"]) for part in status.of(up[0])["parts"]}
    environments = of_every_process("environ")
    holders = {
        MAIL_PASSWORD: {"notifications"},
        secrets["secret"]: {"registration"},
        secrets["admin_key"]: {"registration", "coverage", "notifications"},
        **{password: {role} for role, password in secrets["roles"].items()},
    }
    for secret, allowed in holders.items():
        assert {name for name, pid in parts.items() if secret in environments[pid]} == allowed


async def test_services_that_are_killed_come_back_and_answer(up: tuple[Path, str]) -> None:
    before = json.loads(payung("status", "--json", data=up[0]).stdout)["parts"]
    for part in before:
        if part["name"] in SERVICES:
            os.kill(part["pid"], signal.SIGKILL)

    def back() -> bool:
        report = status.of(up[0])
        return bool(report["ready"]) and all(p["restarts"] == 1 for p in report["parts"] if p["name"] in SERVICES)

    await eventually(back, within=40, every=0.2)


async def test_a_rotation_cut_short_by_kill_9_counts_at_the_next_start_and_everything_opens(
    up: tuple[Path, str],
) -> None:
    home, before = Directory(up[0].resolve()), load_endpoints(up[0])
    async with httpx.AsyncClient(trust_env=False) as http:
        key = await agency(http, before)
        event = {
            "specversion": "1.0",
            "id": "1",
            "source": "/dinas",
            "type": "partner.listed",
            "data": {"partner": {"nik": "3311014101800001"}, "name": "Siti", "kind": "individual", "region": "33.11"}
            | {"list": "ods", "listed_on": "2024-01-31"},
        }
        answer = await http.post(f"{before.registration}/v1/events", json=event, headers=bearer(key) | EVENT)
        assert answer.status_code == 202, answer.text
        partner = answer.json()["partners"]["1"]
        credentials.rotate(home, credentials.ROTATED)
        await eventually(lambda: status.of(up[0]).get("phase") == "starting", 30)
        os.kill(status.of(up[0])["pid"], signal.SIGKILL)
        result = payung("up", "--detach", "--empty", data=up[0])
        assert result.returncode == 0, result.stderr
        after = load_endpoints(up[0])
        assert after.admin_key != before.admin_key
        url = f"{after.registration}/v1/agencies"
        assert (await http.get(url, headers=bearer(after.admin_key))).status_code == 200
        assert (await http.get(url, headers=bearer(before.admin_key))).status_code == 401
        shown = await http.get(f"{after.registration}/v1/partners/{partner}", headers=bearer(key))
        assert "Siti" in shown.text
        again = event | {"id": "2", "data": event["data"] | {"list": "bpum"}}
        answer = await http.post(f"{after.registration}/v1/events", json=again, headers=bearer(key) | EVENT)
        assert answer.json()["partners"] == {"2": partner}


EVENT = {"content-type": "application/cloudevents+json"}


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def agency(http: httpx.AsyncClient, at: Endpoints) -> str:
    body = {"slug": "dinas", "name": "Dinas", "regions": ["33.11"], "scopes": ["publish", "read"]}
    answer = await http.post(f"{at.registration}/v1/agencies", json=body, headers=bearer(at.admin_key))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def test_down_ends_every_process_and_services_end_by_themselves(up: tuple[Path, str]) -> None:
    parts = json.loads(payung("status", "--json", data=up[0]).stdout)["parts"]
    assert payung("down", data=up[0]).returncode == 0
    assert not any(psutil.pid_exists(part["pid"]) for part in parts)
    assert "killed" not in (up[0] / "logs/stack.log").read_text().split("ready after")[-1].split("is ready again")[-1]
    assert payung("status", data=up[0]).returncode == 1
