"""2,000,000 enrolment events of 400,000 partners on 8 partitions → final, queryable figures, checked by an oracle.

Everything is real and on this machine: Kafka, a durable PostgreSQL, the processes. The clock runs from the moment a
consumer owns its partitions (before its first record) until the last event's figures were asked and answered.
`python -m tests.benchmarks coverage [--partners N]`
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncpg
import psutil

from services.coverage import figures
from services.coverage.app import MIGRATIONS
from services.coverage.rollup import Rollup
from services.coverage.selection import RegionOfCell, Selection
from services.coverage.sums import selected_sums
from shared.database import connect, migrate
from tests import stack
from tests.benchmarks._coverage import baselines, events, topic
from tests.waiting import eventually

GOAL = 60_000
PREFIX = "bench."
ASKED = ("2020-06-30", "2021-12-31", "2023-11-30")


@dataclass
class Result:
    way: str
    events: int
    seconds: float
    note: str = ""

    @property
    def rate(self) -> float:
        return self.events / self.seconds


async def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--partners", type=int, default=400_000)
    parser.add_argument("--only", choices=["workers", "baselines"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="so many at a time")
    parser.add_argument("--records", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="payung-bench-") as home:
        os.chmod(home, 0o755)
        broker, server = stack.open_broker(Path(home)), stack.server(Path(home))
        try:
            await broker.start()
            await server.start()
            await stack.make_template(server.admin)
            return await _measure(broker, server, chosen)
        finally:
            broker.stop()
            server.stop()


async def _measure(broker: stack.Broker, server: stack.Server, chosen: argparse.Namespace) -> int:
    kafka, admin = broker.address, server.admin
    made = events.history(chosen.partners)
    began = time.perf_counter()
    written = await topic.publish(kafka, PREFIX, events.events(made))
    print(
        f"{written:,} events of {chosen.partners:,} partners put on 8 partitions in {_since(began):.0f} s", flush=True
    )
    results = []
    if chosen.only != "baselines":
        for workers in chosen.workers:
            results.append(await _ours(broker, server, made, written, workers, chosen.records))
    if chosen.only != "workers":
        for name, run, most in (
            ("FastStream, one event a transaction", baselines.one_by_one, 20_000),
            ("FastStream batch, pydantic, executemany", baselines.in_batches, 200_000),
        ):
            results.append(await _baseline(kafka, admin, name, run, min(most, written)))
    _print(results)
    best = max((result.rate for result in results if result.way.startswith("coverage")), default=GOAL)
    return 0 if best >= GOAL or written < 1_000_000 else 1


async def _ours(
    broker: stack.Broker, server: stack.Server, made: events.History, written: int, workers: int, records: str
) -> Result:
    kafka, admin = broker.address, server.admin
    async with fresh_database(admin) as database:
        pool = await connect(database.of("coverage"))
        rollup = Rollup(pool)
        rolling_up = asyncio.create_task(rollup.run())
        children = [start_worker(kafka, database, records) for _ in range(workers)]
        try:
            async with pool.acquire() as db:
                began = await first_ownership(db)
                pids = [[broker.pid], [server.pid], [child.pid for child in children]]
                before = [_cpu(each) for each in pids]
                await all_consumed(db, written, children)
                consumed = _since(began)
                await _check(db, made, date.fromisoformat(ASKED[-1]), None)
                seconds = _since(began)
                cpu = [(_cpu(each) - was) / written * 1e6 for each, was in zip(pids, before, strict=True)]
                memory = sum(psutil.Process(child.pid).memory_info().rss for child in children)
                asked = await _check_everything(db, made)
                rows = await db.fetchval("select count(*) from ledger")
                left = await db.fetchval("select count(*) from pending_batches")
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
            await rollup.stop()
            await rolling_up
        await pool.close()
    note = (
        f"consumed after {consumed:.1f} s; {rows:,} ledger rows, {left} batches not rolled up; {asked}; CPU an event: "
    )
    note += "Kafka {:.1f}, PostgreSQL {:.1f}, workers {:.1f} µs".format(*cpu)
    note += f", so {os.cpu_count()} cores of our own would do {(os.cpu_count() or 1) / sum(cpu) * 1e6:,.0f} events/s; "
    note += f"workers hold {memory / 1e6:.0f} MB"
    return Result(f"coverage, {workers} worker{'s' * (workers > 1)}", written, seconds, note)


def _cpu(pids: list[int]) -> float:
    """The CPU seconds of these processes and of all their children, those that ended included."""
    total = 0.0
    for pid in pids:
        parent = psutil.Process(pid)
        for each in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system
        total += parent.cpu_times().children_user + parent.cpu_times().children_system
    return total


def start_worker(kafka: str, database: stack.Database, records: str) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "PAYUNG_DATABASE": database.of("coverage"),
        "PAYUNG_KAFKA": kafka,
        "PAYUNG_TOPIC_PREFIX": PREFIX,
        **({"PAYUNG_MAX_RECORDS": records} if records else {}),
    }
    return subprocess.Popen([sys.executable, "-m", "services.coverage.worker"], env=environment)


async def first_ownership(db: asyncpg.Connection) -> float:
    owned = "select exists (select from consumer_offsets where topic = 'enrollments')"
    await eventually(lambda: db.fetchval(owned), within=60, every=0.005)
    return time.perf_counter()


async def all_consumed(db: asyncpg.Connection, written: int, children: list["subprocess.Popen[bytes]"]) -> None:
    while await db.fetchval("select sum(next_offset) from consumer_offsets where topic = 'enrollments'") < written:
        if any(child.poll() is not None for child in children):
            raise SystemExit("a worker ended before the work did")
        await asyncio.sleep(0.02)


async def _check(db: asyncpg.Connection, made: events.History, day: date, second: int | None) -> float:
    """Ask for every regency as the API does and compare with the oracle; the seconds it took to answer."""
    began = time.perf_counter()
    selection = Selection("ID", "regency", (), day, second)
    sums = await selected_sums(db, selection)
    dimensions = figures.Dimensions(("JKK", "JKM", "JHT", "JP"))
    tallies = figures.tallies(sums, (), RegionOfCell(selection), dimensions)
    took = _since(began)
    found = {code: (tally.enrolled, tally.enrolled_workers[0]) for (code, _), tally in tallies.items()}
    expected = events.figures(made, day, second)
    wrong = {
        code: (found.get(code, (0, 0)), right) for code, right in expected.items() if found.get(code, (0, 0)) != right
    }
    if wrong:
        raise SystemExit(
            f"wrong figures on {day} as known at {second}: {len(wrong)} regencies, {next(iter(wrong.items()))}"
        )
    return took


async def _check_everything(db: asyncpg.Connection, made: events.History) -> str:
    took = []
    for text in ASKED:
        for second in (None, events.RECORDED + 100 * 86_400, events.RECORDED + 300 * 86_400):
            took.append(await _check(db, made, date.fromisoformat(text), second))
    return f"{len(took)} answers for dates and knowledge times right, {min(took):.2f}–{max(took):.2f} s each"


async def _baseline(kafka: str, admin: str, name: str, run, most: int) -> Result:  # type: ignore[no-untyped-def]
    async with fresh_database(admin) as database:
        each = await run(database.of("coverage"), kafka, PREFIX, most)
    return Result(name, most, each * most)


@asynccontextmanager
async def fresh_database(admin: str) -> AsyncIterator[stack.Database]:
    database = await stack.clone(admin, stack.EMPTY)
    pool = await connect(database.of("coverage"))
    await migrate(pool, MIGRATIONS)
    await pool.close()
    yield database
    await stack.drop(admin, database)


def _since(began: float) -> float:
    return time.perf_counter() - began


def _print(results: list[Result]) -> None:
    print(f"\n{'way':42} {'events':>10} {'seconds':>8} {'events/s':>10} {'ratio':>7}")
    slowest = min(result.rate for result in results)
    for result in results:
        print(
            f"{result.way:42} {result.events:>10,} {result.seconds:>8.1f} {result.rate:>10,.0f} "
            f"{result.rate / slowest:>6.1f}×"
        )
    for result in results:
        if result.note:
            print(f"  {result.way}: {result.note}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
