"""Partners on the log → all scheduled; the plan of a regency; messages to a local mail server; stops meanwhile.

Everything is real and on this machine: Kafka, a durable PostgreSQL, the service's processes, SMTP connections. What is
sent is checked against the table `history`, message by message. The baseline is the obvious loop, in the same run.
`python -m tests.benchmarks reminders [--partners N] [--messages N] [--processes N]`
"""

import argparse
import asyncio
import logging
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import psutil

from deploy.local import ports
from services.notifications import app
from shared.bus.topics import ensure_topics
from shared.database import connect, migrate
from shared.events import TOPICS
from tests import stack
from tests.benchmarks._reminders import facts, obvious
from tests.integration.notifications_world import SECRET
from tests.waiting import eventually

PREFIX = "bench."
KNOWN = datetime(2026, 11, 23, 3, tzinfo=UTC)
"""Monday, 10:00 in Jakarta."""
EVENING = KNOWN + timedelta(days=1, hours=9, minutes=30)
"""Tuesday, 19:30: in the west everybody's first message is due."""
SCHEDULED_WITHIN, PLANNED_WITHIN, MESSAGES_A_SECOND, STOPPED_WITHIN = 60.0, 0.2, 1_000, 1.0
NOBODY = 9
"""A port that nobody listens on."""
FEW = 100
"""Partners that the obvious way gets."""


@dataclass
class Bench:
    """One broker, one server, one database, and the processes that are started on them."""

    chosen: argparse.Namespace
    home: Path
    broker: stack.Broker
    server: stack.Server
    database: stack.Database
    db: asyncpg.Connection
    failed: bool = False

    def say(self, text: str, *, missed: bool = False) -> None:
        self.failed |= missed
        print(f"{'MISSED ' if missed else ''}{text}", flush=True)

    @contextmanager
    def service(self, now: datetime, count: int = 1, **more: str) -> Iterator[list[tuple[str, int]]]:
        """(URL, process id) of each of so many processes of the service, whose clock shows `now`."""
        children, found = [], []
        for _ in range(count):
            port = ports.choose({})["notifications"]
            own = {
                "PAYUNG_DATABASE": self.database.of("notifications"),
                "PAYUNG_KAFKA": self.broker.address,
                "PAYUNG_PORT": str(port),
                "PAYUNG_ADMIN_KEY": "admin",
                "PAYUNG_SECRET": SECRET,
                "PAYUNG_TOPIC_PREFIX": PREFIX,
                "PAYUNG_TEST_NOW": now.isoformat(),
                **more,
            }
            log = (self.home / f"service-{port}.log").open("ab")
            command = [sys.executable, "-m", "tests.integration.notifications_process"]
            children.append(subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log))
            found.append((f"http://127.0.0.1:{port}", children[-1].pid))
        try:
            yield found
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()

    def cpu(self, *pids: int) -> list[float]:
        return [_cpu(pid) for pid in (self.broker.pid, self.server.pid, *pids)]


async def main() -> int:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # new topics have no leader for a moment
    parser = argparse.ArgumentParser()
    parser.add_argument("--partners", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="payung-bench-") as home:
        os.chmod(home, 0o755)
        broker, server = stack.open_broker(Path(home)), stack.server(Path(home))
        try:
            await broker.start()
            await server.start()
            await stack.make_template(server.admin)
            database = await stack.clone(server.admin, stack.EMPTY)
            db = await asyncpg.connect(database.of("notifications"))
            bench = Bench(chosen, Path(home), broker, server, database, db)
            await _measure(bench)
            await db.close()
            return 1 if bench.failed else 0
        finally:
            broker.stop()
            server.stop()


async def _measure(bench: Bench) -> None:
    count = bench.chosen.partners
    needed = [TOPICS[name] for name in dict.fromkeys((*app.READS, *app.WRITES))]
    await ensure_topics(bench.broker.address, needed, prefix=PREFIX, partitions=8)
    began = time.perf_counter()
    written = await facts.publish(bench.broker.address, PREFIX, count, KNOWN)
    bench.say(f"{written:,} facts of {count:,} partners put on the log in {time.perf_counter() - began:.0f} s")
    pool = await connect(bench.database.of("notifications"))
    await migrate(pool, app.MIGRATIONS)
    await pool.close()
    await _schedule(bench, count, written)
    await _send(bench)


