"""What 200 agencies' pages, open with live progress, cost the intake of a file: rows a second without and beside them.

Each agency has an upload that waits for its turn and its page open on it; twenty more are open on the file that is
worked off meanwhile. Four times as long it is, since what is measured begins with the first chunk after all pages are
open; a file goes before and one after, with no page open. The agencies have signed in before.
`python -m tests.benchmarks open_pages [--rows N] [--pages N] [--ports BASE] [--data DIR]`
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from shared.regions import Regions
from tests.benchmarks._intake import lists
from tests.benchmarks._intake.stack_up import Running, running

SEED, OWN_PAGES, LONGER = 31, 20, 4
LITTLE = "nama usaha;kab/kota\nToko {number};Kab. Sukoharjo\n"
LEAST = 0.9


def main() -> int:
    parser = argparse.ArgumentParser(prog="payung bench open_pages")
    parser.add_argument("--rows", type=int, default=50_000, help="of a file without pages")
    parser.add_argument("--pages", type=int, default=200, help="agencies whose page is open")
    parser.add_argument("--ports", type=int)
    parser.add_argument("--data", type=Path, help="where the stack's directory is made; else a temporary folder")
    chosen = parser.parse_args()
    if chosen.data:
        chosen.data.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="payung-open-", dir=chosen.data))
    home.chmod(0o755)
    try:
        asyncio.run(_measure(home, chosen.rows, chosen.pages, chosen.ports))
    finally:
        shutil.rmtree(home)
    return 0


async def _measure(home: Path, rows: int, pages: int, ports: int | None) -> None:
    async with running(home / "stack", ports) as stack:
        bench = Bench(home, stack, rows)
        async with AsyncExitStack() as browsers:
            visitors = [await bench.agency(browsers, number) for number in range(pages)]
            before = await bench.file()
            with_pages = await bench.file(visitors)
            after = await bench.file()
    alone = (before + after) / 2
    ratio = with_pages / alone
    print(f"rows a second: {before:,.0f} before, {with_pages:,.0f} beside {pages} pages, {after:,.0f} after")
    print(f"events shown on the pages: {bench.shown:,}, beats: {bench.beats:,}")
    print(f"ratio {ratio:.2f}{'' if ratio >= LEAST else f'  below {LEAST}'}")


@dataclass
class Bench:
    home: Path
    stack: Running
    rows: int
    files: int = 0
    shown: int = 0
    beats: int = 0
    _open: list[asyncio.Task[None]] = field(default_factory=list)

    async def agency(self, browsers: AsyncExitStack, number: int) -> httpx.AsyncClient:
        """A new agency's browser, signed in."""
        body = {
            "slug": f"dinas-{number}",
            "name": f"Dinas {number}",
            "regions": ["33.11"],
            "scopes": ["publish", "read"],
        }
        async with _visitor(self.stack, self.stack.endpoints.admin_key) as http:
            answer = await http.post("/v1/agencies", json=body)
            answer.raise_for_status()
            key = str(answer.json()["key"])
        browser = await browsers.enter_async_context(_visitor(self.stack, key))
        (await browser.post("/sign-in", data={"key": key})).raise_for_status()
        return browser

    async def file(self, watching: list[httpx.AsyncClient] | None = None) -> float:
        """Rows a second of one file, from its first chunk after all pages are open until it is done."""
        path, rows = self.home / "list.csv", self.rows * (LONGER if watching else 1)
        self.files += 1
        lists.write(path, rows, SEED + self.files, Regions.load())
        async with _visitor(self.stack, self.stack.key) as http:
            await http.post("/sign-in", data={"key": self.stack.key})
            place = await _upload(http, path.read_bytes(), f"besar-{self.files}")
            try:
                if watching:
                    await self._open_pages(http, place, watching)
                _, before = await _passes(http, place, -1)
                began, taken = await _passes(http, place, before)
                ended, _ = await _passes(http, place, rows)
            finally:
                for page in self._open:
                    page.cancel()
                await asyncio.gather(*self._open, return_exceptions=True)
                self._open.clear()
        if taken > rows / 2:
            raise SystemExit(f"of {rows} rows {taken} were in before all pages were open: take more --rows")
        return (rows - taken) / (ended - began)

    async def _open_pages(self, http: httpx.AsyncClient, place: str, watching: list[httpx.AsyncClient]) -> None:
        """The pages of the agencies on their own uploads, and more of the office on its own."""
        self._open += [asyncio.create_task(self._page(http, place)) for _ in range(OWN_PAGES)]
        for number, other in enumerate(watching):
            own = await _upload(other, LITTLE.format(number=number).encode(), "kecil")
            self._open.append(asyncio.create_task(self._page(other, own)))

    async def _page(self, http: httpx.AsyncClient, place: str) -> None:
        """As a browser reads it: it asks again when the stream ends before the upload did."""
        page = place.replace("/v1/imports/", "/uploads/")
        while True:
            async with http.stream("GET", f"{page}/live", headers={"accept": "text/event-stream"}) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    self.shown += line.startswith("event:")
                    self.beats += line == ":"
                    if line == "event: ended":
                        return


@asynccontextmanager
async def _visitor(stack: Running, key: str) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=OWN_PAGES + 5)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=stack.url, headers=headers, timeout=600, trust_env=False, limits=limits
    ) as http:
        yield http


async def _passes(http: httpx.AsyncClient, place: str, rows: int) -> tuple[float, int]:
    """When more than so many rows of the file were in, and how many; of a file that has ended, that."""
    while True:
        report = (await http.get(place)).json()
        taken = report["accepted"] + report["rejected"]
        if taken > rows or report["state"] not in ("queued", "running"):
            return time.perf_counter(), taken
        await asyncio.sleep(0.1)


async def _upload(http: httpx.AsyncClient, content: bytes, name: str) -> str:
    form = {"kind": "partners", "list": name, "list_date": "2025-06-30"}
    answer = await http.post("/v1/imports", data=form, files={"file": ("list.csv", content)})
    answer.raise_for_status()
    return answer.headers["location"]


if __name__ == "__main__":
    sys.exit(main())
