"""What a policy would have sent in the past, beside what became of the partners."""

from dataclasses import asdict, replace
from datetime import timedelta

from services.notifications.backtest import Backtest
from services.notifications.facts import OPEN_END, Facts
from services.notifications.policy_timeline import PolicyPeriod
from tests.unit.notifications.builders import CALENDAR, MONDAY, POLICY, STEPS, a_partner, at, day, sent

USUAL = PolicyPeriod(POLICY, CALENDAR)
ONE_STEP = PolicyPeriod(replace(POLICY, steps=STEPS[:1]), CALENDAR)


def run_on(*partners: Facts, days: int = 69) -> Backtest:
    backtest = Backtest(MONDAY, MONDAY.date() + timedelta(days=days), (USUAL, ONE_STEP))
    backtest.add(partners)
    return backtest


def test_what_was_sent_stands_beside_what_each_policy_would_have_sent() -> None:
    history = (sent(1, "2026-11-24"), sent(2, "2026-11-30"), sent(3, "2026-12-07"))
    found = run_on(a_partner(sent=history, escalated_at=at("2026-12-14")))
    assert asdict(found.sent) == {"messages": 3, "registrations": 0, "stops": 0, "visits": 1}
    usual, one = found.replayed
    assert (usual, one.messages, one.visits) == (found.sent, 1, 1)


def test_nothing_is_sent_after_the_registration_or_the_stop_that_came() -> None:
    registered = a_partner(insured_from=day("2026-12-01"), insured_until=OPEN_END, sent=(sent(1, "2026-11-24"),))
    stopped = a_partner(opted_out_at=at("2026-11-25"))
    usual, one = run_on(registered).replayed
    assert (usual.messages, usual.registrations, one.messages, one.registrations) == (2, 2, 1, 1)
    usual, _ = run_on(stopped).replayed
    assert (usual.messages, usual.stops, usual.visits) == (1, 1, 0)


def test_a_registration_more_than_thirty_days_later_is_not_counted() -> None:
    late = a_partner(insured_from=day("2027-01-10"), insured_until=OPEN_END)
    usual, _ = run_on(late).replayed
    assert (usual.messages, usual.registrations) == (3, 0)


def test_whose_past_is_not_known_is_left_out_and_counted() -> None:
    lapsed = a_partner(insured_from=day("2026-01-01"), insured_until=day("2026-11-30"))
    found = run_on(lapsed, a_partner(status="merged"), a_partner(listed_known_at=None), a_partner())
    assert (found.partners, found.left_out) == (1, 3)


def test_days_after_the_last_one_are_left_out() -> None:
    usual, _ = run_on(a_partner(), days=8).replayed
    assert usual.messages == 2
