"""Policies to come: what is told and planned of a day follows the policy of that day."""

from dataclasses import replace

from services.notifications.plan import foresee
from services.notifications.policy_timeline import Term, Terms, decide_in, term_at
from tests.unit.notifications.builders import CALENDAR, MAIL, MONDAY, POLICY, STEPS, a_partner, at, day, sent

CHANGE = at("2026-11-24", "17:00")
"""Midnight in Jakarta: the 25th begins."""

ONE_STEP = replace(POLICY, steps=STEPS[:1])


def first_then(later: object) -> Terms:
    return (Term(POLICY, CALENDAR, CHANGE), Term(later, CALENDAR))  # type: ignore[arg-type]


def planned(terms: Terms, **partner: object) -> list[tuple[str, str]]:
    foreseen = foresee(a_partner(**partner), terms, MONDAY, day("2027-01-31"))
    return [(f"{item.at:%m-%d}", item.template) for item in foreseen]


def test_the_policy_of_each_moment() -> None:
    terms = first_then(ONE_STEP)
    assert [term_at(terms, moment).policy for moment in (MONDAY, CHANGE)] == [POLICY, ONE_STEP]


def test_the_dry_run_follows_the_policy_of_each_day() -> None:
    assert planned((Term(POLICY, CALENDAR),)) == [
        ("11-24", "first"),
        ("11-30", "second"),
        ("12-07", "third"),
        ("12-14", "escalation"),
    ]
    assert planned(first_then(ONE_STEP)) == [("11-24", "first"), ("12-01", "escalation")]


def test_a_policy_to_come_may_reach_whom_this_one_cannot() -> None:
    terms = (Term(MAIL, CALENDAR, CHANGE), Term(POLICY, CALENDAR))
    assert planned(terms, has_email=False)[0] == ("11-25", "first")


def test_a_policy_of_today_is_not_moved_by_one_to_come() -> None:
    decided = decide_in(a_partner(), first_then(ONE_STEP), MONDAY)
    assert decided.next is not None
    assert (decided.next.template, f"{decided.next.at:%m-%d}") == ("first", "11-24")


def test_what_is_told_of_a_later_day_follows_the_policy_of_that_day() -> None:
    facts = a_partner(sent=(sent(1, "2026-11-24"),))
    later = replace(POLICY, steps=(STEPS[0], replace(STEPS[2], days=9)))
    decided = decide_in(facts, first_then(later), at("2026-11-24", "05:00"))
    assert decided.next is not None
    assert (decided.next.template, f"{decided.next.at:%m-%d}", decided.actions) == ("third", "12-02", ())
    ended = decide_in(facts, first_then(ONE_STEP), at("2026-11-24", "05:00"))
    assert (ended.state, ended.next) == ("waiting", None)
