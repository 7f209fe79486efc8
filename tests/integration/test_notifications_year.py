"""A generated year: registrations, stops, bounces, faults. An independent checker judges what was sent."""

import os

import pytest

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
