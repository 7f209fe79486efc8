"""A generated year: registrations, stops, bounces, faults. An independent checker judges what was sent."""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.notifications import rules
from services.notifications.calendar import Calendar
from services.notifications.queries import queries
from tests.integration.year.checker import Checker
from tests.integration.year.course import Course, beginning
from tests.integration.year.world import a_year
from tests.stack import Database

LONG = "PAYUNG_TEST_LONG" in os.environ


async def judged(database: Database, course: Course) -> str:
    async with a_year(database.of("notifications"), course) as year:
        seen = await year.run()
    violations = Checker(course, seen).violations()
    assert not violations, "\n".join(violations[:20])
    marked, sent = len(seen.possibly_twice), len(seen.deliveries)
    assert sent > course.businesses / 2, "somebody is written to"
    assert seen.tasks, "somebody is asked to visit"
    return f"{sent} messages, {len(seen.tasks)} tasks, {seen.crashes} crashes, {marked} marked as possibly twice"


async def test_nothing_is_sent_amiss_and_nothing_is_missing(database: Database) -> None:
    await judged(database, Course(seed=1, businesses=60, begins=beginning(2026), days=50))


@pytest.mark.skipif(not LONG, reason="minutes: ./payung test --long runs it")
@pytest.mark.parametrize("seed", [2, 3])
async def test_a_whole_year(database: Database, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    told = await judged(database, Course(seed, businesses=400, begins=beginning(2026), days=365))
    with capsys.disabled():
        print(f"\na year of 400 businesses, seed {seed}: {told}")


PLANTED: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "outside_hours": lambda patch: patch.setattr(Calendar, "is_contact_day", lambda self, day: True),
    "over_caps": lambda patch: patch.setattr(rules._Cadence, "_free_day", lambda self, day: day),
    "to_whom_not": lambda patch: patch.setattr(rules, "_no_reminders", without_stops(rules._no_reminders)),
    "twice": lambda patch: patch.setitem(queries._paragraphs, "begin_messages", without_marks()),
    "missing": lambda patch: patch.setattr(rules._Cadence, "_escalation", lambda *_: rules.Decision("waiting", "")),
}


def without_stops(rule: Callable[..., rules.Decision | None]) -> Callable[..., rules.Decision | None]:
    return lambda facts, today: rule(replace(facts, opted_out_at=None), today)


def without_marks() -> str:
    return queries["begin_messages"].replace("possibly_twice = h.possibly_twice or", "possibly_twice = false and")


@pytest.mark.skipif(not LONG, reason="./payung test --long runs it")
@pytest.mark.parametrize("kind", PLANTED)
async def test_a_planted_fault_is_found(database: Database, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[kind](monkeypatch)
    with pytest.raises(AssertionError, match=f"(?m)^{kind}: "):
        await judged(database, Course(seed=4, businesses=80, begins=beginning(2026), days=80))
