"""`./payung status`: the parts with their state and memory, and the detail that each service reports."""

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Column, Table

from deploy.local import directory
from deploy.local import lag as consumer_lag
from deploy.local.client import PLAIN
from deploy.local.directory import Directory
from deploy.local.endpoints import FILE, Endpoints
from deploy.local.postgres import SERVICES
from deploy.local.supervisor import DISK_FULL, ROOM
from shared.bus.dead_letter_reader import count_dead_letters


def of(data: Path) -> dict[str, Any]:
    """`running`, `ready`, `phase`, `since`, `is_disk_full` and the `parts`: name, state, pid, restarts, rss_bytes,
    uptime, detail."""
    home = Directory(data.resolve())
    state = directory.state(home)
    if state is None:
        return {"running": directory.holder(home) is not None, "ready": False, "data": str(home.path), "parts": []}
    parts = [_part(part) for part in state["parts"]]
    ready = state["phase"] == "ready" and all(map(_is_ready, parts))
    summary = {"running": True, "ready": ready, "phase": state["phase"], "pid": state["pid"], "since": state["since"]}
    return {**summary, "data": str(home.path), "is_disk_full": _is_full(home), "parts": parts}


def _is_full(home: Directory) -> bool:
    """The parts themselves may not say so: on a full disk the supervisor cannot note how they are."""
    return shutil.disk_usage(home.path).free < ROOM


def figures(data: Path) -> dict[str, Any]:
    """`lag` (records not yet read, by service), `dead_letters` (by topic) and `freshness` (by agency); None unknown."""
    home = Directory(data.resolve())
    known = home.read(FILE) if directory.holder(home) else None
    if known is None:
        return {"lag": None, "dead_letters": None, "freshness": None}
    addresses = Endpoints(**known)
    lag, dead_letters = asyncio.run(_of_the_log(addresses))
    return {"lag": lag, "dead_letters": dead_letters, "freshness": _freshness(addresses)}


async def _of_the_log(addresses: Endpoints) -> tuple[dict[str, int | None], dict[str, int] | None]:
    """Both at the same time: Kafka's client takes most of a second to start."""
    return await asyncio.gather(_lag(addresses), _dead_letters(addresses))


async def _lag(addresses: Endpoints) -> dict[str, int | None]:
    try:
        return await asyncio.wait_for(consumer_lag.by_service(addresses), 10)
    except (KafkaError, asyncpg.PostgresError, TimeoutError, OSError):
        return dict.fromkeys(SERVICES)


async def _dead_letters(addresses: Endpoints) -> dict[str, int] | None:
    try:
        return await asyncio.wait_for(count_dead_letters(addresses.kafka_url), 10)
    except (KafkaError, TimeoutError, OSError):
        return None


def _freshness(addresses: Endpoints) -> Any:
    bearer = {"Authorization": f"Bearer {addresses.admin_key}"}
    try:
        url = f"{addresses.coverage}/v1/freshness"
        answer = httpx.get(url, headers=bearer, timeout=5, trust_env=False, verify=PLAIN)
        return answer.json()["agencies"] if answer.is_success else None
    except (httpx.HTTPError, ValueError):
        return None


def troubles(report: dict[str, Any]) -> list[str]:
    """One line for each part that may take no traffic, with what to do where that is known."""
    found = []
    for part in report["parts"]:
        if not _is_ready(part):
            halted = [
                f"{topic} stands still: {reason}"
                for detail in part.get("detail", {}).get("parts", {}).values()
                for topic, reason in (detail.get("halted") or {}).items()
            ]
            found += [f"{part['name']}: {line}" for line in dict.fromkeys(halted)] or [_trouble(part, report)]
    return found


def _trouble(part: dict[str, Any], report: dict[str, Any]) -> str:
    parts = part.get("detail", {}).get("parts", {})
    found = sorted({detail["trouble"] for detail in parts.values() if not detail["ok"] and detail.get("trouble")})
    if part["state"] == DISK_FULL or "DiskFullError" in found or report["is_disk_full"]:
        return f"{part['name']} waits for room: the disk of {report['data']} is full"
    return f"{part['name']} is not ready" + (f": {', '.join(found)}" if found else "")


def _is_ready(part: dict[str, Any]) -> bool:
    """As its `/readyz` says, where it has one."""
    return part["state"] == "running" and ("detail" not in part or part["detail"].get("status") == "ok")


def _part(part: dict[str, Any]) -> dict[str, Any]:
    report = {**part, "rss_bytes": _memory(part["pid"]), "uptime_seconds": round(time.time() - part["since"], 1)}
    if part["address"].startswith("http"):
        report["detail"] = _detail(part["address"])
    return report


def _memory(pid: int | None) -> int:
    """Memory of the process and its children; what they share (PostgreSQL's buffers) is counted once."""
    if pid is None:
        return 0
    try:
        top = psutil.Process(pid)
        return sum(_own_share(process) for process in [top, *top.children(recursive=True)])
    except psutil.Error:
        return 0


def _own_share(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _detail(url: str) -> dict[str, Any]:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=5, trust_env=False, verify=PLAIN)
        detail: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return {"status": "unreachable", "reason": str(error)}
    return detail


def show(report: dict[str, Any]) -> None:
    """The same as a table, and below it the detail of the services."""
    console = Console(highlight=False)
    columns = ("state", "pid", "restarts", Column("memory", no_wrap=True), Column("since", no_wrap=True))
    table = Table(Column("part", no_wrap=True), *columns, Column("address", no_wrap=True), box=None, pad_edge=False)
    for part in report["parts"]:
        memory, since = f"{part['rss_bytes'] / 1e6:.0f} MB", f"{part['uptime_seconds']:.0f} s"
        row = (part["name"], part["state"], part["pid"] or "–", part["restarts"], memory, since, part["address"])
        table.add_row(*map(str, row))
    console.print(table)
    for part in report["parts"]:
        if part["last_end"]:
            console.print(f"{part['name']} {part['last_end']} (restarts: {part['restarts']})", soft_wrap=True)
    _show_figures(report, console)
    for part in report["parts"]:
        for name, detail in part.get("detail", {}).get("parts", {}).items():
            facts = " · ".join(f"{key} {value}" for key, value in detail.items())
            console.print(f"  {part['name']} {name}: {facts}", markup=False, soft_wrap=True)


def _show_figures(report: dict[str, Any], console: Console) -> None:
    lag = " · ".join(f"{name} {'?' if number is None else number}" for name, number in (report["lag"] or {}).items())
    dead = "?" if report["dead_letters"] is None else sum(report["dead_letters"].values())
    console.print(f"lag (records): {lag or '?'} · dead letters: {dead}", soft_wrap=True)
    silent = [agency for agency in report["freshness"] or () if agency["silent_for"] is not None]
    longest = sorted(silent, key=lambda agency: -agency["silent_for"])[:5]
    agencies = " · ".join(f"{agency['agency']} {_ago(agency['silent_for'])}" for agency in longest)
    console.print(f"silent for longest: {agencies or 'no agency has sent anything yet'}", soft_wrap=True, markup=False)


def _ago(seconds: int) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
