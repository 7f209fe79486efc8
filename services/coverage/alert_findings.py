"""Of what an alert's condition is true, given the figures of a day. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.coverage import rhythm
from services.coverage.alert_conditions import (
    AgencySilent,
    ClaimsJumped,
    CoverageFell,
    DenominatorImplausible,
    Findings,
    TargetOffCourse,
)
from services.coverage.progress import Target
from shared.regions import Regions

FLAGS = ("implausible", "conflict", "disagreement")
"""Of a denominator: those that somebody has to look into."""


class Figures(NamedTuple):
    listed: int
    enrolled: int


def fallen(condition: CoverageFell, before: Mapping[str, Figures], now: Mapping[str, Figures]) -> Findings:
    """By each region's figures then and now."""
    found = {}
    for code, figures in now.items():
        former = before.get(code, Figures(0, 0))
        if min(former.listed, figures.listed) < condition.listed_at_least:
            continue
        was, rate = former.enrolled / former.listed, figures.enrolled / figures.listed
        if round((was - rate) * 100, 9) >= condition.points:
            shares = {"before": {"share": was}, "now": {"share": rate}}
            found[code] = {"name": _name(code), **shares, "days": condition.days}
    return found


def off_course(condition: TargetOffCourse, targets: Iterable[tuple[Target, int]], day: date) -> Findings:
    """Targets whose days include this one, each with its progress up to it."""
    found = {}
    for target, progress in targets:
        if not target.starts <= day <= target.until:
            continue
        passed = ((day - target.starts).days + 1) / ((target.until - target.starts).days + 1)
        if progress < target.value * (passed - condition.behind):
            named = target.region, target.agency, target.measure, target.list, target.starts, target.until
            found["/".join(str(part) for part in named if part is not None)] = {
                "name": _name(target.region),
                "agency": target.agency,
                "value": target.value,
                "progress": progress,
                "expected": int(target.value * passed),
                "until": target.until.isoformat(),
            }
    return found


def silent(condition: AgencySilent, days: Mapping[str, Sequence[int]], day: date) -> Findings:
    """By the days with events of each agency."""
    found = {}
    for agency, known in days.items():
        if condition.agency not in (None, agency):
            continue
        own = rhythm.rhythm(known, day.toordinal(), condition.times)
        if own.silent_since is not None:
            last = max(each for each in known if each <= day.toordinal())
            found[agency] = {
                "agency": agency,
                "last": date.fromordinal(last).isoformat(),
                "usual": own.usual_gap_days,
            }
    return found


def jumped(condition: ClaimsJumped, now: int, before: Sequence[int]) -> Findings:
    """By how many claims were filed in the newest span, and in each of those before."""
    usual = sum(before) / len(before)
    if now < condition.at_least or now < condition.times * usual:
        return {}
    return {
        condition.region: {"name": _name(condition.region), "now": now, "usual": usual, "days": condition.days},
    }


def implausible(_: DenominatorImplausible, denominators: Mapping[str, Sequence[Mapping[str, Any]]]) -> Findings:
    """By each region's denominators as answers have them."""
    found = {}
    for code, published in denominators.items():
        for each in published:
            flags = [flag for flag in each["flags"] if flag in FLAGS]
            if flags:
                names = {name: each[name] for name in ("measure", "source")}
                found[f"{code}/{each['measure']}/{each['source']}"] = {
                    "name": _name(code),
                    **names,
                    "flags": ", ".join(flags),
                }
    return found


def _name(code: str) -> str:
    return Regions.load()[code].name
