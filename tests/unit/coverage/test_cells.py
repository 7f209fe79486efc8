"""Cells and timelines: where a fact counts its partner, and that a cell can be read again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from services.coverage import cells, timelines
from services.coverage.facts import EnrollmentFact, ListedWorkers, PartnerFact, PeriodFact, Workers
from services.coverage.timelines import DAY_NUMBERS, Stay, enrolment_timeline, listing_timeline

RECORDED = datetime(2026, 1, 1, tzinfo=UTC)


def period(start: str, until: str | None = None, **changes: Any) -> PeriodFact:
    made = PeriodFact(start, "33.11", "PU", ("JKK", "JKM"), Workers(1, 2, 3), until)
    return msgspec.structs.replace(made, **changes)


def enrolled(*periods: PeriodFact, listed_on: str | None = "2021-01-01", **changes: Any) -> list[Stay]:
    fact = EnrollmentFact("p", 1, "business", periods, RECORDED, listed_on=listed_on)
    return list(timelines.stays(enrolment_timeline(msgspec.structs.replace(fact, **changes))))


def listed(**changes: Any) -> list[Stay]:
    fact = PartnerFact("p", 1, "active", "33.11", "individual", RECORDED, listed_on="2021-01-01")
    return list(timelines.stays(listing_timeline(msgspec.structs.replace(fact, **changes))))


def test_an_enrolment_counts_from_its_start_to_its_end() -> None:
    (stay,) = enrolled(period("2021-06-01", "2021-07-01"))
    assert (stay.start, stay.until) == (DAY_NUMBERS["2021-06-01"], DAY_NUMBERS["2021-07-01"])
    assert stay[3:] == (6, 1, 2, 3)


def test_nothing_counts_before_the_listing_and_nothing_without_one() -> None:
    periods = (period("2020-01-01", "2020-06-01"), period("2020-06-01"))
    (stay,) = enrolled(*periods)
    assert stay.start == DAY_NUMBERS["2021-01-01"]
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


def test_an_unknown_size_is_not_a_size_of_none() -> None:
    (unknown,) = listed()
    (none,) = listed(workers=ListedWorkers(total=0))
    (split,) = listed(workers=ListedWorkers(staff=2))
    assert cells.is_size_unknown(unknown.cell)
    assert not cells.is_size_unknown(none.cell)
    assert (cells.is_size_unknown(split.cell), split.workers, split.staff) == (False, 2, 2)


def test_who_was_merged_erased_or_delisted_is_not_listed() -> None:
    assert listed(status="merged") == listed(status="erased") == listed(listed_on=None) == []


def test_days_far_away_are_kept_within_bounds() -> None:
    (stay,) = enrolled(period("0001-01-01", "9999-12-31"), listed_on="1850-01-01")
    assert (stay.start, stay.until) == (timelines.FIRST_DAY, timelines.NEVER)
    assert enrolled(period("3000-01-01")) == []
    assert timelines.FIRST_DAY + timedelta(days=131_071).days == timelines.LAST_DAY


@pytest.mark.parametrize(
    "change",
    [{"region": "Solo"}, {"region": "3311"}, {"segment": "XX"}, {"programmes": ("JKN",)}, {"programmes": ()}],
)
def test_a_value_that_has_no_cell_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(cells.InvalidValue):
        enrolled(period("2021-06-01", **change))


def test_a_wrong_day_or_kind_is_refused() -> None:
    for made in (lambda: enrolled(period("01/06/2021")), lambda: enrolled(kind="shop"), lambda: listed(scale="huge")):
        with pytest.raises(cells.InvalidValue):
            made()
