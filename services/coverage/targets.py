"""Targets of regions, with how far they are reached."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from services.coverage.figures import rate
from services.coverage.handlers import queries
from shared.regions import Regions


async def targets_of(db: asyncpg.Connection, codes: Sequence[str], known_at: int | None) -> dict[str, dict[str, Any]]:
    """Region → its newest target known by then. `progress` counts what is known now: listed partners, of the target's
    list if it names one, whose first start lies within the target's days."""
    rows = await db.fetch(queries["targets"], list(codes), known_at)
    return {row["region"]: await _told(db, row) for row in rows}


async def _told(db: asyncpg.Connection, row: asyncpg.Record) -> dict[str, Any]:
    regencies = Regions.load().regencies(row["region"])
    days = (row["starts"], row["until"])
    progress = await db.fetchval(queries["progress"], regencies, row["list"], row["agency"], *days)
    return {
        "measure": row["measure"],
        "value": row["value"],
        "from": row["starts"].isoformat(),
        "until": row["until"].isoformat(),
        "list": row["list"],
        "source": row["source"],
        "agency": row["agency"],
        "progress": progress,
        "rate": rate(progress, row["value"]),
    }
