"""Partners, policies and calendars for the tests of the rules."""

from datetime import UTC, date, datetime
from typing import Any

from services.notifications.calendar import Calendar
from services.notifications.facts import Facts, Sent
from services.notifications.forecast import Forecaster, PlanItem, at_own_second
from services.notifications.policy import ContactHours, Policy, Step

STEPS = (Step("first", 1), Step("second", 7), Step("third", 14))
POLICY = Policy(steps=STEPS, channels=("log",))
MAIL = Policy(steps=STEPS, channels=("email",))
CALENDAR = Calendar(ContactHours())

MONDAY = datetime(2026, 11, 23, 3, tzinfo=UTC)
"""A Monday, 10:00 in Jakarta."""


def at(day: str, clock: str = "03:00") -> datetime:
    """The UTC moment."""
    return datetime.fromisoformat(f"{day}T{clock}+00:00")


def a_partner(**changes: Any) -> Facts:
    """Listed since Monday 2026-11-23, in Jakarta's zone, never enrolled, with an e-mail address."""
    facts: dict[str, Any] = {
        "partner_id": "01940000-0000-7000-8000-000000000001",
        "zone": "Asia/Jakarta",
        "status": "active",
        "listed_known_at": MONDAY,
        "has_email": True,
    }
    return Facts(**facts | changes)


def planned_items(forecaster: Forecaster, facts: Facts) -> list[PlanItem]:
    """What the plan makes of one partner: its items of the shared forecast, or those of its own."""
    shared = forecaster.shared(facts)
    return forecaster.single(facts) if shared is None else [at_own_second(each, facts) for each in shared]


def sent(step: int, day: str, clock: str = "03:00") -> Sent:
    return Sent(step, at(day, clock))


def day(text: str) -> date:
    return date.fromisoformat(text)
