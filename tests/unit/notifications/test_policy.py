"""What an operator may set, and what is refused."""

from dataclasses import replace
from datetime import UTC, time
from typing import Any

import pytest

from services.notifications.policy import ContactHours, Group, Policy, Price, Quiet, Step, faults
from tests.unit.notifications.builders import MAIL, STEPS

TEMPLATES = frozenset({"first", "second", "third"})


def test_the_default_is_sound() -> None:
    assert faults(MAIL, TEMPLATES) == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"steps": ()}, "steps: Between 1 and 10"),
        ({"steps": (Step("first", 0),)}, "steps: Days lie between 1 and 365"),
        ({"steps": (Step("first", 7), Step("second", 7))}, "steps: Days must rise"),
        ({"steps": (Step("insult", 1),)}, "steps: The templates are"),
        ({"escalate_after_days": 0}, "escalate_after_days: This lies"),
        ({"min_gap_days": 0}, "min_gap_days: This lies"),
        ({"channels": ()}, "channels: At least"),
        ({"channels": ("email", "email")}, "channels: At least"),
        ({"contribution_from": 0}, "contribution_from: This lies"),
        ({"hours": ContactHours(weekdays=())}, "hours.weekdays: At least"),
        ({"hours": ContactHours(weekdays=("monday", "sunday"))}, "hours.weekdays: Nobody"),
        ({"hours": ContactHours(start=time(7))}, "hours.start: Contact is never before 08:00"),
        ({"hours": ContactHours(end=time(21))}, "hours.end: Contact is never after 20:00"),
        ({"hours": ContactHours(spread_until=time(8))}, "hours.spread_until: This lies after the start"),
        ({"hours": ContactHours(start=time(9, tzinfo=UTC))}, "hours.start: Times are local"),
        (
            {"hours": ContactHours(start=time(8, 0, 0, 1), spread_until=time(8, 0, 0, 2))},
            "hours.start: Times are local, in whole seconds",
        ),
        ({"hours": ContactHours(quiet=(Quiet("monday", time(9), time(9)),))}, "hours.quiet: The start"),
        (
            {"hours": ContactHours(quiet=(Quiet("monday", time(8), time(19)),))},
            "hours.quiet: This leaves no time on monday",
        ),
        ({"groups": (Group("all"),)}, "groups.0.regions: A group needs a condition"),
        ({"groups": (Group("x", regions=("33",)),) * 2}, "groups: Each group has a name"),
        ({"groups": (Group("x", regions=("33",), steps=(Step("insult", 1),)),)}, "groups.0.steps: The templates are"),
        ({"groups": (Group("\x00", kinds=("business",)),)}, "groups.0.name: A name has between"),
        ({"groups": (Group("x", agencies=("a b",)),)}, "groups.0.agencies: Agencies are named"),
        ({"prices": (Price("sms", -1),)}, "prices: A price lies"),
        ({"prices": (Price("sms", 1), Price("sms", 2))}, "prices: There is one price"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], refusal: str) -> None:
    changed: Policy = replace(MAIL, **({"steps": STEPS} | changes))
    assert any(f"{each.field}: {each.detail}".startswith(refusal) for each in faults(changed, TEMPLATES))
