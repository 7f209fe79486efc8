"""/v1/partners/{id}/reminders: why a partner is (not) reminded."""

from typing import Any

import asyncpg
from fastapi import Request

from services.notifications.api.dependencies import Reader, may_see, routes, survivor_of
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared.database import connection
from shared.problems import not_found

router = routes()


@router.get("/partners/{partner_id}/reminders", summary="State, why, next message and history of one partner")
async def reminders(partner_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """A merged partner answers as the one it was merged into. An agency sees whom it has listed, BPJS offices all."""
    scheduler: Scheduler = request.app.state.scheduler
    async with connection(request.app.state.pool) as db:
        survivor = await survivor_of(db, partner_id)
        if survivor is None or not may_see(survivor, caller, request.app.state.regions):
            raise not_found()
        decision = (await scheduler.decisions(db, [survivor["partner_id"]]))[survivor["partner_id"]]
        history = await db.fetch(queries["history_of"], survivor["partner_id"])
    upcoming = decision.next
    return {
        "partner_id": survivor["partner_id"],
        "state": decision.state,
        "why": decision.why,
        "next": upcoming and {"at": upcoming.at, "channel": upcoming.channel, "template": upcoming.template},
        "history": [_as_json(row) for row in history],
    }


def _as_json(row: asyncpg.Record) -> dict[str, Any]:
    shown = ("kind", "step", "template", "channel", "outcome", "attempts", "possibly_twice", "detail", "message_id")
    together = row["digest"] if row["digest"] != row["message_id"] else None
    return {
        "at": row["finished_at"] or row["started_at"],
        **{key: row[key] for key in shown},
        "counted_from": row["episode"],
        "receipt": row["receipt"],
        "sent_with": together,
    }
