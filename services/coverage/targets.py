"""Targets of regions, with their progress."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from services.coverage.figures import rate
from services.coverage.queries import queries
from shared.regions import Regions


async def targets_with_progress(
    db: asyncpg.Connection, codes: Sequence[str], known_at: int | None, updated_at: str | None
) -> dict[str, dict[str, Any]]:
    """Region → its newest target known by then, with its `progress`: listed partners, of the target's list if it names
    one, whose first start lies within the target's days.

    Of each partner only the newest first start and lists are kept, so progress is by what is known now, whatever day
    and knowledge were asked for; `progress_known_at` is the time of the newest event.
    """
    newest = {row["region"]: row for row in await db.fetch(queries["targets"], list(codes), known_at)}
    within = [(code, regency) for code in newest for regency in Regions.load().regencies(code)]
    rows = await db.fetch(
        queries["progress"],
        [code for code, _ in within],
        [regency for _, regency in within],
        *([row[name] for row in newest.values()] for name in ("region", "list", "agency", "starts", "until")),
    )
    progress = {row["region"]: row["progress"] for row in rows}
    return {code: _as_json(row, progress.get(code, 0), updated_at) for code, row in newest.items()}


def _as_json(row: asyncpg.Record, progress: int, updated_at: str | None) -> dict[str, Any]:
    return {
        "measure": row["measure"],
        "value": row["value"],
        "from": row["starts"].isoformat(),
        "until": row["until"].isoformat(),
        "list": row["list"],
        "source": row["source"],
        "agency": row["agency"],
        "progress": progress,
        "progress_known_at": updated_at,
        "rate": rate(progress, row["value"]),
    }
