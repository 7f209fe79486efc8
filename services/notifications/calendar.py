"""When a partner may be contacted: contact hours, public holidays, the partner's own time zone.

Pure. Indonesia's zones (WIB, WITA, WIT) have no daylight saving, so sums with local times are exact.
"""

import hashlib
from collections.abc import Container, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from services.notifications.policy import WEEKDAYS, ContactHours, windows

DAY = timedelta(days=1)
YEARS = range(2020, 2051)
"""Loaded at once: the package adds missing years when they are first asked for, which is not safe across threads."""


def public_holidays(*, with_collective_leave: bool) -> Container[date]:
    """Indonesia's public holidays; with the collective leave days (cuti bersama) if wanted."""
    kinds = (holidays.PUBLIC, holidays.GOVERNMENT) if with_collective_leave else (holidays.PUBLIC,)
    return holidays.country_holidays("ID", years=YEARS, categories=kinds)


@lru_cache(maxsize=16)
def zone_of(name: str) -> ZoneInfo:
    """The time zone by its IANA name."""
    return ZoneInfo(name)


class Calendar:
    """Contact days and contact times under one set of contact hours."""

    def __init__(self, hours: ContactHours, closed: Container[date] | None = None) -> None:
        self._hours = hours
        self._closed = (
            public_holidays(with_collective_leave=not hours.on_collective_leave) if closed is None else closed
        )
        self._weekdays = {WEEKDAYS.index(day) for day in hours.weekdays}
        self._open = [windows(hours, weekday, hours.end) for weekday in range(7)]
        self._spread = [_in_seconds(windows(hours, weekday, hours.spread_until)) for weekday in range(7)]
        self._next_open: dict[date, date] = {}

    def is_contact_day(self, day: date) -> bool:
        """Whether anybody may be contacted on this local date."""
        if day.weekday() not in self._weekdays:
            return False
        return day not in self._hours.closed_days and day not in self._closed

    def contact_day(self, day: date) -> date:
        """The first contact day on or after `day`."""
        found = self._next_open.get(day)
        if found is None:
            found = day
            while not self.is_contact_day(found):
                found += DAY
            self._next_open[day] = found
        return found

    def next_contact_time(self, after: datetime, zone: str) -> datetime:
        """The first moment not before `after` that lies in contact hours of the zone, as local time."""
        local = after.astimezone(zone_of(zone))
        day = self.contact_day(local.date())
        clock = local.time() if day == local.date() else time.min
        while True:
            for start, end in self._open[day.weekday()]:
                if clock < end:
                    return _at(day, max(clock, start), zone)
            day, clock = self.contact_day(day + DAY), time.min

    def slot(self, day: date, zone: str, key: str) -> datetime:
        """The key's own second of the contact day: the same each time, keys spread evenly over the day."""
        (slot,) = self.slots(day, zone, [key])
        return slot.astimezone(zone_of(zone))

    def slots(self, day: date, zone: str, keys: Iterable[str]) -> list[datetime]:
        """The `slot` of each key, in UTC."""
        spans = self._spread[day.weekday()]
        if not spans:
            raise ValueError(f"{day} has no contact hours")
        seconds = sum(end - start for start, end in spans)
        midnight = _at(day, time.min, zone).astimezone(UTC)
        return [midnight + timedelta(seconds=_within(spans, _share(key) * seconds >> 64)) for key in keys]


def _at(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, zone_of(zone))


def _in_seconds(spans: list[tuple[time, time]]) -> list[tuple[int, int]]:
    return [(_seconds(start), _seconds(end)) for start, end in spans]


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _within(spans: list[tuple[int, int]], offset: int) -> int:
    """The second of the day that lies `offset` seconds of these spans after their start; it is in one of them."""
    for start, end in spans:
        if offset < end - start:
            break
        offset -= end - start
    return start + offset


@lru_cache(maxsize=8192)
def _share(key: str) -> int:
    """A number in [0, 2^64) that depends on the key alone."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
