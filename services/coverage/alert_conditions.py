"""What an alert may be about: conditions as data, and what their truth means for its alerts. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["coverage_fell", "target_off_course", "agency_silent", "claims_jumped", "denominator_implausible"]
Code = Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9.-]*$")]
Level = Literal["self", "kanwil", "province", "regency"]


class _Condition(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CoverageFell(_Condition):
    """The rate of a region, as it was known then and now, fell by `points` percentage points within `days`. Regions in
    which fewer than `listed_at_least` are listed are left out."""

    kind: Literal["coverage_fell"]
    region: Code = "ID"
    level: Level = "self"
    points: float = Field(2.0, gt=0, le=100)
    days: int = Field(7, ge=1, le=366)
    listed_at_least: int = Field(100, ge=1, le=10**9)


class TargetOffCourse(_Condition):
    """The progress of a target is further than `behind` (a share of its value) below a straight line from its first day
    to its last one."""

    kind: Literal["target_off_course"]
    region: Code = "ID"
    behind: float = Field(0.1, gt=0, le=1)


class AgencySilent(_Condition):
    """An agency (none given: each) has been silent for longer than `times` its usual gap between days with events."""

    kind: Literal["agency_silent"]
    agency: str | None = Field(None, max_length=200, pattern=r"^[^\x00]*$")
    times: float = Field(2.0, ge=1, le=100)


class ClaimsJumped(_Condition):
    """Within `days` at least `at_least` claims of a region were filed, and `times` as many as in the usual one of the
    four such spans before."""

    kind: Literal["claims_jumped"]
    region: Code = "ID"
    days: int = Field(7, ge=1, le=92)
    times: float = Field(2.0, gt=1, le=1000)
    at_least: int = Field(10, ge=5, le=10**9)


class DenominatorImplausible(_Condition):
    """A published figure of the region contradicts another one or is less than those who are enrolled."""

    kind: Literal["denominator_implausible"]
    region: Code = "ID"
    level: Level = "self"


Condition = Annotated[
    CoverageFell | TargetOffCourse | AgencySilent | ClaimsJumped | DenominatorImplausible, Field(discriminator="kind")
]

Findings = Mapping[str, dict[str, Any]]
"""Subject → the numbers of its sentence."""


class Open(NamedTuple):
    """An alert that is not resolved: since when, and when its condition was last true."""

    opened_at: datetime
    last_true_at: datetime


class Changes(NamedTuple):
    """The subjects whose alerts are to be opened, go on, and are to be resolved."""

    opened: list[str]
    ongoing: list[str]
    resolved: list[str]


def changes(open_alerts: Mapping[str, Open], found: Findings, now: datetime, clear_after: timedelta) -> Changes:
    """What the condition's truth at this moment means for its alerts.

    Each opens once, on transition. It is resolved when the condition was untrue for `clear_after`: one that comes and
    goes within that time stays one alert.
    """
    opened = sorted(set(found) - set(open_alerts))
    gone = {subject for subject in open_alerts if subject not in found}
    resolved = sorted(subject for subject in gone if now - open_alerts[subject].last_true_at >= clear_after)
    return Changes(opened, sorted(set(found) & set(open_alerts)), resolved)
