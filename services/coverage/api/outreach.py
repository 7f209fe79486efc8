"""GET /v1/coverage/outreach: what reminders and visits led to."""

import asyncio
from datetime import timedelta
from typing import Any, NamedTuple

import asyncpg
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import protection
from services.coverage.api import counted_rows, freshness, parameters
from services.coverage.api.counted_rows import DAYS, Counted
from services.coverage.counted import Entry
from services.coverage.disclosure import Vector
from services.coverage.queries import queries
from shared.database import connection
from shared.jakarta import beginning_of
from shared.problems import Problem
from shared.security import principal_of, require

router = APIRouter(prefix="/v1/coverage", tags=["coverage"], dependencies=[Depends(require("read"))])

DIMENSIONS = ("template", "channel", "agent", "month")
PARAMETERS = parameters.accepts(
    "region", "level", "by", "from", *parameters.DAYS, "format", by=DIMENSIONS, own=counted_rows.OWN
)


def _shown(counts: Vector) -> Vector:
    sent, failed, visits, reached, registered = counts
    return (reached, sent, failed, visits, registered, reached - registered, sent + visits - reached)


COUNTED = Counted(
    ("sent", "failed", "visits", "reached", "registered_within_90_days"), _shown, "registered_within_90_days", "reached"
)


@router.get("/outreach", summary="What reminders and visits led to", **PARAMETERS)
async def outreach(request: Request) -> Response:
    """Reminders `sent` and `failed`, agents' `visits` (tasks that ended with a talk), the partners `reached`, and how
    many of them registered within 90 days after it; `rate` is their share.

    A partner counts once, with the last reminder or visit before its first start (else with the last one at all), so
    the rows of a split add up. A visit has the template of the reminder that its task came from. By what is known now;
    an answer that took long is given again for ten times as long, and `updated_at` says as of when it is.
    Agents are shown to callers with the right `figures:detail`; without it a row that could disclose a count from 1 to
    4 has null for all of them, and `suppressed`: true.
    """
    question = counted_rows.asked(request, DIMENSIONS)
    is_detailed = (await principal_of(request)).may(protection.DETAIL)
    if "agent" in question.by and not is_detailed:
        raise Problem(403, "forbidden", "Figures of single agents need the right figures:detail.", field="by")
    found = await outreach_of(request, question, is_detailed=is_detailed)
    return await counted_rows.answer(request, "outreach", question, COUNTED, found)


async def outreach_of(request: Request, question: counted_rows.Asked, *, is_detailed: bool) -> dict[str, Any]:
    """The answer as the caller may see it, with `rows`."""
    state = request.app.state
    key = question.since, question.until, question.by
    found = await state.slow_answers.answer(key, lambda: _of_nation(state.pool, question))
    return question.head(request) | {
        "updated_at": found.updated_at,
        "stale": found.stale,
        "rows": await asyncio.to_thread(counted_rows.rows, question, found.entries, COUNTED, is_detailed=is_detailed),
    }


class _Nation(NamedTuple):
    """What a question about any region is answered from, since what is suppressed is decided by the whole nation."""

    entries: list[Entry]
    updated_at: str | None
    stale: dict[str, Any] | None


async def _of_nation(pool: asyncpg.Pool, question: counted_rows.Asked) -> _Nation:
    since, ends = (beginning_of(day) for day in (question.since, question.until + timedelta(1)))
    async with connection(pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        bounds = int(since.timestamp()), int(ends.timestamp()) - 1, question.until, DAYS, list(question.by)
        records = await db.fetch(queries["outreach"], *bounds)
        agencies, stale = await freshness.agencies(db), await freshness.stale(db)
    entries = counted_rows.entries(records, question.by, COUNTED.columns)
    return _Nation(entries, freshness.updated_at(agencies), stale)