async def _schedule(bench: Bench, count: int, written: int) -> None:
    """Consumed, and everybody decided about; then the plan of a regency."""
    each = await obvious.schedule(bench.db, FEW, KNOWN)
    with bench.service(KNOWN, **_mail(NOBODY)) as [
        (url, pid)
    ]:  # other channels later would be another decision about all
        consumed = f"select coalesce(sum(next_offset), 0) >= {written} from consumer_offsets where topic <> 'access'"
        await eventually(lambda: bench.db.fetchval("select exists (select from consumer_offsets)"), within=60)
        began, before = time.perf_counter(), bench.cpu(pid)
        await eventually(lambda: bench.db.fetchval(consumed), within=3_600, every=0.1)
        seconds = time.perf_counter() - began
        cpu = [(now - was) / count * 1e6 for now, was in zip(bench.cpu(pid), before, strict=True)]
        waiting = await bench.db.fetchval("select count(*) from schedule where state = 'scheduled'")
        expected = sum(not facts.is_registered(number) for number in range(count))
        assert waiting == expected, (waiting, expected)
        memory = psutil.Process(pid).memory_info().rss / 1e6
        at_a_million = sum(cpu) / (os.cpu_count() or 1)
        bench.say(
            f"scheduled: {count:,} partners in {seconds:.1f} s ({count / seconds:,.0f}/s); the obvious way "
            f"{1 / each:,.0f}/s; CPU a partner: Kafka {cpu[0]:.1f}, PostgreSQL {cpu[1]:.1f}, service {cpu[2]:.1f} µs; "
            f"service holds {memory:.0f} MB; {os.cpu_count()} cores of our own would need {at_a_million:.0f} s for a "
            f"million (at most {SCHEDULED_WITHIN:.0f})",
            missed=at_a_million > SCHEDULED_WITHIN,
        )
        await _plan(bench, url)


async def _plan(bench: Bench, url: str) -> None:
    until, took = (KNOWN + timedelta(days=60)).date(), []
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": "Bearer admin"}, timeout=60) as http:
        for _ in range(20):
            began = time.perf_counter()
            answer = await http.get(f"{url}/v1/plan?region={facts.REGENCY}&until={until}&limit=100")
            took.append(time.perf_counter() - began)
            assert answer.json()["reminders"] > 0
    middle, slowest = statistics.median(took), max(took)
    bench.say(
        f"plan of a regency of {facts.IN_REGENCY:,} partners for 60 days: {middle * 1e3:.0f} ms, slowest "
        f"{slowest * 1e3:.0f} ms (at most {PLANNED_WITHIN * 1e3:.0f})",
        missed=middle > PLANNED_WITHIN,
    )


async def _send(bench: Bench) -> None:
    """Everybody who is due, until so many have arrived; partners are stopped meanwhile."""
    port, taken = ports.choose({})["notifications"], bench.home / "taken"
    stops: dict[str, tuple[float, float]] = {}
    with _sink(port, taken) as sink:
        await eventually(lambda: _listens(port), within=30)
        each, few = await obvious.send(bench.db, port, EVENING.date(), EVENING)
        bench.say(f"the obvious way: {1 / each:,.0f} messages/s ({few} messages)")
        await _send_ours(bench, port, sink.pid, stops)
    await _check(bench, taken, stops)


