"""What an operator may set, and what is refused."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from services.notifications.policy import ContactHours, Policy, Quiet, Step, faults
from tests.unit.notifications.builders import MAIL, STEPS

TEMPLATES = frozenset({"first", "second", "third"})


def test_the_default_is_sound() -> None:
    assert faults(MAIL, TEMPLATES) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"steps": ()}, "between 1 and 10"),
        ({"steps": (Step("first", 0),)}, "between 1 and 365"),
        ({"steps": (Step("first", 7), Step("second", 7))}, "rise"),
        ({"steps": (Step("insult", 1),)}, "templates are"),
        ({"escalate_after_days": 0}, "escalate_after_days"),
        ({"min_gap_days": 0}, "min_gap_days"),
        ({"channels": ()}, "channels"),
        ({"channels": ("email", "email")}, "channels"),
        ({"contribution_from": 0}, "contribution_from"),
        ({"hours": ContactHours(weekdays=())}, "weekdays"),
        ({"hours": ContactHours(start=time(7))}, "never before 08:00"),
        ({"hours": ContactHours(end=time(21))}, "never before 08:00"),
        ({"hours": ContactHours(spread_until=time(8))}, "spread_until"),
        ({"hours": ContactHours(quiet=(Quiet("monday", time(9), time(9)),))}, "quiet: start"),
        ({"hours": ContactHours(quiet=(Quiet("monday", time(8), time(19)),))}, "no time on monday"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], word: str) -> None:
    changed: Policy = replace(MAIL, **({"steps": STEPS} | changes))
    assert any(word in fault for fault in faults(changed, TEMPLATES))
