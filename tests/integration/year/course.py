"""What happens in a generated year: who is listed, registers, asks to stop, moves; what providers and operators do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

ZONES = {"36.71": "Asia/Jakarta", "33.11": "Asia/Jakarta", "73.71": "Asia/Makassar", "91.71": "Asia/Jayapura"}
"""Regencies in which the generated businesses are, and their time zones."""
CHANNELS = ("whatsapp", "sms", "email")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

What = Literal[
    "listed", "delisted", "contact", "enrolled", "lapsed", "merged", "erased", "stop", "reply", "pause", "resume"
]


@dataclass(frozen=True, slots=True)
class Contact:
    """How a business is reached from some moment on."""

    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens. `business` 0: to all; `value`: a Contact, a day as text, another business, a pause."""

    at: datetime
    what: What
    business: int = 0
    value: object = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A provider that takes nothing meanwhile."""

    channel: str
    begins: datetime
    ends: datetime


@dataclass
class Course:
    """A whole year, or the first days of one, of so many businesses. The same for the same seed."""

    seed: int
    businesses: int
    begins: datetime
    days: int
    regions: dict[int, str] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        found = [each for number in range(1, self.businesses + 1) for each in self._of(number)]
        found += [each for _ in range(max(1, self.days // 45)) for each in self._pause()]
        self.happenings = sorted((each for each in found if each.at < self.ends), key=lambda each: each.at)
        for _ in range(max(2, self.days // 12)):
            begins = self._moment(self.begins + DAY)
            ends = begins + timedelta(minutes=self._random.choice((5, 40, 300, 1800)))
            self.outages.append(Outage(self._random.choice(CHANNELS), begins, ends))

    @property
    def ends(self) -> datetime:
        return self.begins + self.days * DAY

    def _moment(self, after: datetime, within: timedelta | None = None) -> datetime:
        """Some whole second after this one."""
        most = min(within or self.ends - after, max(self.ends - after, HOUR))
        return after + timedelta(seconds=self._random.randrange(1, int(most.total_seconds())))

    def _of(self, number: int) -> Iterator[Happening]:
        """The life of one business: uploads list several at the same moment."""
        random = self._random
        self.regions[number] = random.choice(sorted(ZONES))
        upload = Random(f"{self.seed}/{number // 12}")
        listed = self.begins + timedelta(hours=upload.randrange(0, self.days * 24 * 2 // 3))
        yield Happening(listed, "contact", number, self._contact(number))
        yield Happening(listed, "listed", number)
        fate = random.random()
        soon = listed + timedelta(hours=1)
        if fate < 0.25:
            yield from self._enrolment(number, self._moment(soon, 60 * DAY))
        elif fate < 0.33:
            yield Happening(self._moment(soon, 40 * DAY), random.choice(("stop", "reply")), number)
        elif fate < 0.38:
            gone = self._moment(soon, 40 * DAY)
            yield Happening(gone, "delisted", number)
            yield Happening(self._moment(gone, 40 * DAY), "listed", number)
        elif fate < 0.41 and number > 12:
            yield Happening(self._moment(soon, 40 * DAY), "merged", number, number - 12)
        elif fate < 0.44:
            yield Happening(self._moment(soon, 40 * DAY), "erased", number)
        elif fate < 0.55:
            yield Happening(self._moment(soon, 40 * DAY), "contact", number, self._contact(number))

    def _enrolment(self, number: int, at: datetime) -> Iterator[Happening]:
        """Registered, some from a later day on; some lapse."""
        begins = (at + self._random.choice((0, 0, 20)) * DAY).date()
        yield Happening(at, "enrolled", number, begins.isoformat())
        if self._random.random() < 0.4:
            known = self._moment(at, 60 * DAY)
            last = max(begins + DAY, known.date() + self._random.choice((-5, 0, 10)) * DAY)
            yield Happening(known, "lapsed", number, f"{begins}/{last}")

    def _contact(self, number: int) -> Contact:
        """A third of the phones are shared by businesses of the same regency; some have no address that can be used."""
        random, region = self._random, self.regions[number]
        own = f"+62812{self.seed % 100:02d}{number:06d}"
        shared = f"+62813{sorted(ZONES).index(region)}{random.randrange(max(2, self.businesses // 12)):05d}"
        phone = random.choice((own, own, shared, None, "021 123"))
        return Contact(phone, random.choice((f"b{number}@example.com", None)))

    def _pause(self) -> Iterator[Happening]:
        begins = self._moment(self.begins)
        pause = self._random.choice(({"all": True}, {"channels": ("whatsapp",)}, {"regions": ("73",)}))
        yield Happening(begins, "pause", value=pause)
        yield Happening(begins + self._random.choice((5, 30, 70)) * HOUR, "resume")


def beginning(year: int) -> datetime:
    return datetime(year, 1, 1, 17, tzinfo=UTC)
