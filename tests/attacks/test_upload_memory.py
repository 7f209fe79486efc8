"""Files made to take memory: whatever their shape, reading them is bounded, and twelve at once end no service."""

import asyncio
import io
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests import stack
from tests.integration.registration_world import ADMIN
from tests.integration.test_registration_restarts import Process
from tests.unit.registration.table_reading import sheet, workbook
from tests.unit.registration.test_workbooks import replaced
from tests.waiting import eventually

MIB = 1 << 20
CHILD_BYTES = 320 * MIB
"""Address space of the process that reads one hostile file; Python with our modules takes two thirds of it."""

SERVICE_BYTES = 800 * MIB
"""Resident memory of the service and its children at most, in a container of 1 GB."""

HEADER = b"nama usaha;nib;alamat\n"

READ = """
import resource, sys
from services.registration.intake.files import table_reader
from services.registration.intake.files.reading_options import ReadingOptions
from services.registration.intake.files.row_spool import RowSpool
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
with open(sys.argv[1], "rb") as file, RowSpool() as rows:
    table = table_reader.read(file, "partners", ReadingOptions(), rows)
    read = sum(len(chunk) for chunk in rows.chunks(0, 5000))
    print(getattr(table, "detail", "") or read)
"""


def short_lines() -> Iterator[bytes]:
    yield HEADER
    yield from (b"a\n" * (MIB // 2) for _ in range(2))


def lines_without_header() -> Iterator[bytes]:
    yield from (b"a\n" * (MIB // 2) for _ in range(8))


def one_line() -> Iterator[bytes]:
    yield HEADER
    yield from (b"x" * MIB for _ in range(20))


def open_quotes() -> Iterator[bytes]:
    yield HEADER
    yield from (b'"' + b"x" * (MIB - 10) + b"\n" for _ in range(10))


def many_columns() -> Iterator[bytes]:
    yield HEADER
    yield from (b";".join([b"x"] * 10_000) + b"\n" for _ in range(700))


def empty_cells() -> Iterator[bytes]:
    yield HEADER
    yield from (b";" * 1_000_000 + b"\n" for _ in range(10))


def a_wide_header() -> Iterator[bytes]:
    yield b";".join([b"nama usaha", b"nib", *(b"k%d" % n for n in range(10_000))]) + b"\n"
    yield from (b";".join([b"x"] * 10_000) + b"\n" for _ in range(1_000))


def corners() -> Iterator[bytes]:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    part = sheet([]).replace("<sheetData>", "<sheetData>" + cells)
    yield replaced(workbook({"Data": [["a"]]}), "xl/worksheets/sheet1.xml", part.encode())


def zip_bomb() -> Iterator[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as entry:
        entry.write(HEADER)
        for _ in range(300):
            entry.write(b"a" * MIB)
    yield packed.getvalue()


def many_entries() -> Iterator[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}", b"")
    yield packed.getvalue()


SHAPES = (
    *(short_lines, lines_without_header, one_line, open_quotes, many_columns, empty_cells, a_wide_header),
    *(corners, zip_bomb, many_entries),
)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_file_is_read_within_bounded_memory(shape, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.writelines(shape())
    command = [sys.executable, "-c", READ, str(path), str(CHILD_BYTES)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout.strip()


@pytest.fixture
async def process(database: stack.Database, kafka: str, topics: str, tmp_path: Path) -> AsyncIterator[Process]:
    made = Process(database, kafka, topics, tmp_path / "registration.log")
    await made.start()
    yield made
    if made.child is not None and made.child.returncode is None:
        made.child.kill()
        await made.child.wait()


def resident(pid: int) -> int:
    """Bytes of the process and its children that are in memory now."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    total = 0
    for each in family:
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


async def test_twelve_hostile_uploads_at_once_leave_the_service_alive(process: Process) -> None:
    assert process.child is not None
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, resident(process.child.pid))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    async with httpx.AsyncClient(base_url=process.address, timeout=100) as http:
        body = {"slug": "dinas", "name": "Dinas", "regions": ["ID"], "scopes": ["publish"]}
        made = await http.post("/v1/agencies", json=body, headers={"authorization": f"Bearer {ADMIN}"})
        mine = {"authorization": f"Bearer {made.json()['key']}"}

        async def upload(number: int) -> str | None:
            shape = (one_line, many_columns, empty_cells, open_quotes, corners, zip_bomb)[number % 6]
            files = {"file": ("x.csv", b"".join(shape()))}
            data = {"kind": "partners", "list": f"l{number}", "dry_run": str(number % 2 == 0).lower()}
            answer = await http.post("/v1/imports", data=data, files=files, headers=mine)
            assert answer.status_code in (202, 413, 422), answer.text
            return answer.headers.get("location")

        locations = [location for location in await asyncio.gather(*map(upload, range(12))) if location]
        assert len(locations) >= 8

        async def all_ended() -> bool:
            states = [(await http.get(location, headers=mine)).json()["state"] for location in locations]
            return all(state in ("done", "failed") for state in states)

        await eventually(all_ended, 100, every=0.5)
    watching.cancel()
    assert process.child.returncode is None
    assert most < SERVICE_BYTES
