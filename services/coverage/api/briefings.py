"""GET /v1/coverage/briefings: from briefings to registrations."""

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from services.coverage import protection
from services.coverage.api import counted_rows, freshness, parameters
from services.coverage.api.counted_rows import DAYS, Counted
from services.coverage.disclosure import Vector
from services.coverage.queries import queries
from shared.database import connection
from shared.problems import Problem
from shared.security import principal_of, require

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], dependencies=[Depends(require("read"))])

DIMENSIONS = ("agency", "month")
PARAMETERS = parameters.accepts(
    "region", "level", "by", "from", *parameters.DAYS, "known_at", "format", by=DIMENSIONS, own=counted_rows.OWN
)


def _shown(counts: Vector) -> Vector:
    _, _, present, attendees, before, after = counts
    return (attendees, present, before, after, attendees - before, attendees - after, attendees - before - after,
            present - attendees)  # fmt: skip


COUNTED = Counted(
    ("briefings", "quota", "present", "attendees", "registered_before", "registered_within_90_days"),
    _shown, "registered_within_90_days", "attendees", "registered_before",
)  # fmt: skip
_STORED = ("briefings", "quota", "present", "attendees", "before", "after")


@router.get("/briefings", summary="From briefings to registrations", **PARAMETERS)
async def briefings(request: Request) -> Response:
    """The briefings held from `from` to `as_of`: their places (`quota`), who was `present`, how many of them are known
    partners (`attendees`), how many of these had registered by that day, and how many registered within 90 days after
    it; `rate` is the share of the latter among those who had not before.

    Whoever came to two briefings counts in each of them. First starts are by what is known now, briefings as known at
    `known_at`. Without the right `figures:detail` a row that could disclose a count from 1 to 4 has null for all of
    them, and `suppressed`: true.
    """
    question, known_at = counted_rows.asked(request, DIMENSIONS), parameters.known_at(request)
    found = await briefings_of(request, question, known_at)
    return await counted_rows.answer(request, "briefings", question, COUNTED, found)


async def briefings_of(request: Request, question: counted_rows.Asked, known_at: int | None) -> dict[str, Any]:
    """The answer as the caller may see it, with `rows`."""
    is_detailed = (await principal_of(request)).may(protection.DETAIL)
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        if not await db.fetchval(queries["briefings_complete"]):
            detail = "Briefings are not complete yet: the operator runs `./payung rebuild coverage` once."
            raise Problem(503, "unavailable", detail)
        bounds = question.since, question.until, DAYS, known_at, list(question.by)
        records = await db.fetch(queries["briefings"], *bounds)
        agencies, stale = await freshness.agencies(db), await freshness.stale(db)
    entries = counted_rows.entries(records, question.by, _STORED)
    return question.head(request) | {
        "known_at": parameters.known_at_text(known_at),
        "updated_at": freshness.updated_at(agencies),
        "stale": stale,
        "rows": await asyncio.to_thread(counted_rows.rows, question, entries, COUNTED, is_detailed=is_detailed),
    }
