"""Registration's pages and reading routes beside many own rows: the service's time for each, and what bounds it.

`python -m tests.benchmarks pages [--rows N] [--times N] [--only TEXT] [--ports BASE] [--data DIR]`
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from deploy.local import credentials
from deploy.local.directory import Directory
from services.registration.vault import Vault
from tests.benchmarks._intake.stack_up import Running, running
from tests.benchmarks._pages import filled

OWN = (
    *("/", "/uploads", "/uploads/{upload}", "/uploads/{upload}/refused", "/uploads/{upload}/refused?code=invalid_nik"),
    *("/uploads/{upload}/unregistered", "/uploads/{upload}/unregistered?region=33.11", "/uploads/new"),
    *("/uploads/{upload}/unregistered?name=Makmur+7", "/partners", "/partners?registered=false", "/partners?q=Makmur"),
    *("/partners?region=33.11&registered=true", "/partners/{partner}", "/lists", "/quarantine", "/cases", "/briefings"),
    *("/quarantine?code=invalid_nik", "/agreements", "/targets", "/keys", "/audit"),
    *("/v1/imports", "/v1/imports/{upload}", "/v1/lists", "/v1/partners?limit=100", "/v1/partners?registered=true"),
    *("/v1/partners?region=33.11", "/v1/partners/{partner}", "/v1/quarantine", "/v1/quarantine/summary", "/v1/cases"),
    *("/v1/enrollments/summary", "/v1/enrollments/summary?as_of=2025-03-01", "/v1/briefings", "/v1/changes"),
    *("/v1/targets", "/v1/agreements", "/v1/keys", "/v1/audit", "/v1/webhooks", "/v1/uploads"),
)
ADMINISTRATORS = (
    *("/", "/keys", "/partners", "/lists", "/cases", "/audit", "/uploads", "/v1/agencies", "/v1/cases", "/v1/lists"),
    *("/v1/partners", "/v1/enrollments/summary", "/v1/briefings"),
)
BUDGET = 0.150
"""Seconds of the 99th percentile."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="payung bench pages")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the agency")
    parser.add_argument("--times", type=int, default=50, help="each page is asked for")
    parser.add_argument("--only", default="", help="addresses that hold this text")
    parser.add_argument("--ports", type=int)
    parser.add_argument("--data", type=Path, help="where the stack's directory is made; else a temporary folder")
    chosen = parser.parse_args()
    if chosen.data:
        chosen.data.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="payung-pages-", dir=chosen.data))
    home.chmod(0o755)
    try:
        asyncio.run(_measure(home, chosen.rows, chosen.times, chosen.only, chosen.ports))
    finally:
        shutil.rmtree(home)
    return 0


async def _measure(home: Path, rows: int, times: int, only: str, ports: int | None) -> None:
    async with running(home / "stack", ports) as stack:
        began = time.perf_counter()
        vault = Vault(credentials.of(Directory(home / "stack")).secret)
        known = {"upload": await filled.fill(stack.db, vault, rows)}
        known["partner"] = await stack.db.fetchval("select partner_id::text from registration.evidence limit 1")
        print(f"{rows:,} own rows, filled in {time.perf_counter() - began:.0f} s; milliseconds of {times} each")
        print(f"{'':52}{'first':>8}{'p50':>8}{'p99':>8}{'bytes':>10}")
        for key, paths, who in ((stack.key, OWN, ""), (stack.endpoints.admin_key, ADMINISTRATORS, "administrator: ")):
            async with _visitor(stack, key) as http:
                for path in (each for each in paths if only in each):
                    print(await _line(http, path.format(**known), f"{who}{path}", times), flush=True)


@asynccontextmanager
async def _visitor(stack: Running, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in for the pages, with the key for the routes."""
    headers = {"authorization": f"Bearer {key}", "accept-language": "id"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=120, trust_env=False) as http:
        (await http.post("/sign-in", data={"key": key})).raise_for_status()
        yield http


async def _line(http: httpx.AsyncClient, path: str, name: str, times: int) -> str:
    """One row of the table. The first answer, whose plans and counts are made anew, stands by itself."""
    began = time.perf_counter()
    answer = await _asked(http, path)
    first = time.perf_counter() - began
    took = sorted([(await _timed(http, path)) for _ in range(times)])
    p50, p99 = took[len(took) // 2], took[-max(1, len(took) // 100)]
    mark = f"  above {BUDGET * 1000:.0f} ms" if p99 > BUDGET else ""
    failed = "" if answer.status_code == 200 else f"  {answer.status_code}"
    return f"{name:52}{first * 1000:8.1f}{p50 * 1000:8.1f}{p99 * 1000:8.1f}{len(answer.content):10,}{mark}{failed}"


async def _timed(http: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    await _asked(http, path)
    return time.perf_counter() - began


async def _asked(http: httpx.AsyncClient, path: str) -> httpx.Response:
    return await http.get(path, headers={"accept": "application/json" if path.startswith("/v1/") else "text/html"})


if __name__ == "__main__":
    sys.exit(main())
