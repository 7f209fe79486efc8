"""Partners that are alike get, at once, what each of them would get alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.alike import Alike, next_time, next_times
from services.notifications.calendar import Calendar
from services.notifications.facts import OPEN_END
from services.notifications.policy import ContactHours
from services.notifications.policy_timeline import PolicyPeriod, decide_by_timeline
from shared import jakarta
from tests.unit.notifications.builders import CALENDAR, MAIL, POLICY, STEPS, a_partner, at, day, sent

IDS = [f"01940000-0000-7000-8000-{number:012x}" for number in range(30)]
LATER = PolicyPeriod(replace(POLICY, steps=STEPS[1:]), Calendar(ContactHours(weekdays=("monday", "thursday"))))

moments = st.datetimes(datetime(2026, 11, 23), datetime(2026, 12, 20), timezones=st.just(UTC))
timelines = st.one_of(
    st.just((PolicyPeriod(MAIL, CALENDAR),)),
    st.dates(day("2026-11-24"), day("2026-12-25")).map(
        lambda begins: (PolicyPeriod(MAIL, CALENDAR, jakarta.beginning_of(begins)), LATER)
    ),
)
histories = st.sampled_from(
    [(), (sent(1, "2026-11-24"),), (sent(1, "2026-11-24"), sent(2, "2026-11-30"), sent(3, "2026-12-07"))]
)
partners = st.builds(
    a_partner,
    zone=st.sampled_from(("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")),
    has_email=st.booleans(),
    listed_known_at=st.sampled_from([None, at("2026-11-23"), at("2026-12-01")]),
    insured_until=st.sampled_from([None, OPEN_END, day("2026-12-03")]),
    sent=histories,
    has_phone=st.booleans(),
    contacted=st.sampled_from([(), (at("2026-11-24"),), (at("2026-11-30"), at("2026-12-01"))]),
    asked_at=st.sampled_from([None, at("2026-11-26")]),
    escalated_at=st.sampled_from([None, at("2026-12-15")]),
    retry_at=st.one_of(st.none(), moments),
    settled_at=st.one_of(st.none(), moments),
)


@settings(max_examples=400)
@given(partners, timelines, moments)
def test_each_has_the_state_and_the_time_of_its_own_decision(facts, timeline, now) -> None:  # type: ignore[no-untyped-def]
    found = next_times(Alike(facts, IDS), timeline, now)
    alone = [replace(facts, partner_id=partner_id) for partner_id in IDS]
    assert found == [next_time(each.partner_id, decide_by_timeline(each, timeline, now), now) for each in alone]


def test_on_the_day_itself_each_waits_for_its_own_second() -> None:
    noon = at("2026-11-24", "05:00")
    found = next_times(Alike(a_partner(), IDS), (PolicyPeriod(POLICY, CALENDAR),), noon)
    late = [each for each in found if each.due_at == noon]
    assert 0 < len(late) < len(IDS), "what is due at once is due now"
    assert all(each.due_at is not None and noon <= each.due_at < noon + timedelta(hours=8) for each in found)


def test_an_escalation_waits_for_its_own_second_too() -> None:
    history = (sent(1, "2026-11-24"), sent(2, "2026-11-30"), sent(3, "2026-12-07"))
    noon = at("2026-12-14", "05:00")
    found = next_times(Alike(a_partner(sent=history), IDS), (PolicyPeriod(POLICY, CALENDAR),), noon)
    assert {each.channel for each in found} == {""}
    assert {each.state for each in found} == {"escalated", "waiting"}
