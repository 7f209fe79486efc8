"""The drawing of a trend: what is known is drawn in its place, what is not leaves a gap."""

import pytest

from services.coverage.web import trend


def row(rate: float | None, joined: int | None = 0, lost: int | None = 0) -> dict[str, float | None]:
    return {"rate": rate, "joined": joined, "lost": lost}


@pytest.mark.parametrize(
    ("rates", "top"), [([], 0.001), ([None], 0.001), ([0.08, 0.02], 0.1), ([0.1], 0.1), ([1.0], 1)]
)
def test_a_scale_ends_at_a_round_rate_above_all(rates: list[float | None], top: float) -> None:
    assert trend.scale(rates) == top


def test_a_higher_rate_lies_higher_and_months_are_spread_evenly() -> None:
    chart = trend.chart([row(0.0), row(0.05), row(0.1)])
    low, middle, high = chart.dots
    assert (low.y, high.y) == (trend.RATES_HIGH - trend.BOTTOM, trend.TOP)
    assert middle.y == pytest.approx((low.y + high.y) / 2)
    assert middle.x - low.x == pytest.approx(high.x - middle.x)
    assert len(chart.lines) == 1
    assert [tick.value for tick in chart.ticks] == pytest.approx([0, 0.025, 0.05, 0.075, 0.1])


def test_a_month_that_is_not_known_cuts_the_line() -> None:
    chart = trend.chart([row(0.1), row(0.2), row(None, None, None), row(0.2)])
    assert len(chart.lines) == 2
    assert len(chart.dots) == 3
    assert len(chart.months) == 4


def test_bars_go_up_for_who_joined_and_down_for_who_was_lost_on_one_scale() -> None:
    chart = trend.chart([row(0.1, 40, 10), row(0.1, 0, 20), row(0.1, None, None)])
    up, down, second = chart.bars
    assert chart.most == 40
    assert up.y + up.height == pytest.approx(chart.middle) == down.y
    assert (up.is_lost, down.is_lost, second.is_lost) == (False, True, True)
    assert up.height == pytest.approx(4 * down.height, abs=0.5)


@pytest.mark.parametrize("rows", [[], [row(None, None, None)], [row(0.0)]])
def test_nothing_known_draws_nothing(rows: list[dict[str, float | None]]) -> None:
    chart = trend.chart(rows)
    assert chart.bars == []
    assert len(chart.lines) == len(chart.dots)


def test_a_small_line_has_its_own_ground() -> None:
    width, height = trend.SPARK
    assert trend.spark([0.0, 0.5], 0.5) == [f"M2.0 {height - 2.0}L{width - 2.0} 2.0"]
