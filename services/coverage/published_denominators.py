"""Where denominators come from: the file that comes with Payung, and the facts `denominator.set`."""

import csv
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import asyncpg

from services.coverage.denominators import PublishedDenominator
from services.coverage.queries import queries
from shared.measures import MEASURES


@cache
def built_in() -> tuple[PublishedDenominator, ...]:
    """The denominators that come with Payung: denominators.csv, whose rows name their sources."""
    with (Path(__file__).parent / "denominators.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            PublishedDenominator(
                row["region_code"],
                row["measure"],
                float(row["value"]),
                date.fromisoformat(row["as_of"]) if row["as_of"] else None,
                row["source"],
                row["status"],
            )
            for row in csv.DictReader(file)
            if row["measure"] == "population"
            or MEASURES[row["measure"]].is_denominator
            or MEASURES[row["measure"]].is_of_health
        )


async def published_denominators(
    db: asyncpg.Connection, codes: Sequence[str], known_at: int | None
) -> dict[str, list[PublishedDenominator]]:
    """Region → what was published for it: the facts known by then, and what comes with Payung."""
    found: dict[str, list[PublishedDenominator]] = {code: [] for code in codes}
    for row in await db.fetch(queries["denominators"], list(codes), known_at):
        fact = PublishedDenominator(**dict(row))
        found[fact.region].append(fact)
    for each in built_in():
        if each.region in found:
            found[each.region].append(each)
    return found
