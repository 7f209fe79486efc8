"""The operator's page: what is sent next, where tasks lie and with whom, what agents hold and did."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from services.notifications.agents.acting import Holder
from services.notifications.agents.queries import queries
from services.notifications.api.agents import agents_of
from services.notifications.api.inbox import holder
from services.notifications.api.planning import planned_for
from services.notifications.api.spending import spent_by_month
from shared.database import connection
from shared.jakarta import today
from shared.web.pages import SignedIn, pages

router = pages()

NEXT: Final = 20
"""Reminders that are named one by one."""


@router.get("/operator")
async def operator(page: SignedIn, caller: Annotated[Holder, Depends(holder)]) -> Response:
    who, request = caller.principal, page.request
    async with connection(request.app.state.pool) as db:
        by_region = await db.fetch(queries["open_tasks_by_region"], caller.regencies, caller.agency_limit)
    return page.render(
        "operator.html",
        plan=await planned_for(request, who, today() + timedelta(days=1), "ID", NEXT),
        by_region=by_region,
        agents=await agents_of(request, who),
        regions=caller.regions,
        spent=await spent_by_month(request) if who.admin else [],
    )
