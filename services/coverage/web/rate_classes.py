"""The colours of rates: six fixed classes, the same on every map, so that two maps compare. Pure.

One hue from light to dark, so that it is read without seeing colours, and printed in black.
"""

from typing import Final, NamedTuple


class RateClass(NamedTuple):
    """A class of rates from `least` on, its colour, and that of the text upon it."""

    least: float
    fill: str
    ink: str


CLASSES: Final = (
    RateClass(0.0, "#d9eeec", "#1d2b2f"),
    RateClass(0.05, "#b3dad7", "#1d2b2f"),
    RateClass(0.10, "#86c1be", "#1d2b2f"),
    RateClass(0.25, "#56a3a2", "#10201f"),
    RateClass(0.50, "#1f7574", "#ffffff"),
    RateClass(0.75, "#07484d", "#ffffff"),
)
ZERO: Final = RateClass(0.0, "#ffffff", "#1d2b2f")
"""Exactly nobody; drawn with a border."""


def class_of(rate: float | None) -> RateClass | None:
    """The class of a rate from 0 to 1; None for no data, which is hatched."""
    if rate is None:
        return None
    if rate == 0:
        return ZERO
    return next(each for each in reversed(CLASSES) if rate >= each.least)


def bounds() -> list[tuple[RateClass, float, float]]:
    """Each class with the rates that it begins and ends at."""
    ends = [each.least for each in CLASSES[1:]] + [1.0]
    return [(each, each.least, end) for each, end in zip(CLASSES, ends, strict=True)]
