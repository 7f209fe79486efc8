"""/v1/opt-outs: an operator notes that a partner is not to be contacted."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifications.api.dependencies import Admin, routes, survivor_of, wake_parts
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from services.notifications.stops import stop_partner
from shared.database import transaction
from shared.problems import Problem

router = routes()

NOT_KNOWN_YET = (
    "No such partner is known here. If it was recorded only just now, it may not have arrived yet: "
    "please try again in a minute."
)


class OptOut(BaseModel):
    """An operator's note that a partner is not to be contacted; `reason` is kept until the partner is erased."""

    model_config = ConfigDict(extra="forbid")

    partner_id: UUID
    reason: str | None = Field(default=None, max_length=500, pattern=r"^[^\x00]*$")


@router.post("/opt-outs", status_code=201, summary="No reminders to this partner any more")
async def opt_out(body: OptOut, request: Request, response: Response, caller: Admin) -> dict[str, Any]:
    """Effective for its addresses, whatever agencies list from now on; `also` names the other partners that have them
    and are opted out by this. Sent again, it changes nothing (200)."""
    scheduler: Scheduler = request.app.state.scheduler
    async with transaction(request.app.state.pool) as db:
        survivor = await survivor_of(db, str(body.partner_id))
        if survivor is None or await db.fetchval(queries["lock_status"], survivor["partner_id"]) == "erased":
            raise Problem(404, "not_found", NOT_KNOWN_YET)
        partner_id = survivor["partner_id"]
        stopped = await stop_partner(db, scheduler, partner_id, body.reason)
    response.status_code = 201 if partner_id in stopped else 200
    wake_parts(request)
    return {"partner_id": partner_id, "state": "opted_out", "also": [each for each in stopped if each != partner_id]}
