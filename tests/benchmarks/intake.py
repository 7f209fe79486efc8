"""What agencies send → facts on Kafka and figures in coverage: a file, large and single requests, and the way to them.

The whole stack runs in a directory of its own. Beside it, on the same broker and server, the obvious service: each
event validated, stored in one transaction, sent with acknowledgement.
`python -m tests.benchmarks intake [--rows N] [--only reading,file,batches,singles,visible] [--ports BASE] [--data DIR]
[--present N]`
"""

import argparse
import asyncio
import gzip
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from services.registration.api import upload_form
from shared.regions import Regions
from tests.benchmarks._intake import lists, obvious_service, reading
from tests.benchmarks._intake import present as beside
from tests.benchmarks._intake.http import BATCH, ONE, Connection, connections
from tests.benchmarks._intake.progress import Progress
from tests.benchmarks._intake.report import Phase, Report
from tests.benchmarks._intake.stack_up import Running, running

PHASES = ("reading", "file", "batches", "singles", "visible")
SEED = 9
AT_ONCE = 64
BATCH_SIZE, BATCHES_AT_ONCE = 1_000, 4
VISIBLE_PER_SECOND, VISIBLE_SECONDS = 200, 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="payung bench intake")
    parser.add_argument("--rows", type=int, default=200_000, help="of the file")
    parser.add_argument("--only", default=",".join(PHASES), help="phases, with commas between")
    parser.add_argument("--present", type=int, default=0, help="partners that are there before it begins")
    parser.add_argument("--ports", type=int)
    parser.add_argument("--data", type=Path, help="where the stack's directory is made; else a temporary folder")
    chosen = parser.parse_args()
    phases = chosen.only.split(",")
    if unknown := set(phases) - set(PHASES):
        parser.error(f"there is no phase {', '.join(unknown)}, only: {', '.join(PHASES)}")
    if chosen.data:
        chosen.data.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="payung-intake-", dir=chosen.data))
    home.chmod(0o755)
    try:
        report = Report()
        asyncio.run(_measure(home, chosen.rows, phases, chosen.ports, report, chosen.present))
    finally:
        report.print()
        shutil.rmtree(home)
    return 0


async def _measure(
    home: Path, rows: int, phases: list[str], ports: int | None, report: Report, present: int = 0
) -> None:
    bench = Bench(home, rows, report)
    if "reading" in phases:
        bench.reading_alone()
    if phases == ["reading"]:
        return
    async with running(home / "stack", ports) as stack:
        bench.stack = stack
        if present:
            await beside.fill(stack.db, present)
            report.note(f"{present:,} partners were there before")
        for phase, run in (
            ("file", bench.file),
            ("batches", bench.batches),
            ("singles", bench.singles),
            ("visible", bench.visible),
        ):
            if phase in phases:
                await run()
        report.idle = await stack.machine.idle()


