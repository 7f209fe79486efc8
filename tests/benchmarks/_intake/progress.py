"""How an import gets on: whether it keeps its pace and whether memory grows."""

import time
from itertools import pairwise

from tests.benchmarks._intake.machine import Machine


class Progress:
    """Fed with the rows done so far, every now and then."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._began = time.perf_counter()
        self._seen: list[tuple[float, int]] = []
        self._memory: list[dict[str, int]] = []

    def look(self, done: int) -> None:
        self._memory.append(self._machine.memory())
        if not self._seen or done > self._seen[-1][1]:
            self._seen.append((time.perf_counter() - self._began, done))

    def rates(self) -> str:
        """Until the first chunk was done, and the rows a second in each quarter of the rows after it."""
        if not self._seen or not (done := [(at, rows) for at, rows in self._seen if rows]):
            return "too quick to look at"
        marks = [done[round(part * (len(done) - 1) / 4)] for part in range(5)]
        paces = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(marks) if b[0] > a[0]]
        return f"first rows done after {done[0][0]:.1f} s, then rows/s by quarter " + ", ".join(
            f"{pace:,.0f}" for pace in paces
        )

    def memory(self) -> str:
        """The most of each service in the first and the second half of the time."""
        half = len(self._memory) // 2 or 1
        first, second = self._memory[:half], self._memory[half:] or self._memory
        peaks = {name: [max(at[name] for at in part) / 1e6 for part in (first, second)] for name in self._memory[0]}
        return ", ".join(f"{name} {before:.0f} then {after:.0f} MB" for name, (before, after) in peaks.items())
