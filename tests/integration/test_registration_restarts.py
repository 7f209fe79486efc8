"""registration as a process: killed in the midst of an upload it goes on where it was; asked to stop, it stops."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest

from deploy.local import ports
from tests import stack
from tests.integration.registration_world import ADMIN, SECRET
from tests.waiting import eventually

ROWS = 30_000
"""More than a megabyte: read in a process of its own."""


class Process:
    """`python -m services.registration` on its own port."""

    def __init__(self, database: stack.Database, kafka: str, topics: str, log: Path) -> None:
        port = ports.choose({})["registration"]
        self.address, self._log = f"http://127.0.0.1:{port}", log
        self._environment = os.environ | {
            "PAYUNG_DATABASE": database.of("registration"),
            "PAYUNG_KAFKA": kafka,
            "PAYUNG_PORT": str(port),
            "PAYUNG_ADMIN_KEY": ADMIN,
            "PAYUNG_SECRET": SECRET,
            "PAYUNG_TOPIC_PREFIX": topics,
            "PAYUNG_PARTITIONS": "4",
        }
        self.child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.registration", env=self._environment, stdout=log, stderr=log
            )
        await eventually(self._ready, 30)

    async def _ready(self) -> bool:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(f"{self.address}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    async def end(self, how: signal.Signals) -> int:
        """Its exit code; what it had started ends with it."""
        assert self.child is not None
        started: list[psutil.Process] = []
        if self.child.returncode is None:
            started = psutil.Process(self.child.pid).children(recursive=True)
            self.child.send_signal(how)
        code = await self.child.wait()
        await eventually(lambda: not any(map(_runs, started)))
        return code


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.fixture
async def process(database: stack.Database, kafka: str, topics: str, tmp_path: Path) -> AsyncIterator[Process]:
    made = Process(database, kafka, topics, tmp_path / "registration.log")
    await made.start()
    yield made
    await made.end(signal.SIGKILL)


async def test_an_upload_survives_kill_9_and_a_stop_exactly_once(process: Process, database: stack.Database) -> None:
    async with httpx.AsyncClient(base_url=process.address, timeout=30) as http:
        made = await http.post(
            "/v1/agencies",
            json={"slug": "dinas", "name": "Dinas", "regions": ["ID"], "scopes": ["publish"]},
            headers={"authorization": f"Bearer {ADMIN}"},
        )
        mine = {"authorization": f"Bearer {made.json()['key']}"}
        content = "nama usaha;kab_kota;nib\n" + "\n".join(f"Toko Serba Ada {n};Sukoharjo;{n:013d}" for n in range(ROWS))
        content += "\nSalah;Solo;\n"
        files = {"file": ("besar.csv", content.encode())}
        answer = await http.post("/v1/imports", data={"kind": "partners"}, files=files, headers=mine)
        location = answer.headers["location"]

        async def report() -> dict[str, Any]:
            found: dict[str, Any] = (await http.get(location, headers=mine)).json()
            return found

        killed = 0
        while (state := await report())["state"] in ("queued", "running"):
            if killed < 2 and state["accepted"] > killed * ROWS // 3:
                await process.end(signal.SIGTERM if killed else signal.SIGKILL)
                await process.start()
                killed += 1
            await asyncio.sleep(0.05)
    counts = (state["state"], state["rows"], state["accepted"], state["created"], state["rejected"])
    assert (killed, *counts) == (2, "done", ROWS + 1, ROWS, ROWS, 1)
    db = await asyncpg.connect(database.of("registration"))
    assert await db.fetchval("select count(*) from evidence") == ROWS
    assert await db.fetchval("select count(*) from partner where version = 1") == ROWS
    assert await db.fetchval("select count(*) from import_file") == 0
    await db.close()


async def test_it_stops_within_ten_seconds_of_being_told(process: Process) -> None:
    began = time.monotonic()
    assert await process.end(signal.SIGTERM) == 0
    assert time.monotonic() - began < 10


async def test_a_whole_list_and_its_undo_survive_kill_9_exactly_once(
    process: Process, database: stack.Database
) -> None:
    rows, stay = 12_000, 2_000
    async with httpx.AsyncClient(base_url=process.address, timeout=30) as http:
        made = await http.post(
            "/v1/agencies",
            json={"slug": "dinas", "name": "Dinas", "regions": ["ID"], "scopes": ["publish"]},
            headers={"authorization": f"Bearer {ADMIN}"},
        )
        mine = {"authorization": f"Bearer {made.json()['key']}"}

        async def upload(count: int, **fields: str) -> str:
            lines = "\n".join(f"Toko {n};Sukoharjo;{n + 1:013d}" for n in range(count))
            files = {"file": ("besar.csv", f"nama usaha;kab_kota;nib\n{lines}\n".encode())}
            data = {"kind": "partners", "list": "kamp"} | fields
            return (await http.post("/v1/imports", data=data, files=files, headers=mine)).headers["location"]

        async def report(location: str) -> dict[str, Any]:
            found: dict[str, Any] = (await http.get(location, headers=mine)).json()
            return found

        async def killed_once(location: str, is_midway: Callable[[dict[str, Any]], bool], is_over: str) -> bool:
            """Whether it was killed midway; it goes on until this member of the report is set."""
            killed = False
            while not (state := await report(location))[is_over]:
                if not killed and is_midway(state):
                    await process.end(signal.SIGKILL)
                    await process.start()
                    killed = True
                await asyncio.sleep(0.02)
            return killed

        first = await upload(rows)
        await killed_once(first, lambda _: False, "finished_at")
        whole = await upload(stay, replace="true", confirm_delisting=str(rows))
        assert await killed_once(whole, lambda state: 0 < state["delisted"] < rows - stay, "finished_at")
        assert (await report(whole))["delisted"] == rows - stay
        db = await asyncpg.connect(database.of("registration"))
        assert await db.fetchval("select count(*) from evidence") == stay
        assert await db.fetchval("select count(*) from partner where version = 2") == rows - stay
        asked = asyncio.create_task(http.post(f"{whole}/undo", headers=mine))
        await killed_once(whole, lambda state: 0 < (state["undo"] or {"restored": 0})["restored"] < rows, "undone_at")
        await asyncio.gather(asked, return_exceptions=True)
        undo = (await report(whole))["undo"]
        assert undo == {"state": "done", "removed": 0, "restored": rows - stay, "kept": stay, "detail": None}
        assert await db.fetchval("select count(*) from evidence") == rows
        assert await db.fetchval("select count(*) from partner where version = 3") == rows - stay
        assert await db.fetchval("select count(*) from list_work") == 0
        await db.close()
