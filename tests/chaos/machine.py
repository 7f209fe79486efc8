"""The machine on which a stack is tried: its network leads through us, its clock and its disk obey us if they can."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import asyncpg

from deploy.local import ports
from deploy.local.endpoints import Endpoints
from deploy.local.postgres import SERVICES
from tests.chaos.linked_stack import CLOCK, LINKS
from tests.chaos.network import Network
from tests.stack import Stack
from tests.waiting import eventually

TARGETS = ("kafka", "postgres")
LINKED = tuple(f"{service}-{target}" for service in SERVICES for target in TARGETS)
CLIENTS = "clients-registration"
LONG_AGO = 100_000
ROOM = 12_000
"""MB that the disk may hold at most; what is not used is not taken."""


class Clock:
    """What the stack's processes take for the time (libfaketime); a changed difference counts within a second."""

    def __init__(self, library: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="payung-clock-"))
        self._folder.chmod(0o755)  # PostgreSQL runs as another user
        self._file = self._folder / "difference"
        self.differ(0)

        self._library = self._folder / library.name
        shutil.copy(library, self._library)
        self._library.chmod(0o755)

    def obeys(self) -> bool:
        """Whether the library works here: its package carries one of a single kind of processor."""
        self.differ(-LONG_AGO)
        argv = [sys.executable, "-c", "import time; print(time.time())"]
        shown = subprocess.run(argv, env=os.environ | self.environment(), capture_output=True, text=True, check=True)
        self.differ(0)
        return float(shown.stdout) < time.time() - LONG_AGO / 2

    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DISABLE_SHM": "1",
            "NO_FAKE_STAT": "1",
            "FAKETIME_SKIP_CMDS": "java",  # under the library Kafka takes minutes to start
        }

    def differ(self, seconds: int) -> None:
        """The clock shows so many seconds more than it should."""
        made = self._file.with_suffix(".made")
        made.write_text(f"{seconds:+d}\n")
        made.chmod(0o644)
        made.replace(self._file)

    def close(self) -> None:
        shutil.rmtree(self._folder)


class Disk:
    """A disk of its own below `folder`, in memory; only root may mount one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._mount("-t", "tmpfs", "-o", f"size={ROOM}m,mode=755", "tmpfs")

    def be_full(self) -> None:
        """Refused where more is used by now than was asked for: with more to spare it is not."""
        for spare in (1, 64, 1 << 10, 1 << 14):
            with suppress(subprocess.CalledProcessError):
                self._mount("-o", f"remount,size={shutil.disk_usage(self.folder).used // 1024 + spare}k")
                return
        raise AssertionError("the disk cannot be made full")

    def have_room(self) -> None:
        self._mount("-o", f"remount,size={ROOM}m")

    def close(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True)

    def _mount(self, *how: str) -> None:
        subprocess.run(["mount", *how, self.folder], check=True, capture_output=True)


class Machine:
    """A stack on it, and what faults there are. `clock` and `disk` are None where they cannot be had."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.network = Network()
        self.clock = find_clock()
        self.disk = _disk(folder / "disk")
        chosen = ports.choose({})
        links = {
            service: {
                str(chosen[target]): self.network.lead(f"{service}-{target}", chosen[target]) for target in TARGETS
            }
            for service in SERVICES
        }
        self._entrance = self.network.lead(CLIENTS, chosen["registration"])
        self.stack = Stack(
            (self.disk.folder if self.disk else folder) / "data",
            module=("tests.chaos.linked_stack",),
            options=(str(min(chosen.values())),),
            environment={LINKS: json.dumps(links)}
            | ({CLOCK: json.dumps(self.clock.environment())} if self.clock else {})
            | (environment or {}),
        )

    @property
    def endpoints(self) -> Endpoints:
        """Where clients find the stack: registration behind a link."""
        return replace(self.stack.endpoints, registration=f"http://127.0.0.1:{self._entrance}")

    async def slow_disk(self, is_slow: bool) -> None:
        """Every commit of PostgreSQL waits a tenth of a second for the disk, or does not any more."""

        async def done() -> bool:
            try:
                server = await asyncpg.connect(self.stack.endpoints.database, timeout=5)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                return False
            try:
                for name, value in (("commit_delay", 100_000), ("commit_siblings", 0)):
                    await server.execute(
                        f"alter system set {name} = {value}" if is_slow else f"alter system reset {name}"
                    )
                await server.execute("select pg_reload_conf()")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False
            finally:
                server.terminate()
            return True

        await eventually(done, 90, every=0.2)

    def close(self) -> None:
        self.stack.stop()
        self.network.close()
        if self.clock:
            self.clock.close()
        if self.disk:
            self.disk.close()


def find_clock() -> Clock | None:
    """None where libfaketime does not work."""
    (package,) = importlib.util.find_spec("libfaketime").submodule_search_locations
    clock = Clock(next(Path(package).rglob("libfaketime.so.1")))
    if clock.obeys():
        return clock
    clock.close()
    return None


def _disk(folder: Path) -> Disk | None:
    if os.geteuid() != 0:
        return None
    try:
        return Disk(folder)
    except (OSError, subprocess.CalledProcessError):
        return None
