"""How far a target is, on a day: its progress, whether it is on course, and when it would be reached. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from services.coverage.figures import rate
from shared.measures import MEASURES

State = Literal["not_begun", "reached", "on_course", "behind", "missed"]
LAST_PROJECTED = date(2199, 12, 31)


class Target(NamedTuple):
    """A target as it was set: `value` of its measure within [starts, until]; of its list alone if it names one."""

    region: str
    measure: str
    starts: date
    until: date
    source: str
    value: int
    list: str | None
    agency: str

    @property
    def numerator(self) -> str:
        """Who counts towards it; all partners for a measure that was not refused yet when it was set."""
        measure = MEASURES.get(self.measure)
        return (measure and measure.numerator) or "partners"

    def progress(self, started: "Started") -> int:
        """How much of `value` is reached by those who started."""
        return started.workers if self.numerator == "workers" else started.partners

    def last_day(self, as_of: date) -> date:
        """The last day whose first starts count."""
        return min(self.until, as_of)


class Started(NamedTuple):
    """Who first started within a target's days: so many partners, with so many workers then."""

    partners: int = 0
    workers: int = 0


def as_json(target: Target, started: Started, as_of: date, updated_at: str | None) -> dict[str, Any]:
    progress = target.progress(started)
    projected_on = _projected_on(target, progress, as_of)
    return {
        "agency": target.agency,
        "measure": target.measure,
        "value": target.value,
        "from": target.starts.isoformat(),
        "until": target.until.isoformat(),
        "list": target.list,
        "source": target.source,
        "progress": progress,
        "rate": rate(progress, target.value),
        "state": _state(target, progress, projected_on, as_of),
        "projected_on": projected_on and projected_on.isoformat(),
        "progress_known_at": updated_at,
    }


def without_progress(target: Mapping[str, Any]) -> dict[str, Any]:
    """The target as somebody sees it who may not see its progress."""
    return dict(target) | dict.fromkeys(("progress", "rate", "state", "projected_on"))


def _projected_on(target: Target, progress: int, as_of: date) -> date | None:
    """The day on which it would be reached at the pace of its days so far; None where nobody can say, or it is over."""
    days = (as_of - target.starts).days + 1
    if not 0 < progress < target.value or days < 1 or as_of > target.until:
        return None
    needed = -(-target.value * days // progress)
    return target.starts + timedelta(needed - 1) if needed <= (LAST_PROJECTED - target.starts).days else None


def _state(target: Target, progress: int, projected_on: date | None, as_of: date) -> State:
    if as_of < target.starts:
        return "not_begun"
    if progress >= target.value:
        return "reached"
    if as_of > target.until:
        return "missed"
    return "on_course" if projected_on is not None and projected_on <= target.until else "behind"
