"""How long facts took from their acceptance until they took effect, as a histogram that weighs by records."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.bus.positions import Step
from shared.bus.records import Record, header

BOUNDS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the histogram's buckets, in seconds; what took longer is in one more."""


class Delays:
    """Topic → how many records took how long. A batch's records of one partition count as its first one, the oldest:
    to read the time of each would cost more than to apply it."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._sums: dict[str, float] = defaultdict(float)

    def applied(self, topic: str, records: Sequence[Record], step: Step, now: float | None = None) -> None:
        """These records took effect, `step` says how many of each partition; `now` in seconds since 1970."""
        now = time.time() if now is None else now
        first = {record.partition: record for record in reversed(records)}
        for tp, before, after in zip(step.partitions, step.before, step.after, strict=True):
            self._add(topic, max(0.0, now - accepted_at(first[tp.partition])), after - before)

    def _add(self, topic: str, seconds: float, records: int) -> None:
        self._counts[topic][bisect_left(BOUNDS, seconds)] += records
        self._sums[topic] += seconds * records

    def histograms(self) -> Iterator[tuple[str, list[tuple[str, float]], float]]:
        """Topic, its buckets as (upper bound, records up to it), and the sum of all seconds."""
        for topic, counts in self._counts.items():
            total, buckets = 0, []
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
                total += count
                buckets.append((bound, float(total)))
            yield topic, buckets, self._sums[topic]


def accepted_at(record: Record) -> float:
    """When the fact was accepted, in seconds since 1970: its own time, else when it was written to the log."""
    try:
        return datetime.fromisoformat(header(record.headers, "ce_time")).timestamp()
    except (ValueError, OverflowError):
        return record.timestamp / 1000
