"""No secret of a running stack stands where other users of the machine can read it."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local import credentials
from deploy.local.directory import Directory
from deploy.local.endpoints import Endpoints
from tests.stack import Stack
from tests.waiting import eventually

MAIL_PASSWORD = "password-of-the-mail-server"
MAIL = f"smtp://me:{MAIL_PASSWORD}@127.0.0.1:1"


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The real stack with its real services."""
    stack = Stack(tmp_path_factory.mktemp("secrets") / "data", options=("--empty", "--smtp", MAIL))
    await stack.start()
    yield stack
    stack.stop()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def secrets_of(stack: Stack) -> set[str]:
    """Every password and key, and the mail server's."""
    found = {MAIL_PASSWORD, *texts(json.loads((stack.data / "secrets.json").read_text()))}
    assert min(map(len, found)) > 20, "short enough to stand in a stranger's command line by chance"
    return found


def of_every_process(name: str) -> dict[str, str]:
    """Process id → the text of this file of /proc."""
    found: dict[str, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found[folder.name] = (folder / name).read_bytes().decode(errors="replace")
    return found


async def test_no_secret_stands_in_any_command_line(running: Stack) -> None:
    secrets, lines = secrets_of(running), of_every_process("cmdline")
    assert len(secrets) >= 10
    assert sum(str(running.data) in line or "services." in line for line in lines.values()) >= 4
    assert not [line for line in lines.values() for secret in secrets if secret in line]


async def test_no_secret_stands_in_a_log_or_in_a_file_for_others(running: Stack) -> None:
    secrets = secrets_of(running)
    for log in (running.log, *(running.data / "logs").iterdir()):
        assert not [secret for secret in secrets if secret in log.read_text(errors="replace")], log
    for folder, _, files in os.walk(running.data):
        for file in (Path(folder, name) for name in files):
            if file.stat().st_mode & 0o044 and file.stat().st_size < 1 << 20:
                content = file.read_bytes()
                assert not [secret for secret in secrets if secret.encode() in content], file


async def test_a_secret_is_in_the_environment_of_those_alone_who_need_it(running: Stack) -> None:
    secrets = json.loads((running.data / "secrets.json").read_text())
    parts = {part["name"]: str(part["pid"]) for part in running.status()["parts"]}
    environments = of_every_process("environ")
    holders = {
        MAIL_PASSWORD: {"notifications"},
        secrets["secret"]: {"registration"},
        secrets["admin_key"]: {"registration", "coverage", "notifications"},
        **{password: {role} for role, password in secrets["roles"].items()},
    }
    for secret, allowed in holders.items():
        assert {name for name, pid in parts.items() if secret in environments[pid]} == allowed


async def test_a_rotation_cut_short_by_kill_9_counts_at_the_next_start_and_everything_opens(running: Stack) -> None:
    home, before = Directory(running.data.resolve()), running.endpoints
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
        await eventually(lambda: running.status().get("phase") == "starting", 30)
        running.kill()
        await running.start()
        after = running.endpoints
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
