"""/v1/partners/{id}/reminders: why a partner is (not) reminded."""

from typing import Any

import asyncpg
from fastapi import Request

from services.notifications.addresses import AddressKeys
from services.notifications.agents.queries import queries as task_queries
from services.notifications.api.dependencies import Reader, a_uuid, may_see, routes, survivor_of
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared.database import connection
from shared.problems import not_found

router = routes()

MOST_AT_ONCE = 200
"""Partners with one address that are shown."""


@router.get("/partners/{partner_id}/reminders", summary="State, why, next message and history of one partner")
async def reminders(partner_id: str, request: Request, caller: Reader) -> dict[str, Any]:
    """A merged partner answers as the one it was merged into. `task`: what somebody is asked to do about it now, and
    with whom it lies. An agency sees whom it has listed, BPJS offices all."""
    scheduler: Scheduler = request.app.state.scheduler
    async with connection(request.app.state.pool) as db:
        survivor = await survivor_of(db, partner_id)
        if survivor is None or not may_see(survivor, caller, request.app.state.regions):
            raise not_found()
        decision = (await scheduler.decisions(db, [survivor["partner_id"]]))[survivor["partner_id"]]
        history = await db.fetch(queries["history_of"], survivor["partner_id"])
        task = await db.fetchrow(task_queries["open_task_of"], survivor["partner_id"])
    upcoming = decision.next
    return {
        "partner_id": survivor["partner_id"],
        "state": decision.state,
        "why": decision.why,
        "next": upcoming and {"at": upcoming.at, "channel": upcoming.channel, "template": upcoming.template},
        "task": task and dict(task),
        "history": [_as_json(row) for row in history],
    }


async def partners_by_number(request: Request, caller: Reader, number: str) -> list[dict[str, Any]]:
    """Of the caller's partners the one with this id, or those with this phone number or e-mail address."""
    keys: AddressKeys = request.app.state.address_keys
    key = None if a_uuid(number) else keys.address(number)
    async with connection(request.app.state.pool) as db:
        rows = await db.fetch(queries["partners_at"], [key]) if key else ()
        ids = [row["partner_id"] for row in rows] if key else [number]
        found = [await survivor_of(db, each) for each in ids[:MOST_AT_ONCE]]
        visible = {
            each["partner_id"]: each
            for each in found
            if each is not None and may_see(each, caller, request.app.state.regions)
        }
        decisions = await request.app.state.scheduler.decisions(db, list(visible))
    return [
        {"partner_id": key, "region": each["region"], "why": decisions[key].why}
        for key, each in visible.items()
        if key in decisions
    ]


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
