"""Policies to come: what is decided and planned for a day follows the policy of that day."""

from dataclasses import replace

from services.notifications.forecast import Forecaster, forecast
from services.notifications.policy import Group, Pause, Step
from services.notifications.policy_store import UNSTORED, PolicyStore, StoredPolicy
from services.notifications.policy_timeline import PolicyPeriod, PolicyTimeline, decide_by_timeline, period_at
from shared.regions import Regions
from tests.unit.notifications.builders import (
    CALENDAR,
    MAIL,
    MONDAY,
    POLICY,
    STEPS,
    a_partner,
    at,
    day,
    planned_items,
    sent,
)

CHANGE = at("2026-11-24", "17:00")
"""Midnight in Jakarta: the 25th begins."""

ONE_STEP = replace(POLICY, steps=STEPS[:1])


def first_then(later: object) -> PolicyTimeline:
    return (PolicyPeriod(POLICY, CALENDAR, CHANGE), PolicyPeriod(later, CALENDAR))  # type: ignore[arg-type]


def planned(timeline: PolicyTimeline, **partner: object) -> list[tuple[str, str]]:
    items = forecast(a_partner(**partner), timeline, MONDAY, day("2027-01-31"))
    return [(f"{item.at:%m-%d}", item.template) for item in items]


def test_the_policy_of_each_moment() -> None:
    timeline = first_then(ONE_STEP)
    assert [period_at(timeline, moment).policy for moment in (MONDAY, CHANGE)] == [POLICY, ONE_STEP]


def test_the_dry_run_follows_the_policy_of_each_day() -> None:
    assert planned((PolicyPeriod(POLICY, CALENDAR),)) == [
        ("11-24", "first"),
        ("11-30", "second"),
        ("12-07", "third"),
        ("12-14", "escalation"),
    ]
    assert planned(first_then(ONE_STEP)) == [("11-24", "first"), ("12-01", "escalation")]


def test_a_policy_to_come_may_reach_whom_this_one_cannot() -> None:
    timeline = (PolicyPeriod(MAIL, CALENDAR, CHANGE), PolicyPeriod(POLICY, CALENDAR))
    assert planned(timeline, has_email=False)[:2] == [("11-24", "escalation"), ("11-25", "first")]


def test_a_policy_of_today_is_not_moved_by_one_to_come() -> None:
    decided = decide_by_timeline(a_partner(), first_then(ONE_STEP), MONDAY)
    assert decided.next is not None
    assert (decided.next.template, f"{decided.next.at:%m-%d}") == ("first", "11-24")


def test_what_is_decided_for_a_later_day_follows_the_policy_of_that_day() -> None:
    facts = a_partner(sent=(sent(1, "2026-11-24"),))
    later = replace(POLICY, steps=(STEPS[0], replace(STEPS[2], days=9)))
    decided = decide_by_timeline(facts, first_then(later), at("2026-11-24", "05:00"))
    assert decided.next is not None
    assert (decided.next.template, f"{decided.next.at:%m-%d}", decided.actions) == ("third", "12-02", ())
    ended = decide_by_timeline(facts, first_then(ONE_STEP), at("2026-11-24", "05:00"))
    assert (ended.state, ended.next) == ("waiting", None)


def test_a_group_has_its_own_policy_and_the_first_that_fits_counts() -> None:
    groups = (
        Group("own-account in Central Java", regions=("33",), segments=("BPU",), steps=(Step("third", 3),)),
        Group("listed by one agency", agencies=("dinkop",), kinds=("business", "individual"), escalate_after_days=2),
    )
    stored = StoredPolicy(UNSTORED, MONDAY.date(), MONDAY, replace(POLICY, groups=groups))
    timeline = PolicyStore(Regions.load(), ())._timeline([stored], Pause())
    forecaster = Forecaster(timeline, MONDAY, day("2027-01-31"))

    def days(**partner: str) -> list[str]:
        return [f"{each.at:%m-%d}" for each in planned_items(forecaster, a_partner(**partner))]

    usual = ["11-24", "11-30", "12-07", "12-14"]
    assert days(region="33.11", kind="individual") == ["11-26", "12-03"]
    assert days(region="33.11", kind="individual", agencies="dinkop other") == ["11-26", "12-03"]
    assert days(region="33.11", kind="business") == days(region="36.71", kind="individual") == usual
    assert days(region="36.71", kind="business", agencies="dinkop") == [*usual[:3], "12-09"]
    assert (
        days(region="36.71", kind="cooperative", agencies="dinkop")
        == days(agencies="dinkop2", kind="business")
        == usual
    )
