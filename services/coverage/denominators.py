"""How the figures compare with published denominators: each with its own numerator, and what is wrong with it. Pure.

A published figure is not believed for its status: what is impossible, or disagrees with others, is flagged with the
reason, and what is impossible is not divided by.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from services.coverage import boundaries
from services.coverage.figures import rate
from shared.measures import MEASURES

DIVIDED_BY: Final = ("ok", "conflict")
NEVER_SHOWN: Final = ("derived", "out_of_scope")
IMPLAUSIBLE: Final = "implausible"
"""The flag beside each reason why a figure cannot be right."""
IMPOSSIBLE: Final = ("above_population", "jump")
OF_RATE: Final = ("above_one", "below_one_in_a_thousand")
"""Found by comparing with those enrolled."""
NEVER_DIVIDED: Final = ("above_population", "above_one", "other_boundaries")
LEAST_RATE: Final = 1 / 1000
MOST_JUMP: Final = 0.5
DISAGREEMENT: Final = 0.1
"""From this share of the lesser figure on, two sources disagree."""


@dataclass(frozen=True)
class PublishedDenominator:
    """A published figure; `as_of` None where its source gives no day."""

    region: str
    measure: str
    value: float
    as_of: date | None
    source: str
    status: str

    @property
    def vintage(self) -> date:
        return self.as_of or date.min


class Reason(NamedTuple):
    """Why a figure is flagged."""

    flag: str
    text: str


def of_health(published: Iterable[PublishedDenominator], as_of: date) -> list[PublishedDenominator]:
    """The newest figure up to this day of each source about health insurance: to be shown apart."""
    newest: dict[tuple[str, str], PublishedDenominator] = {}
    for each in sorted(published, key=lambda each: each.vintage):
        measure = MEASURES.get(each.measure)
        if measure and measure.is_of_health and each.vintage <= as_of and each.status != "derived":
            newest[each.measure, each.source] = each
    return list(newest.values())


def evaluate(
    published: Iterable[PublishedDenominator],
    numerators: Mapping[str, int],
    as_of: date,
    kind: str | None = None,
    *,
    is_former: bool = False,
) -> list[dict[str, Any]]:
    """A row's denominators as JSON: of each measure and source the newest up to `as_of`, with rate and flags.

    `kind` leaves only those that are the whole of this kind of partner; `is_former`: of a province before 2022.
    """
    known = [each for each in published if each.status not in NEVER_SHOWN and each.measure in MEASURES]
    vintages = _vintages(known, as_of, kind)
    newest = [each[-1] for each in vintages]
    rows = []
    for each in sorted(vintages, key=_order):
        reasons = [
            *_impossible(each, known),
            *_other_boundaries(each[-1], is_former),
            *_disagreements(each[-1], newest),
        ]
        rows.append(_as_json(each[-1], numerators, reasons))
    return rows


def _vintages(known: Iterable[PublishedDenominator], as_of: date, kind: str | None) -> list[list[PublishedDenominator]]:
    """Of each measure and source its figures up to `as_of`, the oldest first."""
    found: dict[tuple[str, str], list[PublishedDenominator]] = {}
    for each in known:
        measure = MEASURES[each.measure]
        if measure.is_denominator and each.vintage <= as_of and kind in (None, measure.numerator):
            found.setdefault((each.measure, each.source), []).append(each)
    return [sorted(each, key=lambda figure: figure.vintage) for each in found.values()]


def _order(vintages: Sequence[PublishedDenominator]) -> tuple[str, str]:
    return vintages[-1].measure, vintages[-1].source


def _as_json(figure: PublishedDenominator, numerators: Mapping[str, int], reasons: Iterable[Reason]) -> dict[str, Any]:
    """`rate` is null where the figure is not to be divided by; `flags` have its status if it is doubted, and what was
    found by comparing, `reasons` the sentences for these."""
    numerator = numerators.get(MEASURES[figure.measure].numerator or "", 0)
    share = rate(numerator, figure.value) if figure.status in DIVIDED_BY else None
    found = [*reasons, *_of_rate(share)]
    return {
        "measure": figure.measure,
        "numerator": numerator,
        "value": _number(figure.value),
        "rate": None if any(each.flag in NEVER_DIVIDED for each in found) else share,
        "as_of": figure.as_of.isoformat() if figure.as_of else None,
        "source": figure.source,
        **_flagged(figure.status, found),
    }


def without_rate(denominator: Mapping[str, Any]) -> dict[str, Any]:
    """The denominator as somebody sees it who may not see how many are enrolled: without what compares it with them."""
    reasons = [each for each in denominator["reasons"] if each["flag"] not in OF_RATE]
    is_implausible = any(each["flag"] in IMPOSSIBLE for each in reasons)
    hidden = OF_RATE if is_implausible else (*OF_RATE, IMPLAUSIBLE)
    flags = [flag for flag in denominator["flags"] if flag not in hidden]
    return dict(denominator) | {"numerator": None, "rate": None, "flags": flags, "reasons": reasons}


def _flagged(status: str, reasons: Iterable[Reason]) -> dict[str, Any]:
    flags = dict.fromkeys(each.flag for each in reasons)
    doubted = [] if status == "ok" else [status]
    implausible = [IMPLAUSIBLE] if flags.keys() & {*IMPOSSIBLE, *OF_RATE} else []
    return {
        "flags": [*doubted, *implausible, *flags],
        "reasons": [{"flag": each.flag, "reason": each.text} for each in reasons],
    }


def _impossible(vintages: Sequence[PublishedDenominator], known: Iterable[PublishedDenominator]) -> Iterator[Reason]:
    """What is wrong with the newest of these, whatever its status says; all figures of the region are `known`."""
    figure = vintages[-1]
    inhabitants = [each for each in known if each.measure == "population"]
    most = max(inhabitants, key=lambda each: each.value, default=None)
    if MEASURES[figure.measure].is_of_people and most is not None and figure.value > most.value:
        yield Reason(
            "above_population",
            f"{_number(figure.value):,} of a population of {_number(most.value):,} ({most.source}) is impossible.",
        )
    before = vintages[-2] if len(vintages) > 1 else None
    if before is not None and before.value > 0 and abs(figure.value / before.value - 1) > MOST_JUMP:
        old, new = _number(before.value), _number(figure.value)
        yield Reason("jump", f"From {old:,} ({_day(before)}) to {new:,} ({_day(figure)}) is a jump of more than half.")


def _other_boundaries(figure: PublishedDenominator, is_former: bool) -> Iterator[Reason]:
    if boundaries.is_of_others(figure.region, figure.as_of, is_former=is_former):
        yield Reason("other_boundaries", f"This figure of {_day(figure)} is of the province in other boundaries.")


def _of_rate(share: float | None) -> Iterator[Reason]:
    if share is not None and share > 1:
        yield Reason("above_one", "More are registered than this figure says there are.")
    if share is not None and 0 < share < LEAST_RATE:
        yield Reason("below_one_in_a_thousand", "Less than one in a thousand would be registered.")


def _disagreements(figure: PublishedDenominator, newest: Iterable[PublishedDenominator]) -> Iterator[Reason]:
    """The other source of the same measure that is farthest from this one, if far."""
    others = [each for each in newest if each.measure == figure.measure and each.source != figure.source]
    farthest = max(others, key=lambda each: _distance(figure, each), default=None)
    if farthest is not None and _distance(figure, farthest) >= DISAGREEMENT:
        other, percent = _number(farthest.value), round(100 * min(_distance(figure, farthest), 99.99))
        text = f"{farthest.source} says {other:,} ({_day(farthest)}), which differs by {percent} percent."
        yield Reason("disagreement", text)


def _distance(one: PublishedDenominator, other: PublishedDenominator) -> float:
    lesser, greater = sorted((one.value, other.value))
    return 0.0 if greater == lesser else greater / lesser - 1 if lesser else float("inf")


def _number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


def _day(figure: PublishedDenominator) -> str:
    return figure.as_of.isoformat() if figure.as_of else "undated"
