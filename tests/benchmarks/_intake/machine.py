"""What a running stack takes of its machine: CPU of each process, memory of each service, bytes on the disk.

On a machine that does other work as well, CPU seconds compare where rates do not.
"""

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil

from deploy.local.postgres import SERVICES
from tests.stack import Stack

PARTS = ("registration", "coverage", "notifications", "kafka")
POSTGRES = "postgres"
SIZES = """
    select sum(pg_total_relation_size(oid))::bigint from pg_class
    where relkind = 'r' and relnamespace = $1::regnamespace"""


IDLE_SECONDS = 3


class Machine:
    """Looks at the processes of one stack; `db` is an administrator's connection."""

    def __init__(self, stack: Stack, db: asyncpg.Connection) -> None:
        self._data, self._db = stack.data, db
        self._pids = {part["name"]: part["pid"] for part in stack.status()["parts"]}

    async def idle(self) -> dict[str, float]:
        """CPU seconds that the stack takes in a second while nothing is asked of it."""
        before = await self.cpu()
        await asyncio.sleep(IDLE_SECONDS)
        return {name: (after - before[name]) / IDLE_SECONDS for name, after in (await self.cpu()).items()}

    async def cpu(self) -> dict[str, float]:
        """Seconds so far: the services, Kafka, PostgreSQL's backends by the service they serve, its other processes,
        and this process. Those that ended, as what read a list, count for who started them."""
        spent = {name: sum(_seconds(pid, with_ended=True) for pid in _family(self._pids[name])) for name in PARTS}
        backends = dict.fromkeys(SERVICES, 0.0)
        for pid, role in await self._db.fetch("select pid, usename from pg_stat_activity where usename is not null"):
            if role in backends:
                backends[role] += _seconds(pid)
        server = sum(_seconds(pid, with_ended=True) for pid in _family(self._pids[POSTGRES]))
        found = {**spent, **{f"{POSTGRES}/{name}": seconds for name, seconds in backends.items()}}
        return {**found, f"{POSTGRES}/other": server - sum(backends.values()), "bench": _seconds(os.getpid())}

    def memory(self) -> dict[str, int]:
        """Resident bytes of each service with its children."""
        return {name: sum(map(_resident, _family(self._pids[name]))) for name in SERVICES}

    async def disk(self) -> dict[str, int]:
        """Bytes of each service's tables with their indexes, and of Kafka's log."""
        tables = {name: await self._db.fetchval(SIZES, name) or 0 for name in SERVICES}
        return {**tables, "kafka": _bytes_below(self._data / "kafka")}


def _family(pid: int) -> list[int]:
    with suppress(psutil.NoSuchProcess):
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return []


def _seconds(pid: int, with_ended: bool = False) -> float:
    with suppress(psutil.NoSuchProcess):
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system + (times.children_user + times.children_system if with_ended else 0)
    return 0.0


def _resident(pid: int) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def _bytes_below(folder: Path) -> int:
    """What the records take: Kafka allots its index files ahead of their use."""
    return sum(each.stat().st_size for each in _logs(folder))


def _logs(folder: Path) -> Iterable[Path]:
    return folder.rglob("*.log")
