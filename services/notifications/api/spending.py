"""/v1/spending: what messages cost, by month and channel."""

from typing import Any

from fastapi import Request

from services.notifications import spending
from services.notifications.api.dependencies import Admin, routes
from services.notifications.policy_store import all_policies
from services.notifications.queries import queries
from shared import jakarta
from shared.database import connection

router = routes()


@router.get("/spending", summary="What messages cost, by month and channel")
async def spent(request: Request, caller: Admin) -> dict[str, Any]:
    """Of the last twelve months, the newest first, at the price that the policy of each day names (`prices`); a channel
    without one costs nothing. A message counts once it was accepted, also if it comes back later."""
    return {"months": await spent_by_month(request)}


async def spent_by_month(request: Request) -> list[dict[str, Any]]:
    today = jakarta.day_of(request.app.state.scheduler.now())
    async with connection(request.app.state.pool) as db:
        rows = await db.fetch(queries["sent_since"], spending.first_day(today))
        policies = await all_policies(db)
    return spending.by_month([tuple(row) for row in rows], policies)
