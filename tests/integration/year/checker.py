"""Judges a year by what was seen from outside and what the README promises; every violation is a sentence."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import holidays

from tests.integration.year.course import ZONES, Contact, Course, Happening
from tests.integration.year.world import Delivery, Seen

STEP_DAYS = (1, 7, 14)
GAP, ESCALATION, MONTH = timedelta(days=4), timedelta(days=7), timedelta(days=30)
A_MONTH, DAY = 4, timedelta(days=1)
CLOSED = holidays.country_holidays("ID", years=range(2025, 2029), categories=(holidays.PUBLIC, holidays.GOVERNMENT))
REGIONS_PAUSED = {"73": ("73.71",)}


@dataclass
class Spell:
    """From a moment on a business is in this condition, until the next one begins."""

    at: datetime
    is_listed: bool = False
    known_on: date | None = None
    """The local day on which its listing became known."""
    contact: Contact = field(default_factory=lambda: Contact(None, None))
    insured: tuple[date, date] | None = None
    insured_known_on: date | None = None
    stopped: bool = False
    joined: bool = False
    """Another was merged into it: it inherits what that one got."""


class Checker:
    """The conditions of every business over the year, day by day, and what is wrong with what was seen."""

    def __init__(self, course: Course, seen: Seen) -> None:
        self._course, self._seen = course, seen
        self._zones = {number: ZoneInfo(ZONES[region]) for number, region in course.regions.items()}
        self._spells: dict[int, list[Spell]] = {number: [Spell(course.begins)] for number in course.regions}
        self._stopped: dict[str, datetime] = {}
        self._pauses: list[tuple[datetime, dict[str, object]]] = [(course.begins, {})]
        for each in seen.happened:
            self._note(each)
        self._got: dict[int, list[Delivery]] = defaultdict(list)
        self._at: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in seen.deliveries:
            self._at[delivery.address].append(delivery)
            for number in delivery.businesses:
                self._got[number].append(delivery)

    def violations(self) -> list[str]:
        checks: tuple[Callable[[], Iterator[str]], ...] = (
            self._outside_hours,
            self._over_caps,
            self._to_whom_not,
            self._twice,
            self._missing,
        )
        return [f"{check.__name__.strip('_')}: {each}" for check in checks for each in check()]

    # --- what became known, and when ---------------------------------------------------------------------------------

    def _note(self, each: Happening) -> None:
        number, at = each.business, each.at
        if not number:
            self._pauses.append((at, cast(dict[str, object], each.value or {})))
            return
        now = self._spells[number][-1]
        day = self._day(number, at)
        match each.what:
            case "listed":
                self._change(number, at, is_listed=True, known_on=now.known_on if now.is_listed else day)
            case "delisted" | "erased" | "merged":
                self._change(number, at, is_listed=False, known_on=None)
            case "contact":
                contact = cast(Contact, each.value)
                self._change(number, at, contact=contact)
                if any(address in self._stopped for address in self._addresses(contact)):
                    self._change(number, at, stopped=True)
            case "enrolled" | "lapsed":
                begins, _, until = str(each.value).partition("/")
                insured = (date.fromisoformat(begins), date.fromisoformat(until) if until else date.max)
                self._change(number, at, insured=insured, insured_known_on=day)
            case _:
                self._change(number, at, stopped=True)
        if each.what == "merged":
            self._change(cast(int, each.value), at, joined=True)
        if each.what in ("stop", "reply", "erased"):
            self._stop_addresses(self._replied_from(each, now.contact), at)

    def _replied_from(self, each: Happening, contact: Contact) -> list[str]:
        """A reply stops the address that it comes from, everything else all of them."""
        addresses = self._addresses(contact)
        return addresses[:1] if each.what == "reply" else addresses

    def _stop_addresses(self, addresses: list[str], at: datetime) -> None:
        for address in addresses:
            self._stopped.setdefault(address, at)
        for number, spells in self._spells.items():
            if set(addresses) & set(self._addresses(spells[-1].contact)):
                self._change(number, at, stopped=True)

    def _change(self, number: int, at: datetime, **changes: object) -> None:
        spells = self._spells[number]
        spells.append(Spell(**{**vars(spells[-1]), "at": at, **changes}))  # type: ignore[arg-type]

    def _addresses(self, contact: Contact) -> list[str]:
        phone = contact.phone if contact.phone and contact.phone.startswith("+62") else None
        return [each for each in (phone, contact.email) if each]

    def _day(self, number: int, at: datetime) -> date:
        return at.astimezone(self._zones[number]).date()

    def _spell(self, number: int, at: datetime) -> Spell:
        """The condition at this moment; what happens at the very moment counts."""
        return [each for each in self._spells[number] if each.at <= at][-1]

    # --- nothing that should not be ----------------------------------------------------------------------------------

    def _outside_hours(self) -> Iterator[str]:
        for each in self._seen.deliveries:
            for number in each.businesses:
                local = each.at.astimezone(self._zones[number])
                if not is_open(local):
                    yield f"business {number} at {local}"

    def _over_caps(self) -> Iterator[str]:
        """By messages: one that was repeated and is marked as such counts once."""
        for address, deliveries in self._at.items():
            first: dict[str, Delivery] = {}
            for each in deliveries:
                if each.message_id not in self._seen.bounced and not self._is_marked(each):
                    first.setdefault(each.message_id, each)
            days = [self._day(each.businesses[0], each.at) for each in first.values()]
            yield from (f"two messages to {address} on {day}" for day in set(days) if days.count(day) > 1)
            yield from (
                f"more than {A_MONTH} messages to {address} in the month up to {day}"
                for day in set(days)
                if sum(day - MONTH < each <= day for each in days) > A_MONTH
            )

    def _is_marked(self, delivery: Delivery) -> bool:
        return any((number, delivery.step) in self._seen.possibly_twice for number in delivery.businesses)

    def _to_whom_not(self) -> Iterator[str]:
        for each in self._seen.deliveries:
            if self._paused(each.businesses[0], each.at, each.channel):
                yield f"{each.address} at {each.at} while it is paused"
            stopped = self._stopped.get(each.address)
            if stopped is not None and each.at >= stopped:
                yield f"{each.address} at {each.at} after its stop at {stopped}"
            for number in each.businesses:
                spell, day = self._spell(number, each.at), self._day(number, each.at)
                if not spell.is_listed or spell.stopped or (spell.insured and spell.insured[1] > day):
                    yield f"business {number} at {each.at}: {spell}"
                elif each.address not in self._addresses(spell.contact):
                    yield f"business {number} at {each.at}: {each.address} is not its own"

    def _twice(self) -> Iterator[str]:
        """A step reaches a business once an episode, unless the history marks it."""
        for number, deliveries in self._got.items():
            seen: dict[tuple[date | None, int], Delivery] = {}
            for each in deliveries:
                if each.message_id in self._seen.bounced or self._spell(number, each.at).joined:
                    continue
                step = self._step_of(number, each)
                key = (self._anchor(number, each.at), step)
                if key in seen and (number, step) not in self._seen.possibly_twice:
                    yield f"business {number}, step {step}: at {seen[key].at} and {each.at}"
                seen[key] = each

    def _step_of(self, number: int, delivery: Delivery) -> int:
        """The message names its first business's step; another's follows from what it got before."""
        if delivery.businesses[0] == number:
            return delivery.step
        anchor = self._anchor(number, delivery.at)
        before = {
            self._step_of(number, each)
            for each in self._got[number]
            if each.at < delivery.at
            and each.message_id not in self._seen.bounced
            and anchor is not None
            and self._day(number, each.at) > anchor
        }
        return max(before, default=0) + 1

    # --- nothing that is missing -------------------------------------------------------------------------------------

    def _missing(self) -> Iterator[str]:
        """On a quiet day what is due comes: a step where the caps allow it, a task where nobody can be reached."""
        for number in self._course.regions:
            disturbed = self._disturbed(number)
            day = self._day(number, self._course.begins) + DAY
            last = self._day(number, self._course.ends) - DAY
            while day < last:
                if day not in disturbed and is_contact_day(day):
                    yield from self._missing_on(number, day)
                day += DAY

    def _missing_on(self, number: int, day: date) -> Iterator[str]:
        morning = datetime.combine(day, time.min, self._zones[number])
        spell, anchor = self._spell(number, morning), self._anchor(number, morning)
        if anchor is None or spell.joined or self._is_asked(number, anchor, day):
            return
        if self._paused(number, morning, None):
            return
        got = self._counted(number, anchor, morning)
        last = max((self._day(number, each.at) for each in self._counted(number, date.min, morning)), default=None)
        if len(got) == len(STEP_DAYS):
            if last is not None and day >= last + ESCALATION and not self._has_task(number, day):
                yield f"business {number}: a task on {day}"
            return
        due = anchor + STEP_DAYS[len(got)] * DAY
        if last is not None:
            due = max(due, last + GAP)
        if day < due:
            return
        channels = self._reaching(number, spell.contact, morning)
        if not channels:
            if not self._has_task(number, day):
                yield f"business {number}: a task on {day}, as it cannot be reached"
        elif any(not self._paused(number, morning, each) for each in channels) and self._has_room(
            spell.contact, number, day
        ):
            yield from self._not_sent(number, day, len(got) + 1)

    def _not_sent(self, number: int, day: date, step: int) -> Iterator[str]:
        if not any(self._day(number, each.at) == day for each in self._got[number]):
            yield f"business {number}: step {step} on {day}"

    def _counted(self, number: int, anchor: date, before: datetime) -> set[int] | list[Delivery]:
        """The deliveries of the episode, one for each step, that neither bounced nor came back."""
        found: dict[int, Delivery] = {}
        for each in self._got[number]:
            bounced = self._seen.bounced.get(each.message_id)
            if each.at < before and (bounced is None or bounced >= before) and self._day(number, each.at) > anchor:
                found[self._step_of(number, each)] = each
        return list(found.values())

    def _anchor(self, number: int, at: datetime) -> date | None:
        """The day from which the steps are counted; None while nothing is to be sent."""
        spell, day = self._spell(number, at), self._day(number, at)
        if not spell.is_listed or spell.stopped or spell.known_on is None:
            return None
        if spell.insured is None:
            return spell.known_on
        if spell.insured[1] > day:
            return None
        return max(spell.known_on, spell.insured[1], spell.insured_known_on or date.min)

    def _reaching(self, number: int, contact: Contact, at: datetime) -> list[str]:
        """The channels whose address is known and was never refused for good."""
        phone, mail = (
            contact.phone if contact.phone and contact.phone.startswith("+62") else None,
            contact.email,
        )
        found = [(channel, phone) for channel in ("whatsapp", "sms") if phone] + ([("email", mail)] if mail else [])
        return [channel for channel, address in found if not self._is_refused(channel, address or "", at)]

    def _is_refused(self, channel: str, address: str, at: datetime) -> bool:
        troubles = self._seen.troubles
        if any(
            each.is_refused and (each.channel, each.address) == (channel, address) and each.at < at for each in troubles
        ):
            return True
        return any(
            each.channel == channel and self._seen.bounced.get(each.message_id, at) < at for each in self._at[address]
        )

    def _has_room(self, contact: Contact, number: int, day: date) -> bool:
        """Whether one more message today keeps within the caps of the month."""
        days = {
            (each.message_id, self._day(number, each.at))
            for address in self._addresses(contact)
            for each in self._at[address]
            if day - MONTH < self._day(number, each.at) < day
        }
        return len(days) < A_MONTH

    def _is_asked(self, number: int, anchor: date, day: date) -> bool:
        """A field agent has it already: messages go on only once it can be reached again."""
        return any(each == number and anchor < self._day(number, at) < day for each, at in self._seen.tasks)

    def _has_task(self, number: int, day: date) -> bool:
        return any(each == number and self._day(number, at) == day for each, at in self._seen.tasks)

    def _disturbed(self, number: int) -> set[date]:
        """Days of which nothing is asked: something happened to it, to an address of it, or to a provider."""
        moments = [each.at for each in self._spells[number]]
        moments += [at for at, _ in self._pauses]
        addresses = {address for spell in self._spells[number] for address in self._addresses(spell.contact)}
        troubles = self._seen.troubles
        moments += [each.at for each in troubles if number in each.businesses or each.address in addresses]
        moments += [
            each
            for address in addresses
            for found in self._at[address]
            if (each := self._seen.bounced.get(found.message_id))
        ]
        days = {self._day(number, each) for each in moments}
        for outage in self._seen.outages:
            day = self._day(number, outage.begins)
            while day <= self._day(number, outage.ends):
                days.add(day)
                day += DAY
        return days

    def _paused(self, number: int, at: datetime, channel: str | None) -> bool:
        pause = [each for moment, each in self._pauses if moment <= at][-1]
        regions = {code for each in cast(tuple[str, ...], pause.get("regions", ())) for code in REGIONS_PAUSED[each]}
        is_held = channel is not None and channel in cast(tuple[str, ...], pause.get("channels", ()))
        return bool(pause.get("all")) or self._course.regions[number] in regions or is_held


def is_contact_day(day: date) -> bool:
    return day.weekday() < 6 and day not in CLOSED


def is_open(local: datetime) -> bool:
    """Monday to Saturday without holidays, 08:00 to 20:00, not Friday 11:30 to 13:00."""
    clock = local.time()
    is_prayer = local.weekday() == 4 and time(11, 30) <= clock < time(13)
    return is_contact_day(local.date()) and time(8) <= clock < time(20) and not is_prayer
