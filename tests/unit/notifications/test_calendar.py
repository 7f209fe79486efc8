"""Contact hours: never outside them, whatever the moment, zone and holidays."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.calendar import Calendar, public_holidays
from services.notifications.policy import ContactHours, Quiet
from tests.unit.notifications.builders import CALENDAR

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")

zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))
HOLIDAYS = public_holidays(with_collective_leave=True)


def allowed(local: datetime) -> bool:
    """The rule in plain words, independent of the calendar's arithmetic."""
    if local.weekday() == 6 or local.date() in HOLIDAYS:
        return False
    if local.weekday() == 4 and time(11, 30) <= local.time() < time(13):
        return False
    return time(8) <= local.time() < time(20)


@given(moments, zones)
def test_the_next_contact_time_is_allowed_where_the_partner_lives(moment: datetime, zone: str) -> None:
    following = CALENDAR.next_contact_time(moment, zone)
    assert following >= moment
    assert allowed(following.astimezone(ZoneInfo(zone)))


@given(moments, zones)
def test_no_earlier_moment_would_have_been_allowed(moment: datetime, zone: str) -> None:
    following = CALENDAR.next_contact_time(moment, zone)
    probe = moment
    while probe < following:
        assert not allowed(probe.astimezone(ZoneInfo(zone)))
        probe += timedelta(minutes=15)


@given(moments, zones)
def test_asking_again_from_the_answer_changes_nothing(moment: datetime, zone: str) -> None:
    following = CALENDAR.next_contact_time(moment, zone)
    assert CALENDAR.next_contact_time(following, zone) == following


@given(moments, moments, zones)
def test_later_moments_never_give_earlier_times(one: datetime, other: datetime, zone: str) -> None:
    early, late = sorted((one, other))
    assert CALENDAR.next_contact_time(early, zone) <= CALENDAR.next_contact_time(late, zone)


@given(moments, zones, st.uuids())
def test_a_slot_lies_in_contact_hours_of_its_day(moment: datetime, zone: str, key: object) -> None:
    day = CALENDAR.contact_day(moment.date())
    slot = CALENDAR.slot(day, zone, str(key))
    assert slot.date() == day
    assert allowed(slot)
    assert slot == CALENDAR.slot(day, zone, str(key))


def test_slots_are_spread_over_the_day() -> None:
    slots = [CALENDAR.slot(date(2026, 11, 23), "Asia/Jakarta", f"partner {number}") for number in range(2200)]
    hours = [sum(slot.hour == hour for slot in slots) for hour in range(8, 19)]
    assert all(150 < count < 250 for count in hours), hours


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        ("2026-11-22", False),  # Sunday
        ("2026-11-23", True),
        ("2026-12-25", False),  # Christmas
        ("2026-12-24", False),  # collective leave
        ("2026-08-17", False),
        ("2026-11-28", True),  # Saturday
    ],
)
def test_contact_days(day: str, open_: bool) -> None:
    assert CALENDAR.is_contact_day(date.fromisoformat(day)) is open_


def test_collective_leave_is_the_policys_choice() -> None:
    assert Calendar(ContactHours(on_collective_leave=True)).is_contact_day(date(2026, 12, 24))


def test_days_the_operator_closes_are_kept() -> None:
    closed = Calendar(ContactHours(closed_days=(date(2026, 11, 23),)))
    assert closed.contact_day(date(2026, 11, 22)) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("utc", "zone", "local"),
    [
        ("2026-11-23T00:59:59", "Asia/Jakarta", "2026-11-23T08:00:00"),
        ("2026-11-23T00:59:59", "Asia/Jayapura", "2026-11-23T09:59:59"),
        ("2026-11-23T12:30:00", "Asia/Jakarta", "2026-11-23T19:30:00"),
        ("2026-11-23T12:30:00", "Asia/Makassar", "2026-11-24T08:00:00"),
        ("2026-11-27T05:00:00", "Asia/Jakarta", "2026-11-27T13:00:00"),  # Friday noon
        ("2026-11-27T04:30:00", "Asia/Jayapura", "2026-11-27T13:30:00"),
        ("2026-11-28T13:00:00", "Asia/Jakarta", "2026-11-30T08:00:00"),  # Saturday 20:00
        ("2026-12-23T13:00:00", "Asia/Jakarta", "2026-12-26T08:00:00"),  # over collective leave and Christmas
    ],
)
def test_the_hours_are_the_partners_own(utc: str, zone: str, local: str) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert CALENDAR.next_contact_time(moment, zone) == datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))


def test_quiet_times_may_cut_a_day_in_pieces() -> None:
    hours = ContactHours(quiet=(Quiet("monday", time(8), time(9)), Quiet("monday", time(12), time(19))))
    calendar = Calendar(hours)
    monday = datetime(2026, 11, 23, tzinfo=ZoneInfo("Asia/Jakarta"))
    assert calendar.next_contact_time(monday, "Asia/Jakarta").hour == 9
    assert calendar.next_contact_time(monday.replace(hour=15), "Asia/Jakarta").hour == 19
    slots = {calendar.slot(monday.date(), "Asia/Jakarta", str(number)).hour for number in range(300)}
    assert slots == {9, 10, 11}
