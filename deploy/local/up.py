"""`./payung up`: one process that brings a stack up on a directory, keeps it up and takes it down in order."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from deploy.local import (
    credentials,
    demonstration,
    directory,
    endpoints,
    jars,
    lag,
    ports,
    redriving,
    sign_in,
    stale_processes,
    status,
)
from deploy.local.console import Console
from deploy.local.directory import Directory
from deploy.local.endpoints import Endpoints
from deploy.local.failure import Failure
from deploy.local.parts import Plan, service_argv, stages
from deploy.local.providers import NO_PROVIDERS, Providers
from deploy.local.supervisor import Supervisor

PORTS, LOADED = "ports.json", "demonstration.json"
LOOKED_AT_EVERY = 1.0
"""Seconds between two looks at secrets.json."""


@dataclass(frozen=True)
class Options:
    data: Path
    empty: bool = False
    ports: int | None = None
    providers: Providers = NO_PROVIDERS
    argv: Callable[[str], list[str]] = service_argv


def run(options: Options, silent: bool = False) -> None:
    """Bring the stack up and return after a signal (SIGINT, SIGTERM, SIGHUP), once it has stopped."""
    home = directory.opened(options.data)
    with directory.held(home):
        asyncio.run(Stack(options, home, Console(home.file("logs/stack.log"), silent)).run())


class Stack:
    """One stack from its first line to its last."""

    def __init__(self, options: Options, home: Directory, console: Console) -> None:
        self._options, self._home, self._console = options, home, console
        self._began = time.time()
        self._phase = "starting"
        self._supervisor: Supervisor | None = None
        self._secrets: str | None = None

    async def run(self) -> None:
        asked = _stop_signal()
        work = asyncio.create_task(self._work())
        stop = asyncio.create_task(asked.wait())
        try:
            await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            stop.cancel()
            await self._stop(work)

    async def _work(self) -> None:
        self._enter("starting")
        plan = await self._plan()
        self._console.busy("starting Kafka, PostgreSQL and the services …")
        addresses = await self._start(plan)
        self._console.print(f"ready after {time.time() - self._began:.1f} s")
        for line in welcome(addresses, self._options.data):
            self._console.print(line)
        for trouble in await asyncio.to_thread(lambda: status.troubles(status.of(self._options.data))):
            self._console.print(f"  {trouble}")
        self._console.print(_messages(self._options.providers))
        self._enter("ready")  # who waits for it has seen the lines above
        retried = asyncio.create_task(self._try_dead_letters_again())
        if not self._console.silent:
            for line in await asyncio.to_thread(sign_in.lines, addresses, self._options.data):
                self._console.show(line)
            self._console.print("  Ctrl-C stops everything; the data are kept")
        await retried
        while True:
            plan = replace(plan, credentials=await self._other_secrets(plan.credentials))
            await self._start_again(plan)

    async def _try_dead_letters_again(self) -> None:
        """What another release could not use, this one may."""
        try:
            line = await asyncio.to_thread(redriving.of_earlier_releases, self._options.data)
        except Failure as problem:
            line = f"dead letters were not looked at: {problem}"
        if line:
            self._console.print(f"  {line}")

    async def _start(self, plan: Plan) -> Endpoints:
        """Start all parts and publish where they are."""
        self._supervisor = Supervisor(
            stages(plan), self._home.logs, str(self._home.path), self._console.print, self._save_state
        )
        self._secrets = plan.credentials.fingerprint
        await self._supervisor.start()
        addresses = plan.endpoints(endpoints.agency_keys(self._home))
        await self._load_demonstration(addresses)
        endpoints.publish(self._home, addresses)
        self._console.idle()
        return addresses

    async def _other_secrets(self, known: credentials.Credentials) -> credentials.Credentials:
        """Return once secrets.json holds others; raises when the supervision fails."""
        assert self._supervisor is not None
        failure = asyncio.ensure_future(self._supervisor.failure())
        try:
            while True:
                await asyncio.wait([failure], timeout=LOOKED_AT_EVERY)
                if failure.done():
                    failure.result()
                fresh = await asyncio.to_thread(self._read_secrets, known)
                if fresh != known:
                    return fresh
        finally:
            failure.cancel()

    def _read_secrets(self, known: credentials.Credentials) -> credentials.Credentials:
        """Those in the file; those that are known where it cannot be read: the next start will say so."""
        try:
            return credentials.of(self._home) if self._home.file(credentials.FILE).exists() else known
        except (Failure, OSError, TypeError):
            return known

    async def _start_again(self, plan: Plan) -> None:
        """Start all parts anew, with other secrets."""
        assert self._supervisor is not None
        self._console.print("secrets.json has changed: everything is started again with what it holds now")
        self._home.remove(endpoints.FILE)
        self._enter("starting")
        await self._supervisor.stop()
        await self._start(plan)
        self._enter("ready")
        self._console.print("ready with the new secrets")

    async def _plan(self) -> Plan:
        ended = await asyncio.to_thread(stale_processes.clear, self._home)
        if ended:
            self._console.print(f"ended {ended} processes that an earlier stack on this directory left behind")
        fetched = await asyncio.to_thread(jars.kafka_jars, self._report_jars)
        assets = await asyncio.to_thread(web_assets, self._console)
        return Plan(
            *(self._home, self._ports(), credentials.of(self._home), fetched, assets),
            providers=self._options.providers,
            argv=self._options.argv,
        )

    def _report_jars(self, done: int, total: int) -> None:
        self._console.busy(f"fetching Kafka: {done} of {total} jars")
        if done == total:
            self._console.print(f"fetched {total} jars of Apache Kafka")

    def _ports(self) -> dict[str, int]:
        base = self._options.ports
        chosen = ports.from_base(base) if base else ports.choose(self._home.read(PORTS) or {})
        self._home.write(PORTS, chosen)
        return chosen

    async def _load_demonstration(self, addresses: Endpoints) -> None:
        """Load the demonstration once per directory; again if an earlier load did not finish."""
        if self._home.read(LOADED):
            return
        if self._options.empty:
            # A stack that began without the demonstration does not get it later, among real data.
            self._home.write(LOADED, {"loaded_at": None})
            return
        began = time.monotonic()

        def progress(line: str) -> None:
            self._console.busy(line)
            endpoints.save_agency_keys(self._home, addresses.agency_keys)

        await demonstration.load(addresses, progress)
        self._console.busy("demonstration: the figures follow")
        if not await lag.wait_until_zero(addresses):
            option = endpoints.option(self._options.data)
            self._console.print(f"the services still read what was loaded; see ./payung status{option}")
        self._home.write(LOADED, {"loaded_at": time.time()})
        self._console.print(f"demonstration loaded ({time.monotonic() - began:.1f} s)")

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self._save_state()

    def _save_state(self) -> None:
        parts = [part.as_json() for part in self._supervisor.parts] if self._supervisor else []
        state = {
            "pid": os.getpid(),
            "phase": self._phase,
            "since": self._began,
            "secrets": self._secrets,
            "parts": parts,
        }
        with suppress(OSError):  # on a full disk `status` is out of date; the parts come back as soon as there is room
            self._home.write(directory.STATE, state)

    async def _stop(self, work: "asyncio.Task[None]") -> None:
        self._console.idle()
        self._home.remove(endpoints.FILE)
        self._enter("stopping")
        self._console.print("stopping …")
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        if self._supervisor:
            await self._supervisor.stop()
        self._home.remove(directory.STATE)
        self._console.print("stopped; the data are kept")


def _stop_signal() -> asyncio.Event:
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(how, asked.set)
    return asked


def welcome(addresses: Endpoints, data: Path) -> list[str]:
    """The lines that are printed once a stack is up."""
    option = endpoints.option(data)
    return [
        "",
        f"  coverage       {addresses.coverage}   figures by region",
        f"  registration   {addresses.registration}   events and files come in here",
        f"  notifications  {addresses.notifications}   reminders and why",
        f"  Kafka          {addresses.kafka}",
        f"  PostgreSQL     {unquote(addresses.database.rpartition('@')[2])}",
        "",
        f"  keys and addresses for scripts: {data / endpoints.FILE}",
        f"  next: ./payung status{option} · ./payung import --help · ./payung down{option}",
        "",
    ]


def _messages(providers: Providers) -> str:
    """How messages leave; nobody is contacted unless a provider was given."""
    if not providers.used:
        return "  messages go to notifications' log and reach nobody: give --whatsapp, --sms or --smtp to send them\n"
    missing = [name for name in ("whatsapp", "sms", "email") if name not in providers.used]
    lacking = f"; {', '.join(missing)} not set up" if missing else ""
    return f"  messages leave by {', '.join(providers.used)}{lacking}\n"


def running(data: Path) -> int | None:
    """The process of the stack that runs on this directory, None if there is none."""
    return directory.holder(Directory(data.resolve()))


def phase(data: Path) -> str | None:
    """`starting`, `ready` or `stopping`; None if nothing runs."""
    state = directory.state(Directory(data.resolve()))
    return str(state["phase"]) if state else None


def web_assets(console: Console) -> Path:
    """The folder with the pages' WebJars. What cannot be fetched is missing there, and the pages say so."""
    try:
        return jars.web_jars()
    except Failure as problem:
        console.print(f"the pages will lack styles and scripts: {problem}")
        return jars.cache("web")
