"""At a steady rate: the time from an event's acceptance until coverage's figures hold it; alone, and while slow
questions are asked without a break.

Accepted is when registration has answered, so the event is durable; visible is when coverage's transaction is
committed.
`python -m tests.benchmarks latency [--rate N] [--seconds N] [--events N] [--ports BASE] [--data DIR]`
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec

from shared.regions import Regions
from tests.benchmarks._intake import lists
from tests.benchmarks._intake.http import BATCH, Connection, connections
from tests.benchmarks._intake.report import Report
from tests.benchmarks._intake.stack_up import Running, running

SEED, AT_ONCE, WARM_UP = 21, 16, 2
SLOW = (
    "/v1/coverage/series?level=regency&from=2024-01&to=2026-12",
    "/v1/coverage/series?level=regency&by=segment&to=2026-12&from=2025-08",
    "/v1/coverage?level=regency&by=programme,kind",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="payung bench latency")
    parser.add_argument("--rate", type=int, default=1_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--events", type=int, default=10, help="of one request")
    parser.add_argument("--ports", type=int)
    parser.add_argument("--data", type=Path, help="where the stack's directory is made; else a temporary folder")
    chosen = parser.parse_args()
    if chosen.data:
        chosen.data.mkdir(parents=True, exist_ok=True)
    home, report = Path(tempfile.mkdtemp(prefix="payung-latency-", dir=chosen.data)), Report()
    home.chmod(0o755)
    try:
        asyncio.run(_measure(home, chosen, report))
    finally:
        report.print()
        shutil.rmtree(home)
    return 0


async def _measure(home: Path, chosen: argparse.Namespace, report: Report) -> None:
    async with running(home / "stack", chosen.ports) as stack:
        steady = Steady(stack, chosen.rate, chosen.events)
        await steady.run(WARM_UP)
        report.idle = await stack.machine.idle()
        for name, questions in (("alone", ()), ("beside slow questions", SLOW)):
            title, count = f"accepted → visible, {chosen.rate:,}/s, {name}", chosen.rate * chosen.seconds
            async with report.phase(title, count, stack.machine) as phase:
                asking = [asyncio.create_task(_ask(stack, each, report)) for each in questions]
                phase.took = await steady.run(chosen.seconds)
                for each in asking:
                    each.cancel()
                await asyncio.gather(*asking, return_exceptions=True)


class Steady:
    """Sends new businesses at a steady rate, whatever the answers take."""

    def __init__(self, stack: Running, rate: int, size: int) -> None:
        self._stack, self._rate, self._size = stack, rate, size
        self._new = lists.businesses(SEED, Regions.load())
        self._runs = 0

    async def run(self, seconds: int) -> list[float]:
        """For so many seconds; of each event how long it took until it was visible."""
        bodies = [msgspec.json.encode(each) for each in self._requests(seconds)]
        accepted: dict[str, float] = {}
        watching = asyncio.create_task(self._watch(accepted, len(bodies) * self._size))
        free = deque(await connections(self._stack.url, self._stack.key, AT_ONCE))
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number, body in enumerate(bodies):
                await asyncio.sleep(max(0, began + number * self._size / self._rate - time.perf_counter()))
                tasks.create_task(self._accept(free, body, accepted))
        for each in free:
            await each.close()
        return await watching

    def _requests(self, seconds: int) -> Iterator[list[dict[str, Any]]]:
        self._runs += 1
        events = lists.events(self._new, self._rate * seconds, f"latency-{self._runs}")
        for at in range(0, len(events), self._size):
            yield events[at : at + self._size]

    async def _accept(self, free: deque[Connection], body: bytes, accepted: dict[str, float]) -> None:
        connection = free.popleft() if free else await Connection.open(self._stack.url, self._stack.key)
        partners = msgspec.json.decode(await connection.post("/v1/events", BATCH, body))["partners"]
        accepted.update(dict.fromkeys(partners.values(), time.perf_counter()))
        free.append(connection)

    async def _watch(self, accepted: dict[str, float], count: int) -> list[float]:
        asked = "select partner_id::text from coverage.partners where partner_id = any($1::uuid[])"
        took: list[float] = []
        while len(took) < count:
            for (partner,) in await self._stack.db.fetch(asked, [*accepted]):
                took.append(time.perf_counter() - accepted.pop(partner))
            await asyncio.sleep(0.002)
        return took


async def _ask(stack: Running, path: str, report: Report) -> None:
    """The same question over and over, until cancelled."""
    asked, began = 0, time.perf_counter()
    headers = {"authorization": f"Bearer {stack.endpoints.admin_key}"}
    with suppress(asyncio.CancelledError):
        async with httpx.AsyncClient(base_url=stack.endpoints.coverage, headers=headers, timeout=60) as http:
            while True:
                (await http.get(path)).raise_for_status()
                asked += 1
    report.note(f"{(time.perf_counter() - began) / max(1, asked) * 1e3:,.0f} ms an answer: {path}")


if __name__ == "__main__":
    sys.exit(main())
