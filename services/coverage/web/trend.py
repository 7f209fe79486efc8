"""Figures month by month as drawings: where the lines and bars lie. Pure.

A month whose figure is not known leaves a gap; what is drawn is what is known.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

WIDTH, RATES_HIGH, MOVES_HIGH = 600, 230, 150
LEFT, RIGHT, TOP, BOTTOM = 72, 12, 10, 22
SPARK: Final = (150, 44)
"""Width and height of a small one."""
_TOPS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

Row = Mapping[str, Any]


class Dot(NamedTuple):
    """A month's rate."""

    x: float
    y: float
    row: Row


class Tick(NamedTuple):
    """A line of the grid and its value."""

    y: float
    value: float


class Bar(NamedTuple):
    """How many joined (up) or were lost (down) in a month."""

    x: float
    y: float
    width: float
    height: float
    is_lost: bool
    row: Row


class Chart(NamedTuple):
    """`lines`: each a path of months in sequence; `months`: where the name of each one stands."""

    lines: Sequence[str]
    dots: Sequence[Dot]
    ticks: Sequence[Tick]
    months: Sequence[tuple[float, Row]]
    bars: Sequence[Bar]
    most: int
    """What the longest bar counts."""
    middle: float
    """Where bars begin."""


def chart(rows: Sequence[Row]) -> Chart:
    """The rates as a line, and below who joined and who was lost as bars."""
    top = scale([row["rate"] for row in rows])
    xs = _spread(len(rows), LEFT + 14, WIDTH - RIGHT - 14)
    dots = [Dot(x, _height(row["rate"], top), row) for x, row in zip(xs, rows, strict=True) if row["rate"] is not None]
    most = max((row[name] or 0 for row in rows for name in ("joined", "lost")), default=0)
    middle = RATES_HIGH + 2 * TOP + (MOVES_HIGH - TOP - BOTTOM) / 2
    return Chart(
        lines=_lines(xs, [None if row["rate"] is None else _height(row["rate"], top) for row in rows]),
        dots=dots,
        ticks=[Tick(_height(top * part / 4, top), top * part / 4) for part in range(5)],
        months=list(zip(xs, rows, strict=True)),
        bars=[bar for x, row in zip(xs, rows, strict=True) for bar in _bars(x, row, most, middle)],
        most=most,
        middle=middle,
    )


def scale(rates: Sequence[float | None]) -> float:
    """The rate at a chart's upper end: the least round one that all are below or at."""
    most = max((rate for rate in rates if rate is not None), default=0.0)
    return next((top for top in _TOPS if most <= top), 1.0)


def spark(rates: Sequence[float | None], top: float) -> list[str]:
    """A small line of the rates, `top` at its upper end."""
    width, height = SPARK
    ys = [None if rate is None else round(height - 2 - (height - 4) * min(rate / top, 1), 1) for rate in rates]
    return _lines(_spread(len(rates), 2, width - 2), ys)


def _spread(count: int, first: float, last: float) -> list[float]:
    if count == 1:
        return [(first + last) / 2]
    return [round(first + (last - first) * number / (count - 1), 1) for number in range(count)]


def _height(rate: float, top: float) -> float:
    room = RATES_HIGH - TOP - BOTTOM
    return round(TOP + room * (1 - min(rate / top, 1)), 1)


def _lines(xs: Sequence[float], ys: Sequence[float | None]) -> list[str]:
    """The paths of what is known, cut where it is not; a month alone is a short line, so that it is seen."""
    found: list[list[str]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if y is None:
            found.append([])
        else:
            found[-1].append(f"{x} {y}")
    return ["M" + "L".join(points if len(points) > 1 else points * 2) for points in found if points]


def _bars(x: float, row: Row, most: int, middle: float) -> list[Bar]:
    room = (MOVES_HIGH - TOP - BOTTOM) / 2
    lengths = {name: room * (row[name] or 0) / most if most else 0.0 for name in ("joined", "lost")}
    found = [
        Bar(x - 9, round(middle - lengths["joined"], 1), 18, round(lengths["joined"], 1), False, row),
        Bar(x - 9, middle, 18, round(lengths["lost"], 1), True, row),
    ]
    return [bar for bar in found if bar.height]
