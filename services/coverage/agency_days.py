"""On which days each agency sent something: what its rhythm is learned from."""

from datetime import date

import asyncpg

from services.coverage.queries import queries
from services.coverage.rhythm import NEWEST_GAPS


async def agency_days(db: asyncpg.Connection, until: date) -> dict[str, list[int]]:
    """Agency → the newest days in Jakarta up to `until` on which it sent something, as ordinals in order."""
    rows = await db.fetch(queries["agency_days"], until, NEWEST_GAPS + 1)
    return {row["agency"]: [day.toordinal() for day in reversed(row["days"])] for row in rows}
