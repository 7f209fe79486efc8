"""The dry run of many partners: those alike are reckoned once."""

from collections import Counter
from datetime import timedelta

import pytest

from services.notifications import plan
from services.notifications.plan import Outlook, Plan
from services.notifications.policy_timeline import Term
from tests.unit.notifications.builders import CALENDAR, MONDAY, POLICY, a_partner, at, day

TERMS = (Term(POLICY, CALENDAR),)
MANY = [a_partner(partner_id=f"01940000-0000-7000-8000-{number:012}", region="36.71") for number in range(1000)]


def test_a_thousand_partners_alike_cost_one_reckoning(monkeypatch: pytest.MonkeyPatch) -> None:
    reckoned: Counter[str] = Counter()
    foresee = plan.foresee

    def counted(facts, *more):  # type: ignore[no-untyped-def]
        reckoned[facts.partner_id] += 1
        return foresee(facts, *more)

    monkeypatch.setattr(plan, "foresee", counted)
    drawn = Plan(Outlook(TERMS, MONDAY, day("2026-12-23")), limit=10)
    drawn.add(MANY)
    page, more = drawn.page()
    assert (drawn.partners, drawn.counts.total(), drawn.escalations) == (1000, 3000, 1000)
    assert (len(page), more, len({item.at for item in page}) > 1) == (10, True, True)
    assert reckoned.total() == 1


def test_who_is_due_today_is_looked_at_one_by_one() -> None:
    """At noon of the day some seconds have passed, and those partners are due at once, the others later."""
    noon = at("2026-11-24", "05:00")
    items = [Outlook(TERMS, noon, day("2026-11-24")).items(facts)[0] for facts in MANY[:50]]
    assert {item.at.date() for item in items} == {day("2026-11-24")}
    assert 5 < sum(item.at == noon for item in items) < 45
    assert all(item.at >= noon for item in items)


def test_for_a_moment_after_its_listing_a_partner_shares_the_course_of_the_others() -> None:
    outlook = Outlook(TERMS, MONDAY, day("2026-12-23"))
    fresh = a_partner(settled_at=MONDAY + timedelta(minutes=1))
    assert outlook.course(fresh) is outlook.course(MANY[0])
