"""Cells and stays: what a fact stands for, and that a cell can be read again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.coverage import cells
from services.coverage.facts import Enrolled, Listed, ListedWorkers, Period, Workers

RECORDED = datetime(2026, 1, 1, tzinfo=UTC)


def period(start: str, until: str | None = None, **changes: Any) -> Period:
    made = Period(start, "33.11", "PU", ("JKK", "JKM"), Workers(1, 2, 3), until)
    return msgspec.structs.replace(made, **changes)


def enrolled(*periods: Period, listed_on: str | None = "2021-01-01", **changes: Any) -> list[cells.Stay]:
    fact = Enrolled("p", 1, "business", periods, RECORDED, listed_on=listed_on)
    return list(cells.stays(cells.enrolled(msgspec.structs.replace(fact, **changes))))


def listed(**changes: Any) -> list[cells.Stay]:
    fact = Listed("p", 1, "active", "33.11", "individual", RECORDED, listed_on="2021-01-01")
    return list(cells.stays(cells.listed(msgspec.structs.replace(fact, **changes))))


def day(text: str) -> int:
    return cells.day_number(date.fromisoformat(text))


def test_an_enrolment_counts_from_its_start_to_its_end() -> None:
    (stay,) = enrolled(period("2021-06-01", "2021-07-01"))
    assert (stay.start, stay.until) == (day("2021-06-01"), day("2021-07-01"))
    assert stay[3:] == (6, 1, 2, 3)


def test_nothing_counts_before_the_listing_and_nothing_without_one() -> None:
    periods = (period("2020-01-01", "2020-06-01"), period("2020-06-01"))
    (stay,) = enrolled(*periods)
    assert stay.start == day("2021-01-01")
    assert enrolled(*periods, listed_on=None) == []


def test_a_cell_can_be_read_again() -> None:
    (stay,) = enrolled(
        period("2021-06-01", segment="BPU", programmes=("JKK", "JKM", "JHT")), scale="small", occupation="driver"
    )
    assert cells.is_enrolled(stay.cell)
    assert cells.place(stay.cell) == (33, 11)
    assert (cells.kind(stay.cell), cells.scale(stay.cell)) == ("business", "small")
    assert (cells.occupation(stay.cell), cells.segment(stay.cell)) == ("driver", "BPU")
    assert cells.programmes(stay.cell) == ("JKK", "JKM", "JHT")
    assert stay.cell < 1 << cells.CELL_BITS


def test_the_parts_of_a_cell_do_not_overlap() -> None:
    masks = [mask for name, mask in cells.MASKS.items() if name != "province"]
    assert sum(masks) == (1 << cells.CELL_BITS) - 1


def test_an_unknown_size_is_told_from_none() -> None:
    (unknown,) = listed()
    (none,) = listed(workers=ListedWorkers(total=0))
    (split,) = listed(workers=ListedWorkers(staff=2))
    assert cells.size_unknown(unknown.cell)
    assert not cells.size_unknown(none.cell)
    assert (cells.size_unknown(split.cell), split.workers, split.staff) == (False, 2, 2)


def test_who_was_merged_erased_or_delisted_is_not_listed() -> None:
    assert listed(status="merged") == listed(status="erased") == listed(listed_on=None) == []


def test_days_far_away_are_kept_within_bounds() -> None:
    (stay,) = enrolled(period("0001-01-01", "9999-12-31"), listed_on="1850-01-01")
    assert (stay.start, stay.until) == (cells.FIRST_DAY, cells.NEVER)
    assert enrolled(period("3000-01-01")) == []
    assert cells.FIRST_DAY + timedelta(days=131_071).days == cells.LAST_DAY


@pytest.mark.parametrize(
    "change",
    [{"region": "Solo"}, {"region": "3311"}, {"segment": "XX"}, {"programmes": ("JKN",)}, {"programmes": ()}],
)
def test_what_no_cell_stands_for_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(cells.Invalid):
        enrolled(period("2021-06-01", **change))


def test_a_wrong_day_or_kind_is_refused() -> None:
    for made in (lambda: enrolled(period("01/06/2021")), lambda: enrolled(kind="shop"), lambda: listed(scale="huge")):
        with pytest.raises(cells.Invalid):
            made()
