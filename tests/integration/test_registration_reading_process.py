"""Large lists are read in a process beside the service: what it finds is what the service itself finds, and its end is
neither a lost row nor one taken twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psutil
import pytest

from services.registration.intake.columns import FileKind
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.values import Refusal
from services.registration.vault import KeyedHashes
from services.registration.writer import import_worker, reading_child, reading_process, uploads
from services.registration.writer.reading_process import ReaderKilled, ReadingFailed
from services.registration.writer.uploads import Asked, Upload
from shared.regions import Regions
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import World
from tests.integration.test_registration_field_cases import CASES
from tests.unit.registration.table_reading import FIELD_CASES
from tests.waiting import eventually

REGIONS = Regions.load()
HASHES = KeyedHashes(bytes(range(32)))
ROWS = 12_000


def asked(kind: FileKind = "partners", **changes: Any) -> Asked:
    known: dict[str, Any] = {
        "regions": ("33.11",),
        "require_nik": False,
        "is_dry_run": False,
        "at": 0,
        "options": ReadingOptions(),
        "most_rows": 4,
    }
    return Asked(kind, "dinas", list="l", list_date=date(2021, 1, 31), jkp=False, remembered={}, **(known | changes))


def seen(read: Callable[..., Upload | Refusal | None], wanted: Asked, content: bytes) -> Any:
    """All that the reader finds."""
    with TemporaryFile() as file, ExitStack() as held:
        file.write(content)
        file.flush()
        found = read(wanted, file, HASHES, REGIONS, held, lambda: True)
        if not isinstance(found, Upload):
            return found
        pieces = [[(line.row, line.answer, line.hashes) for line in piece] for piece in found.pieces]
        about = found.table, found.options, found.columns, found.preview, found.reading(), found.at
        rows = [line[0] for piece in pieces for line in piece]
        kept = [(found.reader.cells_to_keep(row), found.reader.data_subject(row)) for row in rows]
        return about, pieces, kept, [found.reader.identities(row) for row in rows]


@pytest.mark.parametrize("name", sorted({case.name for case in CASES}))
def test_each_field_case_is_read_as_in_the_service(name: str) -> None:
    """Also as another kind than it is, and as a trial."""
    if not FIELD_CASES.is_dir():
        pytest.skip("the field cases are not here")
    case = next(case for case in CASES if case.name == name)
    (path,) = FIELD_CASES.glob(f"{name}*")
    kind: Any = case.kind if case.kind in ("partners", "persons", "enrollments", "claims") else "partners"
    wanted = asked(kind, regions=(case.region,), is_dry_run=True)
    assert seen(reading_process.read, wanted, path.read_bytes()) == seen(uploads.read, wanted, path.read_bytes())


def test_lines_are_read_from_the_place_asked_for() -> None:
    content = ("nama usaha;kab_kota\n" + "\n".join(f"Toko {n};Sukoharjo" for n in range(11))).encode()
    found = seen(reading_process.read, asked(at=6), content)
    assert [[row.line for row, _, _ in piece] for piece in found[1]] == [[8, 9, 10, 11], [12]]
    assert found == seen(uploads.read, asked(at=6), content)


def test_reading_ends_when_it_shall_not_go_on() -> None:
    with TemporaryFile() as file, ExitStack() as held:
        file.write(b"nama usaha;kab_kota\nToko;Sukoharjo\n")
        file.flush()
        assert reading_process.read(asked(), file, HASHES, REGIONS, held, lambda: False) is None


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("import sys; sys.exit(1)", ReadingFailed),
        ("import sys; sys.exit(75)", OSError),
        ("import os; os.kill(os.getpid(), 9)", ReaderKilled),
        ("import os; os.write(1, b'only half'); os.kill(os.getpid(), 9)", ReaderKilled),
    ],
)
def test_how_the_process_ended_is_told_apart(
    code: str, raised: type[Exception], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "another_reader.py").write_text(code)
    monkeypatch.setattr(reading_child, "__name__", "another_reader")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with TemporaryFile() as file, ExitStack() as held, pytest.raises(raised):
        reading_process.read(asked(), file, HASHES, REGIONS, held, lambda: True)


@pytest.fixture
async def here(
    database: stack.Database, kafka: str, topics: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Where every list is large enough for a process."""
    monkeypatch.setattr(reading_process, "LARGE", 0)
    async with registration_world.world(database, kafka, topics) as world:
        yield world


def readers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if reading_child.__name__ in " ".join(child.cmdline())
    ]


async def _begun(here: World, rows: int) -> str:
    """A large upload that is being read by a process; its location."""
    await here.agency()
    content = "nama usaha;kab_kota;nib\n" + "\n".join(f"Toko Serba Ada {n};Sukoharjo;{n + 1:013d}" for n in range(rows))
    files = {"file": ("besar.csv", (content + "\nSalah;Solo;\n").encode(), "text/csv")}
    data = {"kind": "partners", "list_date": "2021-01-31"}
    answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer("dinas"))
    return answer.headers["location"]


async def test_a_reader_that_is_killed_costs_nothing_but_time(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_worker, "CHUNK", 1_000)
    location = await _begun(here, ROWS)
    killed = 0
    while (report := await here.get(location))["state"] in ("queued", "running"):
        if killed < 2 and report["accepted"] > killed * ROWS // 3:
            for reader in readers():
                os.kill(reader.pid, signal.SIGKILL)
                killed += 1
        await asyncio.sleep(0.01)
    counts = (report["state"], report["rows"], report["accepted"], report["created"], report["rejected"])
    assert (killed, *counts) == (2, "done", ROWS + 1, ROWS, ROWS, 1)
    assert await here.pool.fetchval("select count(*) from evidence") == ROWS
    assert await here.pool.fetchval("select count(*) from partner where version = 1") == ROWS


async def test_a_reader_that_never_gets_on_ends_its_upload(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise ReaderKilled

    monkeypatch.setattr(reading_process, "read", killed)
    report = await here.done(await _begun(here, ROWS))
    assert (report["state"], report["accepted"]) == ("failed", 0)
    assert "three times" in report["detail"]


async def test_what_is_away_for_a_while_is_no_fault_of_the_upload(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read, left = reading_process.read, import_worker.MOST_ATTEMPTS + 2

    def read_at_last(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise OSError("no space left on device")
        return read(*arguments)

    monkeypatch.setattr(reading_process, "read", read_at_last)
    monkeypatch.setattr(import_worker, "POLL_SECONDS", 0.1)
    location = await _begun(here, 100)
    while (report := await here.get(location))["state"] in ("queued", "running"):
        await here.pool.execute("update import set lease_until = null")  # nobody waits until the lease is over
        await asyncio.sleep(0.1)
    assert (left, report["state"], report["accepted"]) == (-1, "done", 100)


async def test_no_reader_outlives_its_upload_or_its_cancellation(here: World) -> None:
    location = await _begun(here, ROWS)
    await eventually(_some_reader, 30)
    assert (await here.http.delete(location, headers=here.bearer("dinas"))).status_code in (200, 204)
    await eventually(_no_reader, 30)


async def _some_reader() -> bool:
    return bool(readers())


async def _no_reader() -> bool:
    return not readers()
