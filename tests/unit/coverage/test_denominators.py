"""Published figures beside ours: each with its numerator, and doubted for good reasons whatever its status says."""

from datetime import date
from typing import Any

import pytest

from services.coverage.denominators import PublishedDenominator, evaluate, without_rate
from services.coverage.published_denominators import built_in

DAY = date(2020, 12, 31)


def published(measure: str, value: float, source: str = "BPS", as_of: date | None = DAY, status: str = "ok") -> Any:
    return PublishedDenominator("33.11", measure, value, as_of, source, status)


def flags(*figures: PublishedDenominator, **numerators: int) -> list[tuple[Any, ...]]:
    rows = evaluate(figures, numerators, date(2021, 12, 31))
    return [(row["value"], row["rate"], row["flags"]) for row in rows]


def test_only_sound_denominators_are_divided_by() -> None:
    figures = [
        published("koperasi_active", 200),
        published("koperasi_active", 150, as_of=date(2019, 12, 31)),
        published("koperasi", 50, "news", status="conflict"),
        published("workers", 10, "news", status="quarantine"),
        published("umkm", 10, "news", status="derived"),
        published("umkm", 10, "later", as_of=date(2022, 12, 31)),
    ]
    rows = evaluate(figures, {"cooperative": 20, "workers": 5}, date(2021, 12, 31))
    assert [(row["measure"], row["numerator"], row["value"], row["rate"], row["flags"]) for row in rows] == [
        ("koperasi", 20, 50, 0.4, ["conflict"]),
        ("koperasi_active", 20, 200, 0.1, []),
        ("workers", 5, 10, None, ["quarantine"]),
    ]


def test_a_whole_that_is_less_than_its_part_is_implausible() -> None:
    assert flags(published("umkm", 3, status="conflict"), business=4) == [
        (3, None, ["conflict", "implausible", "above_one"])
    ]
    assert flags(published("umkm", 4), business=4) == [(4, 1.0, [])]


def test_a_rate_below_one_in_a_thousand_is_flagged_and_none_is_not() -> None:
    assert flags(published("umkm", 4001), business=4) == [(4001, 4 / 4001, ["implausible", "below_one_in_a_thousand"])]
    assert flags(published("umkm", 4000), business=4) == [(4000, 0.001, [])]
    assert flags(published("umkm", 4000)) == [(4000, 0.0, [])]


def test_more_workers_than_people_are_impossible_whatever_the_status_says() -> None:
    people = published("population", 1_895_490, "Sensus", date(2023, 9, 1), "unverified")
    (row,) = evaluate([published("workers", 3_000_000), people], {"workers": 326}, date(2021, 12, 31))
    assert (row["rate"], row["flags"][:2]) == (None, ["implausible", "above_population"])
    assert row["reasons"][0] == {
        "flag": "above_population",
        "reason": "3,000,000 of a population of 1,895,490 (Sensus) is impossible.",
    }
    assert flags(published("umkm", 3_000_000), people) == [(3_000_000, 0.0, [])]


@pytest.mark.parametrize(("before", "is_jump"), [(100, False), (134, False), (66, True), (301, True)])
def test_a_jump_of_more_than_half_between_vintages_is_flagged(before: float, is_jump: bool) -> None:
    ((_, rate, found),) = flags(published("umkm", 150), published("umkm", before, as_of=date(2019, 1, 1)), business=30)
    assert (rate, found) == (0.2, ["implausible", "jump"] if is_jump else [])


def test_sources_that_differ_by_a_tenth_disagree() -> None:
    assert [each[2] for each in flags(published("umkm", 100), published("umkm", 109, "Dinas"))] == [[], []]
    rows = evaluate([published("umkm", 100), published("umkm", 110, "Dinas")], {}, date(2021, 12, 31))
    assert [row["flags"] for row in rows] == [["disagreement"], ["disagreement"]]
    assert rows[0]["reasons"][0]["reason"] == "Dinas says 110 (2020-12-31), which differs by 10 percent."
    assert [each[2] for each in flags(published("umkm", 0), published("umkm", 5, "Dinas"))] == [["disagreement"]] * 2


def test_health_insurance_is_never_shown_beside_insurance_of_employment() -> None:
    assert flags(published("health_coverage_share", 98.2), published("population", 9), published("enrolled", 9)) == []


def test_whoever_may_not_see_the_numerator_sees_no_flag_that_compares_with_it() -> None:
    figures = [published("umkm", 2), published("workers", 9, status="conflict"), published("population", 5)]
    umkm, workers = (without_rate(row) for row in evaluate(figures, {"business": 3, "workers": 12}, DAY))
    assert (umkm["numerator"], umkm["rate"], umkm["flags"], umkm["reasons"]) == (None, None, [], [])
    assert workers["flags"] == ["conflict", "implausible", "above_population"]


def test_what_comes_with_payung_is_judged_by_itself() -> None:
    """The workers that Tangerang stated exceed its inhabitants; West Papua's figure is of the former province."""
    by_region = {code: [each for each in built_in() if each.region == code] for code in ("36.71", "92")}
    (tangerang,) = evaluate(by_region["36.71"], {"workers": 326}, date(2021, 12, 31))
    assert tangerang["flags"] == ["quarantine", "implausible", "above_population"]
    (papua,) = evaluate(by_region["92"], {"cooperative": 72}, date(2026, 12, 31))
    assert (papua["rate"], papua["flags"]) == (None, ["conflict", "other_boundaries"])
    (former,) = evaluate(by_region["92"], {"cooperative": 72}, date(2026, 12, 31), is_former=True)
    assert (former["rate"], former["flags"]) == (72 / 723, ["conflict"])
