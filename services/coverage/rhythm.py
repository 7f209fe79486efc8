"""How often an agency usually sends something, and since when it is silent for longer than that. Pure.

Days are ordinals (`date.toordinal`) of Jakarta on which an agency sent at least one event.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from statistics import median
from typing import NamedTuple

FEWEST_DAYS = 4
"""Days with events from which on a rhythm is learned."""
NEWEST_GAPS = 30
"""So many gaps between such days are the rhythm: an agency may change its habits."""
LEAST_DAYS = 3
"""Nobody is silent sooner: a weekend is no silence."""
TIMES = 2.0
"""Longer than so many usual gaps is silence."""


class Rhythm(NamedTuple):
    """`usual_gap_days`: the median; None until it is learned. `silent_since`: the first day on which it was overdue."""

    usual_gap_days: float | None
    silent_since: date | None


def rhythm(days: Sequence[int], today: int, times: float = TIMES) -> Rhythm:
    """By the days up to `today`, in order and each once; `times` as many usual gaps are silence."""
    known = [day for day in days if day <= today]
    if len(known) < FEWEST_DAYS:
        return Rhythm(None, None)
    gaps = [later - earlier for earlier, later in pairwise(known)][-NEWEST_GAPS:]
    usual = float(median(gaps))
    overdue = known[-1] + int(max(LEAST_DAYS, times * usual)) + 1
    return Rhythm(usual, date.fromordinal(overdue) if today >= overdue else None)
