"""Several partners at one address, over months: an independent count of what the address and each partner got."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.facts import Facts, Sent
from services.notifications.policy import Caps
from services.notifications.rules import decide
from tests.unit.notifications.builders import CALENDAR, MAIL, a_partner

DAY = timedelta(days=1)
END = datetime(2027, 6, 1, tzinfo=UTC)
known = st.datetimes(datetime(2026, 11, 16), datetime(2026, 12, 20), timezones=st.just(UTC))
zones = st.sampled_from(("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"))


def send(partners: list[Facts], now: datetime, policy: object, stopped_at: datetime | None) -> list[str]:
    """What the worker does at this moment, in place: whoever is due leads, who is due today goes with it. The ids."""
    if stopped_at is not None and now >= stopped_at:
        partners[:] = [replace(each, opted_out_at=stopped_at) for each in partners]
    decisions = [decide(each, policy, CALENDAR, now) for each in partners]  # type: ignore[arg-type]
    if not any(each.actions for each in decisions if each.state == "scheduled"):
        return []
    gone: list[str] = []
    for place, (facts, decision) in enumerate(zip(list(partners), decisions, strict=True)):
        following = decision.next
        if following and following.at.date() == facts.local_day(now):
            partners[place] = replace(facts, sent=(*facts.sent, Sent(following.step, now)))
            gone.append(facts.partner_id)
    partners[:] = [replace(each, contacted=(*each.contacted, now)) for each in partners]
    return gone


@settings(max_examples=60)
@given(
    st.lists(known, min_size=1, max_size=6), zones, st.integers(1, 2), st.integers(2, 6), st.none() | st.integers(1, 60)
)
def test_an_address_gets_no_more_than_the_caps_and_every_partner_all_its_steps(
    listed: list[datetime], zone: str, per_day: int, per_month: int, stop_after: int | None
) -> None:
    policy = replace(MAIL, caps=Caps(per_day, per_month))
    partners = [
        a_partner(partner_id=f"01940000-0000-7000-8000-{number:012x}", zone=zone, listed_known_at=at)
        for number, at in enumerate(listed)
    ]
    now = min(listed)
    stopped_at = None if stop_after is None else now + stop_after * DAY
    messages: list[datetime] = []
    got: dict[str, int] = {}
    while now < END:
        known_by_now = [each for each in partners if each.listed_known_at and each.listed_known_at <= now]
        others = [each for each in partners if each not in known_by_now]
        gone = send(known_by_now, now, policy, stopped_at)
        if gone:
            messages.append(now)
            others = [replace(each, contacted=(*each.contacted, now)) for each in others]
        for key in gone:
            got[key] = got.get(key, 0) + 1
        partners = known_by_now + others
        now = following(partners, now, policy)
    days = [each.astimezone(CALENDAR.next_contact_time(each, zone).tzinfo).date() for each in messages]
    assert all(days.count(day) <= per_day for day in days)
    assert all(within_a_month(days, day) <= per_month for day in days)
    assert all(CALENDAR.next_contact_time(each, zone) == each for each in messages)
    if stopped_at is not None:
        assert all(each < stopped_at for each in messages)
    else:
        assert set(got.values()) == {len(policy.steps)}, "late, but all of them"


def within_a_month(days: list[date], last: date) -> int:
    return sum(last - 30 * DAY < day <= last for day in days)


def following(partners: list[Facts], now: datetime, policy: object) -> datetime:
    """The next moment at which anything can happen."""
    due = [decide(each, policy, CALENDAR, now).due_at for each in partners]  # type: ignore[arg-type]
    listed = [each.listed_known_at for each in partners if each.listed_known_at and each.listed_known_at > now]
    moments = [each for each in (*due, *listed) if each is not None and each > now]
    return min(moments, default=END)
