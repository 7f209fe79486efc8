"""A stack from its start to its end, and every way of dying between: real Kafka, PostgreSQL and supervisor.

The services are stand-ins here, so that what is tried is the supervision and takes seconds.
"""

import asyncio
import json
import os
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from deploy.local import credentials, detached, directory, status
from deploy.local.commands import secret
from deploy.local.failure import Failure
from deploy.local.process import MARK
from shared.bus.topics import list_topics
from shared.events import TOPICS
from tests.stack import Stack
from tests.waiting import eventually

PARTS = ["kafka", "postgres", "registration", "coverage", "notifications"]


def made(data: Path) -> Stack:
    return Stack(data, module=("tests.e2e.stand_in_stack",))


def processes_of(data: Path) -> list[psutil.Process]:
    def belongs(process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == str(data.resolve())
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if belongs(process)]


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = made(tmp_path_factory.mktemp("life") / "a path with spaces")
    await stack.start()
    yield stack
    assert stack.stop(signal.SIGHUP) == 0


async def test_endpoints_are_for_the_owner_alone_and_complete(running: Stack) -> None:
    file = running.data / "endpoints.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    known = running.endpoints
    assert known.kafka.startswith("127.0.0.1:")
    assert known.database.endswith("/payung")
    assert known.admin_key.startswith("pyk_")


async def test_kafka_is_closed_and_the_endpoints_open_it(running: Stack) -> None:
    known = running.endpoints
    assert set(await list_topics(known.kafka_url)) >= set(TOPICS)
    with pytest.raises(KafkaConnectionError):
        await list_topics(known.kafka)


async def test_passwords_of_kafka_are_neither_among_arguments_nor_in_logs_nor_in_files_for_others(
    running: Stack,
) -> None:
    passwords = json.loads((running.data / "secrets.json").read_text())["kafka"].values()
    shown = [" ".join(process.cmdline()) for process in processes_of(running.data)]
    shown += [log.read_text(errors="replace") for log in (running.data / "logs").iterdir()]
    shown.append(running.output)
    assert not [text for text in shown for password in passwords if password in text]
    assert stat.S_IMODE((running.data / "kafka/server.properties").stat().st_mode) == 0o600
    assert not (running.data / "kafka/format.properties").exists()


async def test_status_reports_every_part_with_its_memory_and_detail(running: Stack) -> None:
    report = running.status()
    assert report["ready"]
    assert [part["name"] for part in report["parts"]] == PARTS
    assert all(part["rss_bytes"] > 1_000_000 for part in report["parts"])
    assert running.part("coverage")["detail"]["parts"]["consumer"]["lag"] == 0


async def test_only_this_machine_can_connect(running: Stack) -> None:
    pids = {process.pid for process in processes_of(running.data)}
    listening = [c for c in psutil.net_connections("inet") if c.status == psutil.CONN_LISTEN and c.pid in pids]
    assert listening
    assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}


async def test_parts_that_are_killed_are_restarted_and_reported(running: Stack) -> None:
    before = {part["name"]: part for part in running.status()["parts"]}
    for part in before.values():
        os.kill(part["pid"], signal.SIGKILL)

    def are_back() -> bool:
        parts = running.state()["parts"]
        again = all(part["restarts"] == before[part["name"]]["restarts"] + 1 for part in parts)
        return again and running.is_ready()

    await eventually(are_back, within=60, every=0.2)
    for name, part in before.items():
        assert running.pid(name) != part["pid"]
        assert f"{name} was killed by SIGKILL; started again in" in running.output
        assert f"{name} is ready again" in running.output


async def test_a_second_stack_on_the_same_directory_is_refused(running: Stack) -> None:
    with (
        pytest.raises(Failure, match="already running"),
        directory.held(directory.Directory(running.data.resolve())),
    ):
        pass


async def test_new_secrets_count_on_a_running_stack_and_the_former_open_nothing(running: Stack) -> None:
    before, home = running.endpoints, directory.Directory(running.data.resolve())
    known = credentials.of(home)
    await asyncio.to_thread(secret.rotate, [], running.data)
    after, fresh = running.endpoints, credentials.of(home)
    assert running.status()["ready"]
    assert after.admin_key == fresh.admin_key != before.admin_key
    assert set(await list_topics(after.kafka_url)) >= set(TOPICS)
    with pytest.raises(KafkaError):
        await list_topics(before.kafka_url)
    port = int(after.database.rpartition(":")[2].partition("/")[0])
    for dsn in (after.database, *_services(port, fresh)):
        connection = await asyncpg.connect(dsn)
        await connection.close()
    for dsn in (before.database, *_services(port, known)):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn)


def _services(port: int, held: credentials.Credentials) -> list[str]:
    return [f"postgresql://{role}:{password}@127.0.0.1:{port}/payung" for role, password in held.roles.items()]


async def test_a_second_stack_beside_it_goes_on_with_half_made_and_killed_work_and_ends_all_it_started(
    running: Stack, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for making in ("kafka/data.making", "postgres/data.making"):
        (data / making / "half").mkdir(parents=True)
    (data / "endpoints.json").write_text("{}")
    (data / "lock").write_text("1")
    stack = made(data)
    await stack.start()
    assert not list(data.glob("*/data.making"))
    before = stack.endpoints
    assert before.kafka != running.endpoints.kafka
    stack.kill()
    assert not stack.status()["running"]
    assert status.figures(data)["lag"] is None  # what endpoints.json still says is of the past
    (data / "postgres/data/postmaster.pid").write_text(f"{os.getpid()}\n")  # a number that is in use again
    await stack.start()  # at once: what is still ending is waited for
    assert len(stack.status()["parts"]) == len(PARTS)
    assert stack.endpoints == before
    assert stack.stop(signal.SIGINT) == 0
    assert not processes_of(data)
    assert not (data / "endpoints.json").exists()
    assert "did not stop within" not in stack.output
    assert not detached.stop(data)
    assert not detached.stop(tmp_path / "never")
    assert running.status()["ready"]
