"""Who holds a task, for how long without touching it, and who is next."""

from datetime import date, datetime, timedelta

import pytest

from services.notifications.agents import holding
from services.notifications.agents.holding import UNTOUCHED
from shared import jakarta

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=jakarta.ZONE)
DINAS = frozenset({"dinas"})


@pytest.mark.parametrize(
    ("agent", "agencies", "levels"),
    [("a", DINAS, "agent agency office"), ("a", frozenset(), "agent office"), (None, DINAS, "agency office")],
    ids=["agent and agency", "agent alone", "agency alone"],
)
def test_a_task_goes_up_through_those_who_exist(agent, agencies, levels) -> None:
    passed = [holding.first_level(agent, agencies)]
    while passed[-1] != "office":
        passed.append(holding.next_level(passed[-1], agencies))
    assert " ".join(passed) == levels


def test_nobody_there_to_ask_means_the_office() -> None:
    assert holding.first_level(None, frozenset()) == "office"
    assert holding.next_level("office", DINAS) == "office"


def test_a_task_waits_a_week_to_be_touched_and_a_snoozed_one_a_week_after_its_day() -> None:
    assert holding.touch_by("agent", NOW) == NOW + UNTOUCHED
    assert holding.touch_by("agency", NOW, date(2026, 1, 20)) == datetime(2026, 1, 27, tzinfo=jakarta.ZONE)
    assert holding.touch_by("agent", NOW, (NOW - timedelta(days=3)).date()) == NOW + UNTOUCHED
    assert holding.touch_by("office", NOW) is None
