"""A plan of faults from a seed: what it meets, what happens there, after which pause. The same seed, the same plan."""

import asyncio
import os
import random
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from tests.chaos.machine import CLIENTS, LINKED, Machine
from tests.waiting import eventually

Kind = Literal["kill", "end", "pause", "cut", "silence", "deaf", "back", "ahead", "full", "slow"]
PARTS = ("registration", "coverage", "notifications", "kafka", "postgres")
SERVICES, STORES = PARTS[:3], PARTS[3:]
SUPERVISOR, CLOCK, DISK = "supervisor", "clock", "disk"
AGAIN_WITHIN = 90.0
JUMP = 7200
"""Seconds by which the clock is wrong for a while."""


@dataclass(frozen=True)
class Fault:
    """It comes `after` seconds and, but for `kill` (kill -9) and `end` (SIGTERM), `lasts` some.

    A part may be paused (SIGSTOP), a link as `network.State` says, the clock set back or ahead and then set right, the
    disk full or slow.
    """

    part: str
    kind: Kind
    after: float
    lasts: float = 0.0


def plan(seed: int, longest: float = 2.0) -> list[Fault]:
    """Twenty faults: each part killed, the supervisor too, each service ended, both stores paused; five of the links
    between any two parts and from the clients cut, silent or deaf; the clock set back, and ahead; the disk full, and
    slow."""
    dice = random.Random(seed)
    links = dice.sample([*LINKED, CLIENTS], 5)
    hits: list[tuple[str, Kind]] = [(part, "kill") for part in (*PARTS, SUPERVISOR)]
    hits += [(part, "end") for part in SERVICES] + [(part, "pause") for part in STORES]
    kinds: tuple[Kind, ...] = ("cut", "silence", "silence", "deaf", "deaf")
    hits += zip(links, kinds, strict=True)
    hits += [(CLOCK, "back"), (CLOCK, "ahead"), (DISK, "full"), (DISK, "slow")]
    dice.shuffle(hits)
    return [Fault(part, kind, dice.uniform(0.2, 2.0), dice.uniform(0.5, longest)) for part, kind in hits]


def possible(faults: Sequence[Fault], machine: Machine) -> list[Fault]:
    """Those that this machine can make: libfaketime may be missing, and only root may mount a disk."""
    return [
        fault
        for fault in faults
        if not (fault.part == CLOCK and machine.clock is None) and not (fault.kind == "full" and machine.disk is None)
    ]


async def suffer(machine: Machine, faults: Sequence[Fault]) -> None:
    """Do all of it to the stack, one after the other; a part need not have recovered from the one before."""
    for fault in faults:
        await asyncio.sleep(fault.after)  # the moment is the fault's; nothing is waited for
        if fault.part == SUPERVISOR:
            machine.stack.kill()
            await machine.stack.start(AGAIN_WITHIN)
        elif fault.part in PARTS:
            await _hit(machine, fault)
        else:
            await _surround(machine, fault)


async def _hit(machine: Machine, fault: Fault) -> None:
    pid = await eventually(lambda: machine.stack.pid(fault.part), AGAIN_WITHIN)
    with suppress(ProcessLookupError):  # it may just have ended of the fault before
        if fault.kind == "pause":
            os.killpg(pid, signal.SIGSTOP)
            await asyncio.sleep(fault.lasts)
            os.killpg(pid, signal.SIGCONT)
            return
        os.kill(pid, signal.SIGKILL if fault.kind == "kill" else signal.SIGTERM)
    await eventually(lambda: machine.stack.pid(fault.part) not in (None, pid), AGAIN_WITHIN)


async def _surround(machine: Machine, fault: Fault) -> None:
    match fault.kind:
        case "cut" | "silence" | "deaf":
            machine.network.become(fault.part, fault.kind)
            await asyncio.sleep(fault.lasts)
            machine.network.become(fault.part, "open")
        case "back" | "ahead":
            assert machine.clock is not None
            machine.clock.differ(-JUMP if fault.kind == "back" else JUMP)
            await asyncio.sleep(1 + fault.lasts)  # a process looks at its clock again within a second
            machine.clock.differ(0)
        case "full":
            assert machine.disk is not None
            machine.disk.be_full()
            await asyncio.sleep(fault.lasts)
            machine.disk.have_room()
        case "slow":
            await machine.slow_disk(True)
            await asyncio.sleep(fault.lasts)
            await machine.slow_disk(False)
