"""Days begin and end at midnight in Jakarta."""

from datetime import UTC, date, datetime

from shared import jakarta


def test_a_day_begins_seven_hours_before_it_does_in_utc() -> None:
    assert jakarta.day_of(datetime(2026, 11, 26, 16, 59, 59, tzinfo=UTC)) == date(2026, 11, 26)
    assert jakarta.day_of(datetime(2026, 11, 26, 17, tzinfo=UTC)) == date(2026, 11, 27)
    assert jakarta.beginning_of(date(2026, 11, 27)) == datetime(2026, 11, 26, 17, tzinfo=UTC)


def test_the_offset_is_that_of_the_zone() -> None:
    for year in (1970, 2026, 2100):
        offset = jakarta.beginning_of(date(year, 1, 1)).utcoffset()
        assert offset is not None
        assert offset.total_seconds() == jakarta.OFFSET_SECONDS
