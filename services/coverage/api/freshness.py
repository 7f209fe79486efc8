"""GET /v1/freshness: which agency has been silent for how long."""

import time
from typing import Any

import asyncpg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from services.coverage.agency_days import agency_days
from services.coverage.api.parameters import iso
from services.coverage.queries import queries
from services.coverage.rhythm import Rhythm, rhythm
from shared import query_parameters
from shared.bus import halts
from shared.bus.principals import KEYS
from shared.database import connection
from shared.jakarta import today
from shared.security import require

router = APIRouter(
    prefix="/v1", tags=["freshness"], dependencies=[Depends(require("read")), Depends(query_parameters.only_known)]
)


@router.get("/freshness", summary="When each agency was last seen")
async def freshness(request: Request) -> JSONResponse:
    async with connection(request.app.state.pool) as db:
        found, still = await agencies(db), await stale(db)
    return JSONResponse({"agencies": found, "updated_at": updated_at(found), "stale": still})


async def agencies(db: asyncpg.Connection) -> list[dict[str, Any]]:
    """Each agency's last event, its events today in Jakarta, how long it has been silent in seconds, and whether that
    is longer than its usual gap between days with events lets expect.

    One that holds a key and never sent anything has null for both times; the usual gap is null until it is learned from
    four days with events.
    """
    now, day = time.time(), today()
    days = await agency_days(db, day)
    return [
        {
            "agency": row["agency"],
            "last_event": iso(row["last"]),
            "events_today": row["events_today"],
            "silent_for": None if row["last"] is None else max(0, int(now) - row["last"]),
            **_described(rhythm(days.get(row["agency"], ()), day.toordinal())),
        }
        for row in await db.fetch(queries["freshness"], day)
    ]


async def stale(db: asyncpg.Connection) -> dict[str, Any] | None:
    """Since when an input of the figures stands still, and because of what; None: none does."""
    halted = [halt for halt in (await halts.load(db)).values() if halt.topic != KEYS and halt.since is not None]
    if not halted:
        return None
    first = halted[0]
    assert first.since is not None
    return {"since": iso(int(first.since.timestamp())), "because": f"{first.topic}: {first.reason}"}


def _described(own: Rhythm) -> dict[str, Any]:
    since = own.silent_since
    return {
        "usual_gap_days": own.usual_gap_days,
        "silent": since is not None,
        "silent_since": None if since is None else since.isoformat(),
    }


def updated_at(found: list[dict[str, Any]]) -> str | None:
    """The time of the newest event of all agencies."""
    return max((each["last_event"] for each in found if each["last_event"] is not None), default=None)
