"""Enrolment events of many partners, and what the figures must be, computed from the same numbers another way.

Each partner has five versions: it enrols, its workers change, it lapses, it comes back, it takes up a programme. A
version is its whole timeline, so the events grow from one period to three.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.regions import Regions

VERSIONS = 5
BEGINNING = date(2019, 1, 1)
DAYS = 1_800
RECORDED = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
PROFILES = (
    ("cooperative", '"micro"', "null", "PU"),
    ("business", '"micro"', "null", "PU"),
    ("business", "null", "null", "PU"),
    ("business", '"small"', "null", "PU"),
    ("individual", '"micro"', '"farmer"', "BPU"),
)
PROGRAMMES = ('["JKK","JKM"]', '["JKK","JKM","JHT"]')
AGENCIES = tuple(f"bpjstk-{n:02}" for n in range(20))

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class History:
    """Every partner's numbers, one row a partner; days count from BEGINNING."""

    place: Numbers
    profile: Numbers
    agency: Numbers
    edges: Numbers
    """Start, change, lapse, return."""
    listed_on: Numbers
    workers: Numbers
    """(management, staff, labour) before and after the change."""
    recorded: Numbers
    """Of each version, in seconds."""


def history(partners: int, seed: int = 3) -> History:
    random = np.random.default_rng(seed)
    edges = np.sort(random.integers(0, DAYS - 4, (partners, 4)), axis=1) + np.arange(4)
    recorded = np.sort(random.integers(0, 400 * 86_400, (partners, VERSIONS)), axis=1) + RECORDED
    return History(
        place=random.integers(0, 514, partners),
        profile=random.integers(0, len(PROFILES), partners),
        agency=random.integers(0, len(AGENCIES), partners),
        edges=edges,
        listed_on=random.integers(0, DAYS // 2, partners),
        workers=random.integers(0, 20, (partners, 2, 3)),
        recorded=recorded,
    )


def partner_id(number: int) -> str:
    return f"0190{number >> 16:04x}-{number & 0xFFFF:04x}-7000-8000-{number * 2654435761 & 0xFFFFFFFFFFFF:012x}"


def regencies() -> list[str]:
    return [region.code for region in Regions.load() if region.level == "regency"]


def events(made: History, seed: int = 5) -> Iterator[tuple[int, bytes]]:
    """(partner number, value of the record): round by round a version of every partner, each round in another order."""
    day = [(BEGINNING + timedelta(n)).isoformat() for n in range(DAYS + 4)]
    codes, random = regencies(), np.random.default_rng(seed)
    place, profile, agency = made.place.tolist(), made.profile.tolist(), made.agency.tolist()
    edges, listed_on, workers = made.edges.tolist(), made.listed_on.tolist(), made.workers.tolist()
    recorded = made.recorded.tolist()
    for version in range(1, VERSIONS + 1):
        for p in random.permutation(len(place)).tolist():
            kind, scale, occupation, segment = PROFILES[profile[p]]
            where = f'"region":"{codes[place[p]]}","segment":"{segment}","programmes":'
            small, large = (f'"workers":{{"management":{m},"staff":{s},"labour":{b}}}' for m, s, b in workers[p])
            start, change, lapse, back = (day[n] for n in edges[p])
            basic, more = where + PROGRAMMES[0] + ",", where + PROGRAMMES[version == 5] + ","
            first_until = f'"{change}"' if version > 1 else "null"
            periods = f'{{"from":"{start}","until":{first_until},{basic}{small}}}'
            if version > 1:
                until = f'"{lapse}"' if version > 2 else "null"
                periods += f',{{"from":"{change}","until":{until},{basic}{large}}}'
            if version > 3:
                periods += f',{{"from":"{back}","until":null,{more}{large}}}'
            at = datetime.fromtimestamp(recorded[p][version - 1], UTC).isoformat()
            yield (
                p,
                (
                    f'{{"partner_id":"{partner_id(p)}","version":{version},"kind":"{kind}","periods":[{periods}],'
                    f'"recorded_at":"{at[:19]}.123456Z","agency":"{AGENCIES[agency[p]]}","scale":{scale},'
                    f'"occupation":{occupation},"cooperative_id":null,"listed_on":"{day[listed_on[p]]}"}}'
                ).encode(),
            )


def figures(made: History, as_of: date, known_at: int | None, versions: int = VERSIONS) -> dict[str, tuple[int, int]]:
    """Regency → (enrolled partners, their workers), by the partners' numbers alone; `versions` of each were sent."""
    day = (as_of - BEGINNING).days
    known = made.recorded[:, :versions] if known_at is None else made.recorded[:, :versions][:, :]
    version = np.full(len(made.place), versions) if known_at is None else (known <= known_at).sum(axis=1)
    start, change, lapse, back = made.edges.T
    first = (version >= 1) & (day >= start) & ((version < 2) | (day < change))
    second = (version >= 2) & (day >= change) & ((version < 3) | (day < lapse))
    third = (version >= 4) & (day >= back)
    counted = (first | second | third) & (day >= made.listed_on)
    workers = np.where(first, made.workers[:, 0].sum(axis=1), made.workers[:, 1].sum(axis=1))
    partners_of = np.bincount(made.place[counted], minlength=514)
    workers_of = np.bincount(made.place[counted], weights=workers[counted], minlength=514).astype(int)
    return {code: (int(a), int(b)) for code, a, b in zip(regencies(), partners_of, workers_of, strict=True)}
