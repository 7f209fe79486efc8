"""A plan of faults from a seed: which part, what happens to it, after which pause. The same seed, the same plan."""

import asyncio
import os
import random
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from tests.stack import Stack
from tests.waiting import eventually

Kind = Literal["kill", "end", "pause"]
PARTS = ("registration", "coverage", "notifications", "kafka", "postgres")
SERVICES = PARTS[:3]
SUPERVISOR = "supervisor"
AGAIN_WITHIN = 90.0


@dataclass(frozen=True)
class Fault:
    """`kill` is kill -9, `end` SIGTERM, `pause` SIGSTOP for `lasts` seconds; it comes `after` seconds."""

    part: str
    kind: Kind
    after: float
    lasts: float = 0.0


def plan(seed: int, longest_pause: float = 2.0) -> list[Fault]:
    """Twenty faults: each part killed twice and paused once, each service ended, the supervisor killed twice."""
    dice = random.Random(seed)
    kinds: list[tuple[str, Kind]] = [(part, kind) for part in PARTS for kind in ("kill", "kill", "pause")]
    kinds += [(part, "end") for part in SERVICES] + [(SUPERVISOR, "kill")] * 2
    dice.shuffle(kinds)
    return [Fault(part, kind, dice.uniform(0.2, 2.0), dice.uniform(0.5, longest_pause)) for part, kind in kinds]


async def suffer(stack: Stack, faults: Sequence[Fault]) -> None:
    """Do all of it to the stack, one after the other; a part need not have recovered from the one before."""
    for fault in faults:
        await asyncio.sleep(fault.after)  # the moment is the fault's; nothing is waited for
        if fault.part == SUPERVISOR:
            stack.kill()
            await stack.start(AGAIN_WITHIN)
        else:
            await _hit(stack, fault)


async def _hit(stack: Stack, fault: Fault) -> None:
    pid = await eventually(lambda: _pid(stack, fault.part), AGAIN_WITHIN)
    with suppress(ProcessLookupError):  # it may just have ended of the fault before
        if fault.kind == "pause":
            os.killpg(pid, signal.SIGSTOP)
            await asyncio.sleep(fault.lasts)
            os.killpg(pid, signal.SIGCONT)
            return
        os.kill(pid, signal.SIGKILL if fault.kind == "kill" else signal.SIGTERM)
    await eventually(lambda: _pid(stack, fault.part) not in (None, pid), AGAIN_WITHIN)


def _pid(stack: Stack, part: str) -> Any:
    return stack.part(part)["pid"]
