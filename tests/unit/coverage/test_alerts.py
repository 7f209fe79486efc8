"""Alerts open on transition, once; go on while it flaps; and are told in two languages."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.coverage import alert_conditions, alert_findings, alert_sentences
from services.coverage.alert_conditions import (
    AgencySilent,
    ClaimsJumped,
    CoverageFell,
    DenominatorImplausible,
    Open,
    TargetOffCourse,
)
from services.coverage.alert_findings import Figures
from services.coverage.progress import Target
from services.coverage.rhythm import rhythm

NOW = datetime(2026, 2, 1, tzinfo=UTC)
DAY = timedelta(hours=24)


def test_an_alert_opens_once_and_is_resolved_when_it_was_untrue_for_long_enough() -> None:
    found: dict[str, dict[str, Any]] = {"33.11": {}}
    assert alert_conditions.changes({}, found, NOW, DAY) == (["33.11"], [], [])
    held = {"33.11": Open(NOW, NOW)}
    assert alert_conditions.changes(held, found, NOW + DAY, DAY) == ([], ["33.11"], [])
    assert alert_conditions.changes(held, {}, NOW + DAY / 2, DAY) == ([], [], [])
    assert alert_conditions.changes(held, {}, NOW + DAY, DAY) == ([], [], ["33.11"])


def test_one_that_comes_and_goes_stays_one_alert() -> None:
    state: dict[str, Open] = {}
    opened = resolved = 0
    for hour in range(100):
        found: dict[str, dict[str, Any]] = {"a": {}} if hour < 60 and hour % 5 == 0 else {}
        now = NOW + timedelta(hours=hour)
        changed = alert_conditions.changes(state, found, now, DAY)
        opened, resolved = opened + len(changed.opened), resolved + len(changed.resolved)
        state |= {subject: Open(now, now) for subject in (*changed.opened, *changed.ongoing)}
        state = {subject: each for subject, each in state.items() if subject not in changed.resolved}
    assert (opened, resolved) == (1, 1)


def test_a_fall_counts_in_points_and_where_enough_are_listed() -> None:
    condition = CoverageFell(kind="coverage_fell", points=2)
    before = {"33.11": Figures(1000, 300), "33.12": Figures(1000, 300), "33.13": Figures(9, 9)}
    now = {"33.11": Figures(1000, 280), "33.12": Figures(1000, 281), "33.13": Figures(9, 0)}
    found = alert_findings.fallen(condition, before, now)
    assert list(found) == ["33.11"]
    message = alert_sentences.message("coverage_fell", found["33.11"])
    assert "fell from 30.0% to 28.0% within 7 days" in message["en"]
    assert "turun dari 30,0\xa0% menjadi 28,0\xa0% dalam 7 hari" in message["id"]


def test_a_target_is_off_course_by_a_straight_line() -> None:
    condition = TargetOffCourse(kind="target_off_course", behind=0.1)
    target = Target("33.11", "enrolled", date(2026, 1, 1), date(2026, 4, 10), "SK", 100, "umkm", "bpjstk")
    fiftieth = date(2026, 2, 19)
    found = alert_findings.off_course(condition, [(target, 39), (target._replace(region="33.12"), 40)], fiftieth)
    assert found.keys() == {"33.11/bpjstk/enrolled/umkm/2026-01-01/2026-04-10"}
    assert not alert_findings.off_course(condition, [(target, 0)], date(2026, 5, 1)), "its days are over"


@pytest.mark.parametrize(
    ("gaps", "usual", "overdue_after"), [([1] * 5, 1, 4), ([7] * 4, 7, 15), ([30, 31, 30], 30, 61)]
)
def test_silence_is_longer_than_the_usual_gap(gaps: list[int], usual: int, overdue_after: int) -> None:
    days = [700_000]
    for gap in gaps:
        days.append(days[-1] + gap)
    for after, is_silent in ((overdue_after - 1, False), (overdue_after, True), (overdue_after + 9, True)):
        found = rhythm(days, days[-1] + after)
        assert found.usual_gap_days == usual
        assert (found.silent_since is not None) == is_silent
    assert found.silent_since == date.fromordinal(days[-1] + overdue_after)
    assert rhythm(days[:3], days[-1] + 999) == (None, None), "no rhythm is learned yet"


def test_of_one_agency_or_of_each() -> None:
    weekly, day = [700_000 + 7 * n for n in range(5)], date.fromordinal(700_100)
    every = AgencySilent(kind="agency_silent")
    assert alert_findings.silent(every, {"a": weekly, "b": weekly[:2]}, day).keys() == {"a"}
    assert not alert_findings.silent(AgencySilent(kind="agency_silent", agency="b"), {"a": weekly}, day)


def test_claims_jump_by_number_and_by_times() -> None:
    condition = ClaimsJumped(kind="claims_jumped", times=3, at_least=10)
    assert alert_findings.jumped(condition, 30, [10, 10, 10, 10]).keys() == {"ID"}
    assert not alert_findings.jumped(condition, 29, [10, 10, 10, 10])
    assert not alert_findings.jumped(condition, 9, [0, 0, 0, 0])


def test_flagged_denominators_are_named_with_their_source() -> None:
    published = [
        {"measure": "umkm", "source": "Dinas", "flags": ["implausible"]},
        {"measure": "workers", "source": "BPS", "flags": ["old"]},
    ]
    found = alert_findings.implausible(DenominatorImplausible(kind="denominator_implausible"), {"33.11": published})
    assert found.keys() == {"33.11/umkm/Dinas"}
    assert "Dinas" in alert_sentences.message("denominator_implausible", found["33.11/umkm/Dinas"])["id"]


def test_measures_and_flags_of_a_published_figure_are_said_in_words() -> None:
    details = {"name": "Aceh", "measure": "koperasi_active", "source": "004_e3d2dd77b3d6355d.txt", "flags": "conflict"}
    said = alert_sentences.message("denominator_implausible", details)["en"]
    assert "“Active cooperatives” of Aceh from source not named is flagged: sources disagree." in said
