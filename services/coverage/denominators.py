"""What the figures are held against: published denominators with date and source, and targets."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

from services.coverage.figures import rate
from services.coverage.queries import queries

NUMERATORS = {
    "koperasi": "cooperative",
    "koperasi_active": "cooperative",
    "cooperatives": "cooperative",
    "cooperatives_active": "cooperative",
    "umkm": "business",
    "businesses": "business",
    "micro_businesses": "micro_business",
    "bpu_potential": "individual",
    "individuals": "individual",
    "workers": "workers",
    "umkm_workers": "workers",
}
"""Measure → the enrolled that it is the whole of. Other measures are told, never divided by."""

DIVIDED_BY = ("ok", "conflict")
NEVER_SHOWN = ("derived", "out_of_scope")
IMPLAUSIBLE = "implausible"


@dataclass(frozen=True)
class Published:
    """A published figure; `as_of` None where its source does not tell."""

    region: str
    measure: str
    value: float
    as_of: date | None
    source: str
    status: str


@cache
def built_in() -> tuple[Published, ...]:
    """The figures that come with Payung: denominators.csv, its README tells where from."""
    with (Path(__file__).parent / "denominators.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Published(
                row["region_code"],
                row["measure"],
                float(row["value"]),
                date.fromisoformat(row["as_of"]) if row["as_of"] else None,
                row["source"],
                row["status"],
            )
            for row in csv.DictReader(file)
            if row["measure"] in NUMERATORS
        )


async def published(db: asyncpg.Connection, codes: Sequence[str], known_at: int | None) -> dict[str, list[Published]]:
    """Region → the figures published for it: those that come with Payung, and the facts known by then."""
    found: dict[str, list[Published]] = {code: [] for code in codes}
    for row in await db.fetch(queries["denominators"], list(codes), known_at):
        told = Published(row["region"], row["measure"], row["value"], row["as_of"], row["source"], row["status"])
        found[row["region"]].append(told)
    for each in built_in():
        if each.region in found:
            found[each.region].append(each)
    return found


def held_against(
    published: Iterable[Published], numerators: Mapping[str, int], as_of: date, kind: str | None = None
) -> list[dict[str, Any]]:
    """A row's denominators: of each measure and source the newest up to `as_of`, with what is wrong about it."""
    newest: dict[tuple[str, str, str], Published] = {}
    for each in published:
        if each.status in NEVER_SHOWN or (each.as_of is not None and each.as_of > as_of):
            continue
        if kind is not None and NUMERATORS.get(each.measure) != kind:
            continue
        key = (each.measure, each.source, each.status)
        if key not in newest or (each.as_of or date.min) >= (newest[key].as_of or date.min):
            newest[key] = each
    return [_told(each, numerators) for _, each in sorted(newest.items())]


def _told(each: Published, numerators: Mapping[str, int]) -> dict[str, Any]:
    """`rate` is null where the figure is not to be divided by; `flags` tell why: its status, or that it is less than
    those who are enrolled."""
    base = NUMERATORS.get(each.measure)
    flags = [] if each.status == "ok" else [each.status]
    share = rate(numerators.get(base, 0), each.value) if base and each.status in DIVIDED_BY else None
    if share is not None and share > 1:
        share, flags = None, [*flags, IMPLAUSIBLE]
    return {
        "measure": each.measure,
        "value": int(each.value) if float(each.value).is_integer() else each.value,
        "rate": share,
        "as_of": each.as_of.isoformat() if each.as_of else None,
        "source": each.source,
        "flags": flags,
    }
