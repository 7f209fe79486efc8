"""How far a target is on a day, and when it would be reached."""

from datetime import date

import pytest

from services.coverage import progress
from services.coverage.progress import Started, Target

TARGET = Target("33.11", "enrolled", date(2026, 1, 1), date(2026, 12, 31), "SK", 200, None, "dinas")


@pytest.mark.parametrize(
    ("as_of", "partners", "state", "projected_on"),
    [
        (date(2025, 12, 31), 0, "not_begun", None),
        (date(2026, 1, 10), 0, "behind", None),
        (date(2026, 1, 10), 10, "on_course", "2026-07-19"),
        (date(2026, 1, 10), 1, "behind", "2031-06-23"),
        (date(2026, 1, 1), 200, "reached", None),
        (date(2027, 1, 1), 199, "missed", None),
        (date(2027, 1, 1), 201, "reached", None),
    ],
)
def test_a_target_is_on_course_if_its_pace_suffices(
    as_of: date, partners: int, state: str, projected_on: str | None
) -> None:
    row = progress.as_json(TARGET, Started(partners, 9 * partners), as_of, None)
    assert (row["progress"], row["state"], row["projected_on"]) == (partners, state, projected_on)


def test_a_target_of_workers_counts_workers() -> None:
    row = progress.as_json(TARGET._replace(measure="workers"), Started(3, 50), date(2026, 1, 10), None)
    assert (row["progress"], row["rate"]) == (50, 0.25)
    assert progress.as_json(TARGET._replace(value=0), Started(3, 50), date(2026, 1, 10), None)["rate"] is None


def test_a_pace_that_leads_beyond_the_century_says_no_day() -> None:
    row = progress.as_json(TARGET._replace(value=10**12), Started(1, 1), date(2026, 6, 1), None)
    assert (row["state"], row["projected_on"]) == ("behind", None)
