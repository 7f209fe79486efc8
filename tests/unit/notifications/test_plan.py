"""The dry run of many partners: those that are alike are forecast once."""

from collections import Counter
from datetime import timedelta

import pytest

from services.notifications import forecast as forecast_module
from services.notifications.forecast import Forecaster
from services.notifications.plan import Plan
from services.notifications.policy_timeline import PolicyPeriod
from tests.unit.notifications.builders import CALENDAR, MONDAY, POLICY, a_partner, at, day, planned_items

TIMELINE = (PolicyPeriod(POLICY, CALENDAR),)
MANY = [a_partner(partner_id=f"01940000-0000-7000-8000-{number:012}", region="36.71") for number in range(1000)]


def test_a_thousand_partners_that_are_alike_cost_one_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()
    forecast = forecast_module.forecast

    def counted(facts, *more):  # type: ignore[no-untyped-def]
        calls[facts.partner_id] += 1
        return forecast(facts, *more)

    monkeypatch.setattr(forecast_module, "forecast", counted)
    plan = Plan(Forecaster(TIMELINE, MONDAY, day("2026-12-23")), limit=10)
    plan.add(MANY)
    page, more = plan.page()
    assert (plan.partners, plan.counts.total(), plan.escalations) == (1000, 3000, 1000)
    assert (len(page), more, len({item.at for item in page}) > 1) == (10, True, True)
    assert calls.total() == 1


def test_a_partner_due_today_is_forecast_by_itself() -> None:
    """At noon of the day some seconds have passed, and those partners are due at once, the others later."""
    noon = at("2026-11-24", "05:00")
    items = [planned_items(Forecaster(TIMELINE, noon, day("2026-11-24")), facts)[0] for facts in MANY[:50]]
    assert {item.at.date() for item in items} == {day("2026-11-24")}
    assert 5 < sum(item.at == noon for item in items) < 45
    assert all(item.at >= noon for item in items)


def test_for_a_moment_after_its_listing_a_partner_shares_the_forecast_of_the_others() -> None:
    forecaster = Forecaster(TIMELINE, MONDAY, day("2026-12-23"))
    just_listed = a_partner(settled_at=MONDAY + timedelta(minutes=1))
    assert forecaster.shared(just_listed) is forecaster.shared(MANY[0])
