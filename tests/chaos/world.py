"""A small world of businesses, its events as agencies send them, and a brute-force oracle of the figures."""

import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Event = dict[str, Any]

REGENCIES = ("33.11", "36.71", "35.76", "16.71", "93.01")
PROGRAMMES = (("JKK", "JKM"), ("JKK", "JKM", "JHT"), ("JKK", "JKM", "JHT", "JP"))
FIRST_DAY = date(2024, 1, 1)
DAYS = 700


@dataclass
class Enrolment:
    """What one participant number says: its versions by day, the last one of a day holding."""

    versions: list[tuple[date, frozenset[str], int, int]] = field(default_factory=list)

    def on(self, day: date) -> tuple[frozenset[str], int, int] | None:
        known = [version for version in self.versions if version[0] <= day]
        return known[-1][1:] if known and known[-1][1] else None


@dataclass
class Business:
    nib: str
    region: str
    lists: dict[str, date]
    workers: int
    enrolment: Enrolment = field(default_factory=Enrolment)

    @property
    def listed_on(self) -> date:
        return min(self.lists.values())


class World:
    """Businesses with their events. `businesses` is the truth the oracle counts."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.run = uuid.UUID(int=self.dice.getrandbits(128)).hex[:8]
        self.businesses: list[Business] = []

    def grow(self, count: int) -> list[list[Event]]:
        """So many further businesses; one list of events each, to be sent in that order."""
        return [list(self._events(self._business())) for _ in range(count)]

    def _business(self) -> Business:
        number = len(self.businesses)
        agencies = self.dice.choice([("dinas",), ("kementerian",), ("dinas", "kementerian")])
        lists = {agency: self._day() for agency in agencies}
        made = Business(
            f"{int(self.run[:6], 16) % 900000:06d}{number:07d}",
            self.dice.choice(REGENCIES),
            lists,
            self.dice.randint(1, 40),
        )
        self.businesses.append(made)
        return made

    def _day(self) -> date:
        return FIRST_DAY + timedelta(days=self.dice.randrange(DAYS))

    def _events(self, business: Business) -> Iterator[Event]:
        for agency, day in business.lists.items():
            data = {
                "partner": {"nib": business.nib},
                "name": f"Usaha Contoh {business.nib}",
                "kind": "business",
                "scale": "micro",
                "region": business.region,
                "workers": business.workers,
                "list": f"daftar-{agency}",
                "listed_on": day.isoformat(),
            }
            yield self._event(agency, "partner.listed", data)
        if self.dice.random() < 0.6:
            yield from self._enrolments(business)

    def _enrolments(self, business: Business) -> Iterator[Event]:
        participant, day, level = f"ZZ{business.nib}", self._day(), 0
        for step in range(self.dice.randint(1, 4)):
            insured = bool(business.enrolment.versions) and bool(business.enrolment.versions[-1][1])
            lapses = insured and self.dice.random() < 0.4
            staff, labour = self.dice.randint(0, 5), self.dice.randint(1, 9)
            if lapses:
                business.enrolment.versions.append((day, frozenset(), 0, 0))
                data = {"participant_no": participant, "effective_on": day.isoformat(), "reason": "berhenti"}
                yield self._event("bpjs", "enrollment.lapsed", data)
            else:
                level = self.dice.randint(level, 2)
                business.enrolment.versions.append((day, frozenset(PROGRAMMES[level]), staff, labour))
                data = {
                    "participant_no": participant,
                    "partner": {"nib": business.nib},
                    "scale": "micro",
                    "region": business.region,
                    "programmes": list(PROGRAMMES[level]),
                    "segment": "PU",
                    "workers": {"management": 0, "staff": staff, "labour": labour},
                    "effective_on": day.isoformat(),
                }
                kind = "enrollment.registered" if step == 0 else "enrollment.changed"
                yield self._event("bpjs", kind, data)
            day += timedelta(days=self.dice.randint(1, 90))

    def _event(self, agency: str, kind: str, data: dict[str, Any]) -> Event:
        number = uuid.UUID(int=self.dice.getrandbits(128)).hex
        source = f"urn:{agency}:{self.run}"
        return {"specversion": "1.0", "id": number, "source": source, "type": kind, "agency": agency, "data": data}

    def figures(self, as_of: date) -> dict[str, dict[str, int]]:
        """region → what /v1/coverage must say of it on that day, counted one business at a time."""
        table = {region: _nothing() for region in REGENCIES}
        for business in self.businesses:
            if business.listed_on <= as_of:
                _count(table[business.region], business, as_of)
        return table


def _nothing() -> dict[str, int]:
    return dict.fromkeys(("listed", "enrolled", "unregistered", "workers_listed", "workers_enrolled", "JHT"), 0)


def _count(row: dict[str, int], business: Business, day: date) -> None:
    enrolled = business.enrolment.on(day)
    row["listed"] += 1
    row["workers_listed"] += business.workers
    row["enrolled" if enrolled else "unregistered"] += 1
    if enrolled:
        programmes, staff, labour = enrolled
        row["workers_enrolled"] += staff + labour
        row["JHT"] += "JHT" in programmes


def batches(stories: Iterable[list[Event]], size: int, dice: random.Random) -> list[list[Event]]:
    """The stories interleaved, each in its own order, in batches of one agency; some batches come twice."""
    waiting = [list(story) for story in stories]
    cut: list[list[Event]] = []
    while waiting:
        turn = [story.pop(0) for story in waiting]
        waiting = [story for story in waiting if story]
        for agency in ("dinas", "kementerian", "bpjs"):
            own = [event for event in turn if event["agency"] == agency]
            cut += [own[start : start + size] for start in range(0, len(own), size)]
    return [batch for batch in cut for _ in range(1 + (dice.random() < 0.2))]
