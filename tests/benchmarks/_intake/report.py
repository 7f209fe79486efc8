"""What was measured, as tables: rates and times with their ratio to the baseline, and CPU an event by process."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

from tests.benchmarks._intake.machine import Machine


@dataclass
class Phase:
    """One measurement: `async with` is its time and CPU; `stop` ends the time, not the CPU."""

    name: str
    count: int
    machine: Machine
    baseline: "Phase | None"
    took: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    seconds: float = 0
    lag: float = 0
    _began: float = 0

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    def stop(self) -> None:
        self.seconds = time.perf_counter() - self._began

    async def __aenter__(self) -> "Phase":
        self.cpu = await self.machine.cpu()
        self._began = time.perf_counter()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        ended = time.perf_counter() - self._began
        self.seconds = self.seconds or ended
        self.lag = ended - self.seconds
        if kind is None:
            self.cpu = {name: after - self.cpu[name] for name, after in (await self.machine.cpu()).items()}


class Report:
    """Collects the phases and notes of one run."""

    def __init__(self) -> None:
        self._phases: list[Phase] = []
        self.idle: dict[str, float] = {}

    def note(self, text: str) -> None:
        print(text, flush=True)

    def phase(self, name: str, count: int, machine: Machine, baseline: Phase | None = None) -> Phase:
        """A new one; without a baseline of its own it is held against the quickest that is one."""
        self._phases.append(Phase(name, count, machine, baseline))
        return self._phases[-1]

    def print(self) -> None:
        phases = [phase for phase in self._phases if phase.seconds]
        if not phases:
            return
        quickest = max((each for phase in phases if (each := phase.baseline)), key=lambda each: each.rate, default=None)
        print(f"\n{'':46} {'events':>9} {'seconds':>8} {'per s':>8} {'p50 ms':>7} {'p99 ms':>7} {'ratio':>7}")
        for phase in phases:
            times = [f"{quantile(phase.took, share) * 1e3:.1f}" if phase.took else "" for share in (0.5, 0.99)]
            baseline = phase.baseline or quickest
            ratio = f"{phase.rate / baseline.rate:.1f}×" if baseline else ""
            print(
                f"{phase.name:46} {phase.count:>9,} {phase.seconds:>8.1f} {phase.rate:>8,.0f} "
                f"{times[0]:>7} {times[1]:>7} {ratio:>7}"
            )
        _print_cpu(phases, self.idle)


def _print_cpu(phases: list[Phase], idle: Mapping[str, float]) -> None:
    print("\nµs of CPU an event beyond the idle stack's; PostgreSQL's by the service that it worked for")
    names = list(phases[0].cpu)
    print(" " * 46, *(f"{_short(name):>9}" for name in names), f"{'together':>9}")
    for phase in phases:
        rested = phase.seconds + phase.lag
        each = [max(0, phase.cpu[name] - idle.get(name, 0) * rested) / phase.count * 1e6 for name in names]
        together = sum(each) - each[names.index("bench")]
        print(f"{phase.name:46}", *(f"{cost:>9,.0f}" for cost in (*each, together)))


def _short(name: str) -> str:
    part, slash, of = name.partition("/")
    return f"pg {of[:6]}" if slash else part[:9]


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
