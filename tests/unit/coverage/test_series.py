"""Months, and who joined and who was lost in them."""

from datetime import date

from services.coverage import cells, series
from services.coverage.figures import Dimensions, Sum
from services.coverage.series import NOWHERE, OUTSIDE, Loss, Movement

DIMENSIONS = Dimensions(("JKK", "JKM", "JHT", "JP"))
INSURED = cells.ENROLLED | cells.PARTNER_BITS["business", None, None]
TWO = INSURED | cells.PERIOD_BITS["33.11", "PU", ("JKK", "JKM")]
THREE = INSURED | cells.PERIOD_BITS["33.11", "PU", ("JKK", "JKM", "JHT")]
ELSEWHERE = INSURED | cells.PERIOD_BITS["36.71", "PU", ("JKK", "JKM")]


def region(cell: int) -> str:
    return f"{cells.place(cell)[0]:02}"


def test_months_run_over_new_year_and_february() -> None:
    found = series.months(date(2019, 12, 31), date(2020, 3, 1))
    assert [(month.name, month.end.day) for month in found] == [
        ("2019-12", 31),
        ("2020-01", 31),
        ("2020-02", 29),
        ("2020-03", 31),
    ]
    assert series.day_before(found) == date(2019, 11, 30)
    assert series.months_before(date(2020, 3, 31), 11) == date(2019, 4, 1)


def test_sums_are_the_same_from_wherever_they_are_counted() -> None:
    months = series.months(date(2021, 1, 1), date(2021, 3, 1))
    joins = {date(2020, 5, 5): 4, date(2021, 1, 31): 1, date(2021, 2, 1): 2, date(2021, 4, 1): 8}
    for anchor in (date(2019, 1, 1), date(2021, 2, 15), date(2021, 3, 31), date(2026, 1, 1)):
        days = series.step_days(months, anchor)
        base = [Sum(TWO, sum(n for day, n in joins.items() if day <= anchor), 0, 0, 0, 0)]
        steps = [
            (sum(start <= day for start in days), Sum(TWO, n, 0, 0, 0, 0))
            for day, n in joins.items()
            if days[0] <= day < days[-1]
        ]
        found = series.sums_at_ends(months, anchor, base, steps, days)
        assert [sum(each.partners for each in sums) for sums in found] == [4, 5, 7, 7]


def test_a_change_is_a_loss_only_where_the_partner_is_not_any_more() -> None:
    losses = [Loss(TWO, THREE, 5), Loss(THREE, NOWHERE, 2), Loss(TWO, ELSEWHERE, 1)]
    nation = series.movements(losses, (), lambda _: "ID", DIMENSIONS)
    assert dict(nation) == {("ID", ()): Movement(lapsed=2)}
    provinces = series.movements(losses, (), region, DIMENSIONS)
    assert dict(provinces) == {("33", ()): Movement(lapsed=2, changed=1), ("36", ()): Movement(came=1)}
    programmes = series.movements(losses, ("programme",), region, DIMENSIONS)
    assert programmes["33", ("JHT",)] == Movement(lapsed=2, came=5)
    assert programmes["33", ("JKK",)] == Movement(lapsed=2, changed=1)
    assert series.movements([Loss(OUTSIDE, TWO, 3)], (), region, DIMENSIONS) == {("33", ()): Movement(came=3)}


def test_joined_and_lost_add_up_to_what_enrolled_grew_by() -> None:
    row = series.moved(12, 10, Movement(lapsed=1, changed=2, came=1))
    assert row == {"joined": 5, "lost": 3, "net": 2, "lost_by": {"lapsed": 1, "changed": 2}}
    unknown = series.moved(12, 10, None)
    assert unknown == {"joined": None, "lost": None, "net": 2, "lost_by": {"lapsed": None, "changed": None}}
