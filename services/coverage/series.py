"""Figures month by month: how many at each month's end, who joined and who was lost within it. Pure.

A partner joins on a day on which it is enrolled in what is asked about (a region, a programme …) and was not the day
before; it is lost the other way round. Who leaves and comes back within a month does both. So joined - lost is always
what `enrolled` grew by.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from services.coverage import figures
from services.coverage.figures import Combination, Dimensions, Sum

DIMENSIONS = tuple(name for name in figures.DIMENSIONS if name != "job_level")
"""What a series may be split by: whoever joins is a partner, so not by its workers' levels."""

OUTSIDE = -1
NOWHERE = 0
Key = tuple[str, Combination]


class Month(NamedTuple):
    """A month of the calendar; `end` is its last day."""

    name: str
    end: date


class Loss(NamedTuple):
    """So many leave `cell` for `next_cell`: OUTSIDE what is asked about, or NOWHERE (not enrolled any more)."""

    cell: int
    next_cell: int
    partners: int


@dataclass(slots=True)
class Movement:
    """Who was lost within a month: enrolled no more (`lapsed`), or elsewhere (`changed`); who came from elsewhere."""

    lapsed: int = 0
    changed: int = 0
    came: int = 0


def months(first: date, last: date) -> list[Month]:
    """The months from the one that `first` lies in to that of `last`."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [Month(f"{number // 12:04}-{number % 12 + 1:02}", _begins(number + 1) - timedelta(1)) for number in numbers]


def months_before(day: date, count: int) -> date:
    """The first day of the month so many months before that of `day`."""
    return _begins(day.year * 12 + day.month - 1 - count)


def _begins(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def step_days(found: Sequence[Month], anchor: date) -> list[date]:
    """The days on which steps begin, in order: the first of each month, and the day after the one whose sums are known.
    The last one ends the last step."""
    ends = {day_before(found), anchor, *(month.end for month in found)}
    return sorted(end + timedelta(1) for end in ends)


def day_before(found: Sequence[Month]) -> date:
    """The last day before these months."""
    return found[0].end.replace(day=1) - timedelta(1)


def sums_at_ends(
    found: Sequence[Month], anchor: date, base: Iterable[Sum], steps: Iterable[tuple[int, Sum]], days: Sequence[date]
) -> Iterator[list[Sum]]:
    """The sums on the day before the first month, then at each month's end: those of the `anchor`, and every step from
    there on, or back. `steps`: (n, what changes from days[n - 1] on and before days[n])."""
    by_step: dict[int, list[Sum]] = defaultdict(list)
    for number, each in steps:
        by_step[number].append(each)
    current: dict[int, list[int]] = {}
    _add(current, base, 1)
    at = bisect_left(days, anchor + timedelta(1))
    for end in (day_before(found), *(month.end for month in found)):
        wanted = bisect_left(days, end + timedelta(1))
        for number in range(at + 1, wanted + 1):
            _add(current, by_step[number], 1)
        for number in range(at, wanted, -1):
            _add(current, by_step[number], -1)
        at = wanted
        yield [Sum(cell, *measures) for cell, measures in current.items() if any(measures)]


def _add(current: dict[int, list[int]], sums: Iterable[Sum], sign: int) -> None:
    for cell, *measures in sums:
        known = current.setdefault(cell, [0, 0, 0, 0, 0])
        for index, value in enumerate(measures):
            known[index] += sign * value


def movements(
    losses: Iterable[Loss], by: tuple[str, ...], region_of: Callable[[int], str], dimensions: Dimensions
) -> dict[Key, Movement]:
    """(region, combination of the dimensions' values) → who was lost there, who came from elsewhere."""
    found: dict[Key, Movement] = defaultdict(Movement)
    for cell, next_cell, partners in losses:
        before, after = (set(_keys(each, by, region_of, dimensions)) for each in (cell, next_cell))
        for key in before - after:
            if next_cell == NOWHERE:
                found[key].lapsed += partners
            else:
                found[key].changed += partners
        for key in after - before:
            found[key].came += partners
    return found


def _keys(cell: int, by: tuple[str, ...], region_of: Callable[[int], str], dimensions: Dimensions) -> Iterable[Key]:
    if cell in (OUTSIDE, NOWHERE):
        return ()
    return ((region_of(cell), combination) for combination in figures.combinations_of(cell, by, dimensions))


def moved(enrolled: int, before: int, movement: Movement | None) -> dict[str, Any]:
    """The members of a row that say who joined and who was lost; null where losses are not known (None)."""
    net = enrolled - before
    if movement is None:
        return {"joined": None, "lost": None, "net": net, "lost_by": {"lapsed": None, "changed": None}}
    lost = movement.lapsed + movement.changed
    lost_by = {"lapsed": movement.lapsed, "changed": movement.changed}
    return {"joined": net + lost, "lost": lost, "net": net, "lost_by": lost_by}
