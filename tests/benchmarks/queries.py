"""Questions beside many partners: what they take at a steady rate, by what is known now and at any day and time of
knowledge; how quickly the partners were read; what one takes on disk.

The partners come as in the benchmark `coverage`: five versions each, read by two workers. The service is asked over
HTTP with a key that is shown everything.
`python -m tests.benchmarks queries [--partners N] [--per-second N] [--seconds N]`
"""

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import asyncpg
import httpx

from services.coverage.rollup import roll_up
from shared.database import connect, connection
from shared.jakarta import today
from shared.regions import Regions
from tests import stack
from tests.benchmarks import coverage
from tests.benchmarks._coverage import events, topic
from tests.benchmarks._intake.report import quantile
from tests.waiting import eventually

KEY = "pyk_benchmark-of-questions"
WORKERS, SEED = 2, 13
ASKED = (("self", ""), ("province", ""), ("regency", ""), ("regency", "programme"), ("self", "programme,segment"))
"""Level and split of the questions, one after the other."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="payung bench queries")
    parser.add_argument("--partners", type=int, default=1_000_000)
    parser.add_argument("--per-second", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="payung-queries-") as home:
        os.chmod(home, 0o755)
        asyncio.run(_run(Path(home), chosen))
    return 0


async def _run(home: Path, chosen: argparse.Namespace) -> None:
    broker, server = stack.open_broker(home), stack.server(home)
    try:
        await broker.start()
        await server.start()
        await stack.make_template(server.admin)
        async with coverage.fresh_database(server.admin) as database:
            pool = await connect(database.of("coverage"))
            await _load(broker.address, database, pool, chosen.partners)
            await _print_size(pool, chosen.partners)
            with _service(broker.address, database, home / "service.log") as url:
                await _measure(url, chosen)
            await pool.close()
    finally:
        broker.stop()
        server.stop()


async def _load(kafka: str, database: stack.Database, pool: asyncpg.Pool, partners: int) -> None:
    """Publish, read and roll up the events of so many partners, and print how quickly each fifth was read: the first
    one's partners are new."""
    began = time.perf_counter()
    written = await topic.publish(kafka, coverage.PREFIX, events.events(events.history(partners)))
    print(f"{written:,} events of {partners:,} partners published in {time.perf_counter() - began:.0f} s", flush=True)
    children = [coverage.start_worker(kafka, database, "") for _ in range(WORKERS)]
    async with connection(pool) as db:
        try:
            last, rates = await coverage.first_ownership(db), []
            for part in range(1, events.VERSIONS + 1):
                await coverage.all_consumed(db, written * part // events.VERSIONS, children)
                now = time.perf_counter()
                rates.append(f"{written / events.VERSIONS / (now - last):,.0f}")
                last = now
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
        print(f"read at {', '.join(rates)} events/s, fifth by fifth", flush=True)
        began = time.perf_counter()
        while await roll_up(db, today()):
            pass
    print(f"rolled up in {time.perf_counter() - began:.0f} s", flush=True)


async def _print_size(pool: asyncpg.Pool, partners: int) -> None:
    asked = """select c.relname, pg_total_relation_size(c.oid) as bytes from pg_class c
               where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' order by bytes desc"""
    rows = await pool.fetch(asked)
    largest = ", ".join(f"{row['relname']} {row['bytes'] / partners:,.0f}" for row in rows[:6])
    print(f"{sum(row['bytes'] for row in rows) / partners:,.0f} bytes a partner: {largest}", flush=True)


@contextmanager
def _service(kafka: str, database: stack.Database, log: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PAYUNG_DATABASE": database.of("coverage"),
        "PAYUNG_KAFKA": kafka,
        "PAYUNG_TOPIC_PREFIX": coverage.PREFIX,
        "PAYUNG_PORT": str(port),
        "PAYUNG_ADMIN_KEY": KEY,
    }
    with log.open("wb") as written:
        service = subprocess.Popen([sys.executable, "-m", "services.coverage"], env=environment, stderr=written)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            service.terminate()
            service.wait()


async def _measure(url: str, chosen: argparse.Namespace) -> None:
    made = random.Random(SEED)
    places = ["ID", *(region.code for region in Regions.load() if region.level in ("kanwil", "province"))]

    def now() -> dict[str, str]:
        return {}

    def at_any_time() -> dict[str, str]:
        day = events.BEGINNING + timedelta(made.randrange(events.DAYS))
        second = events.RECORDED + made.randrange(400 * 86_400)
        return {"as_of": day.isoformat(), "known_at": datetime.fromtimestamp(second, UTC).isoformat()}

    def on_any_day() -> dict[str, str]:
        return {"as_of": (date(2019, 1, 1) + timedelta(made.randrange(events.DAYS))).isoformat()}

    headers = {"authorization": f"Bearer {KEY}"}
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as http:
        ready: Callable[[], Awaitable[bool]] = partial(_is_ready, http)
        await eventually(ready, within=60, every=0.2)
        for name, times in (("now", now), ("on any day", on_any_day), ("any as_of and known_at", at_any_time)):
            took = await _ask(http, _questions(made, places, times), chosen.per_second, chosen.seconds)
            p50, p99 = (quantile(took, share) * 1e3 for share in (0.5, 0.99))
            rate = f"{len(took):,} answers at {chosen.per_second}/s"
            print(f"{name:24} {rate}: p50 {p50:.1f}, p99 {p99:.1f} ms", flush=True)


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/v1/coverage")).status_code == 200
    except httpx.TransportError:
        return False


def _questions(made: random.Random, places: Sequence[str], times: Callable[[], dict[str, str]]) -> Iterator[str]:
    """Endless, of any place."""
    regions = Regions.load()
    while True:
        for level, by in ASKED:
            region = made.choice(places)
            if level == "province" and regions[region].level == "province":
                region = "ID"
            asked = {"region": region, "level": level, "by": by, **times()}
            yield "/v1/coverage?" + urlencode({name: value for name, value in asked.items() if value})


async def _ask(http: httpx.AsyncClient, questions: Iterator[str], rate: int, seconds: int) -> list[float]:
    """Ask at a steady rate, whatever the answers take; the seconds that each took from when it was due."""
    took: list[float] = []

    async def one(path: str, due: float) -> None:
        (await http.get(path)).raise_for_status()
        took.append(time.perf_counter() - due)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(rate * seconds):
            due = began + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            tasks.create_task(one(next(questions), due))
    return took


if __name__ == "__main__":
    sys.exit(main())