async def _send_ours(bench: Bench, port: int, sink: int, stops: dict[str, tuple[float, float]]) -> None:
    sent = "select count(*) from history where outcome = 'sent'"
    with bench.service(EVENING, bench.chosen.processes, PAYUNG_SENDERS="3", **_mail(port)) as found:
        pids = [pid for _, pid in found]
        try:
            await eventually(lambda: bench.db.fetchval(f"select ({sent}) > 200"), within=30, every=0.05)
        except AssertionError:
            print(next(bench.home.glob("service-*.log")).read_text()[-3000:])
            raise
        start, began, before = await bench.db.fetchval(sent), time.perf_counter(), bench.cpu(sink, *pids)
        stopping = asyncio.create_task(_stop(bench, found[0][0], stops))
        enough = f"select ({sent}) >= {start + bench.chosen.messages}"
        await eventually(lambda: bench.db.fetchval(enough), within=600, every=0.1)
        seconds, count = time.perf_counter() - began, await bench.db.fetchval(sent) - start
        cpu = [(now - was) / count * 1e6 for now, was in zip(bench.cpu(sink, *pids), before, strict=True)]
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await stopping
    possible = (os.cpu_count() or 1) / sum(cpu) * 1e6
    bench.say(
        f"sent: {count:,} messages in {seconds:.1f} s, {count / seconds:,.0f}/s; CPU a message: Kafka {cpu[0]:.0f}, "
        f"PostgreSQL {cpu[1]:.0f}, mail server {cpu[2]:.0f}, services {sum(cpu[3:]):.0f} µs, so {os.cpu_count()} cores "
        f"of our own would do {possible:,.0f}/s (at least {MESSAGES_A_SECOND:,})",
        missed=possible < MESSAGES_A_SECOND,
    )


def _mail(port: int) -> dict[str, str]:
    return {"PAYUNG_SMTP": f"smtp://127.0.0.1:{port}", "PAYUNG_MAIL_FROM": "stop@payung.example"}


async def _stop(bench: Bench, url: str, stops: dict[str, tuple[float, float]]) -> None:
    """Ask for stops of some who are due, one after the other; notes when each was asked for and answered."""
    chosen = random.Random(1)
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": "Bearer admin"}, timeout=60) as http:
        while True:
            number = chosen.randrange(bench.chosen.partners)
            asked, body = time.time(), {"partner_id": facts.partner_id(number)}
            answer = await http.post(f"{url}/v1/opt-outs", json=body)
            assert answer.status_code in (200, 201), answer.text
            stops[f"p{number}@example.com"] = (asked, time.time())
            await asyncio.sleep(0.05)


async def _check(bench: Bench, taken: Path, stops: dict[str, tuple[float, float]]) -> None:
    """What arrived is what is recorded, none of it twice; and how long each stop took to hold."""
    lines = [line.split(b" ") for line in taken.read_bytes().splitlines()]
    arrived = [(float(at), to.decode(), number.decode()) for at, to, number in lines if number]
    recorded = {row[0] for row in await bench.db.fetch("select message_id from history where outcome = 'sent'")}
    marked = {row[0] for row in await bench.db.fetch("select message_id from history where possibly_twice")}
    numbers = [number for _, _, number in arrived]
    twice = {number for number, times in Counter(numbers).items() if times > 1} - marked
    lost = recorded - set(numbers)
    unrecorded = set(numbers) - recorded - marked
    bench.say(
        f"right: {len(set(numbers)):,} arrived; recorded but did not arrive {len(lost)}; arrived, neither recorded nor "
        f"marked {len(unrecorded)}; twice without the mark {len(twice)}; marked {len(marked)}",
        missed=bool(lost or twice or unrecorded),
    )
    last = {to: at for at, to, _ in sorted(arrived)}
    held = sorted(max(answered, last.get(to, 0)) - asked for to, (asked, answered) in stops.items())
    if held:
        p99 = held[int(len(held) * 0.99) - 1] if len(held) > 1 else held[0]
        late = sum(last.get(to, 0) > answered for to, (_, answered) in stops.items())
        bench.say(
            f"stops: {len(held)} at that load, half hold after {held[len(held) // 2] * 1e3:.0f} ms, p99 "
            f"{p99 * 1e3:.0f} ms (at most {STOPPED_WITHIN * 1e3:.0f}); {late} messages arrived after the answer",
            missed=p99 > STOPPED_WITHIN,
        )


@contextmanager
def _sink(port: int, taken: Path) -> Iterator["subprocess.Popen[bytes]"]:
    child = subprocess.Popen([sys.executable, "-m", "tests.benchmarks._reminders.sink", str(port), str(taken)])
    try:
        yield child
    finally:
        child.terminate()
        child.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _cpu(pid: int) -> float:
    """The CPU seconds of this process and of all its children, those that ended included."""
    parent = psutil.Process(pid)
    total = parent.cpu_times().children_user + parent.cpu_times().children_system
    for each in (parent, *parent.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system
    return total


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
