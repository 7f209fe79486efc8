"""Who holds a task, for how long without touching it, and who is next: agent, agency, BPJS office. Pure."""

from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from shared import jakarta

Level = Literal["agent", "agency", "office"]

UNTOUCHED: Final = timedelta(days=7)
"""So long a task may lie with an agent or agency that neither claims, snoozes nor ends it."""
LONGEST_SNOOZE: Final = timedelta(days=30)

PRIORITIES: Final[dict[str, int]] = {
    "said_enrolled": 1,
    "not_enrolled": 1,
    "unanswered": 2,
    "unreachable": 3,
}
"""The lower, the sooner: who waits for an answer, who was reminded in vain, who could not be reached."""


def first_level(agent_id: str | None, agencies: frozenset[str]) -> Level:
    """Who holds a task from its beginning: nobody is said to be asked who does not exist."""
    if agent_id is not None:
        return "agent"
    return "agency" if agencies else "office"


def next_level(level: Level, agencies: frozenset[str]) -> Level:
    """Who holds it when this one has not touched it."""
    return "agency" if level == "agent" and agencies else "office"


def touch_by(level: Level, now: datetime, snoozed_until: date | None = None) -> datetime | None:
    """When it goes one level up unless it is touched; None at the last level. A snoozed one waits for its day."""
    if level == "office":
        return None
    begins = now if snoozed_until is None else datetime.combine(snoozed_until, time.min, jakarta.ZONE)
    return max(now, begins) + UNTOUCHED