class Bench:
    """One run: each phase sends businesses that no other phase sent."""

    stack: Running

    def __init__(self, home: Path, rows: int, report: Report) -> None:
        self._home, self._rows, self._report = home, rows, report
        self._regions = Regions.load()
        self._new = lists.businesses(SEED + 1, self._regions)
        self._sources = 0

    def reading_alone(self) -> None:
        path = self._home / "reading.csv"
        rows = min(self._rows, 100_000)
        lists.write(path, rows, SEED, self._regions)
        cost = reading.measure(path, self._regions)
        self._report.note(
            f"reading alone, {cost.rows:,} rows of which {cost.refused:,} refused: {cost.together:.1f} µs of CPU a row "
            f"(table {cost.table:.1f}, columns {cost.columns:.1f}, commands {cost.commands:.1f})"
        )

    async def file(self) -> None:
        path = self._home / "list.csv"
        lists.write(path, self._rows, SEED, self._regions)
        content = path.read_bytes()
        if len(content) > upload_form.MOST_BYTES:
            content = gzip.compress(content, 1)
        machine, disk = self.stack.machine, await self.stack.machine.disk()
        progress = Progress(machine)
        async with self._phase("file", self._rows) as phase:
            done = await self._upload(content, progress)
            await self.stack.outbox_is_empty()
            phase.stop()
            await self.stack.all_read()
        assert done["accepted"] + done["rejected"] == done["rows"] == self._rows, done
        counts = {name: done[name] for name in ("rows", "accepted", "created", "merged", "rejected")}
        self._report.note(f"file: {counts}; coverage and notifications had read it all {phase.lag:.1f} s later")
        self._report.note(f"file: {progress.rates()}; most memory: {progress.memory()}")
        used = await machine.disk()
        await self.stack.db.execute("vacuum")
        kept = await machine.disk()
        each = {name: [(now[name] - disk[name]) / done["created"] for now in (used, kept)] for name in used}
        found = (f"{name} {now:,.0f} B, {then:,.0f} once vacuumed" for name, (now, then) in each.items())
        self._report.note("disk a partner: " + "; ".join(found))

    async def _upload(self, content: bytes, progress: Progress) -> dict[str, Any]:
        form = {"kind": "partners", "list": "bench", "list_date": "2025-06-30"}
        headers = {"authorization": f"Bearer {self.stack.key}"}
        async with httpx.AsyncClient(base_url=self.stack.url, timeout=600, trust_env=False, headers=headers) as client:
            answer = await client.post("/v1/imports", data=form, files={"file": ("list.csv", content)})
            answer.raise_for_status()
            while True:
                done: dict[str, Any] = (await client.get(answer.headers["location"])).json()
                if done["state"] not in ("queued", "running"):
                    return done
                progress.look(done["accepted"] + done["rejected"])
                await asyncio.sleep(0.25)

    async def batches(self) -> None:
        count = max(10_000, self._rows // 4)
        bodies = lists.batches(self._events(count), BATCH_SIZE)
        async with self._phase(f"requests of {BATCH_SIZE:,} events, {BATCHES_AT_ONCE} at once", count) as phase:
            phase.took = await self._send(bodies, BATCH, BATCHES_AT_ONCE)
            await self.stack.outbox_is_empty()
            phase.stop()
            await self.stack.all_read()

    async def singles(self) -> None:
        for at_once, count in ((AT_ONCE, max(3_000, min(20_000, self._rows // 10))), (1, 300)):
            bodies = [msgspec.json.encode(event) for event in self._events(count)]
            name = f"single events, {at_once} at once"
            async with self._phase(f"obvious service: {name}", count) as obvious:
                obvious.took = await obvious_service.run(self.stack.endpoints, bodies, at_once)
            async with self._phase(name, count, obvious) as phase:
                phase.took = await self._send(bodies, ONE, at_once)
                phase.stop()
                await self.stack.all_read()

    async def visible(self) -> None:
        """At a steady rate: the time from an event's answer until coverage's figures hold it."""
        count = VISIBLE_PER_SECOND * VISIBLE_SECONDS
        bodies = iter([msgspec.json.encode(event) for event in self._events(count)])
        accepted: dict[str, float] = {}
        took: list[float] = []
        async with self._phase(f"accepted → in coverage, at {VISIBLE_PER_SECOND}/s", count) as phase:
            watching = asyncio.create_task(self._watch(accepted, took, count))
            free = deque(await connections(self.stack.url, self.stack.key, AT_ONCE))
            began = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                for number, body in enumerate(bodies):
                    await asyncio.sleep(max(0, began + number / VISIBLE_PER_SECOND - time.perf_counter()))
                    tasks.create_task(self._accept(free, body, accepted))
            await watching
            phase.took = took
        for each in free:
            await each.close()

    async def _accept(self, free: deque[Connection], body: bytes, accepted: dict[str, float]) -> None:
        connection = free.popleft() if free else await Connection.open(self.stack.url, self.stack.key)
        (partner,) = msgspec.json.decode(await connection.post("/v1/events", ONE, body))["partners"].values()
        accepted[partner] = time.perf_counter()
        free.append(connection)

    async def _watch(self, accepted: dict[str, float], took: list[float], count: int) -> None:
        asked = "select partner_id::text from coverage.partners where partner_id = any($1::uuid[])"
        while len(took) < count:
            for (partner,) in await self.stack.db.fetch(asked, [*accepted]):
                took.append(time.perf_counter() - accepted.pop(partner))
            await asyncio.sleep(0.002)

    def _events(self, count: int) -> list[dict[str, Any]]:
        self._sources += 1
        return lists.events(self._new, count, f"{self._sources}")

    async def _send(self, bodies: list[bytes], media_type: str, at_once: int) -> list[float]:
        """Seconds that each request took."""
        waiting, took = iter(bodies), list[float]()
        open_ones = await connections(self.stack.url, self.stack.key, at_once)
        await asyncio.gather(*(_send_all(each, media_type, waiting, took) for each in open_ones))
        return took

    def _phase(self, name: str, count: int, baseline: Phase | None = None) -> Phase:
        return self._report.phase(name, count, self.stack.machine, baseline)


async def _send_all(connection: Connection, media_type: str, waiting: Iterator[bytes], took: list[float]) -> None:
    for body in waiting:
        began = time.perf_counter()
        await connection.post("/v1/events", media_type, body)
        took.append(time.perf_counter() - began)
    await connection.close()


if __name__ == "__main__":
    sys.exit(main())
