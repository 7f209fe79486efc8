"""The operator's page: what is sent next, what is paused, where tasks lie and with whom, what agents hold and did."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends
from pydantic import ValidationError
from starlette.responses import Response

from services.notifications.agents.acting import Holder
from services.notifications.agents.queries import queries
from services.notifications.api.agents import agents_of
from services.notifications.api.dependencies import Admin
from services.notifications.api.inbox import holder
from services.notifications.api.pauses import NewPause, set_pauses
from services.notifications.api.pauses import pauses as paused_now
from services.notifications.api.planning import planned_for
from services.notifications.api.spending import spent_by_month
from services.notifications.policy import KIND_OF
from shared.database import connection
from shared.jakarta import today
from shared.problems import Problem
from shared.query_parameters import refuse_unknown
from shared.web.pages import SignedIn, form_of, pages

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
        paused=await paused_now(request, who) if who.admin else None,
        channels=list(KIND_OF),
    )


@router.post("/operator/pauses")
async def pause(page: SignedIn, caller: Admin) -> Response:
    """What the form names is paused, the rest goes on."""
    form = await page.request.form()
    refuse_unknown(list(form), ("csrf", "all", "channels", "regions"))
    codes = (await form_of(page.request)).get("regions", "").replace(",", " ").split()
    try:
        body = NewPause(all="all" in form, channels=form.getlist("channels"), regions=codes)
    except ValidationError as problem:
        field = str(problem.errors()[0]["loc"][0])
        raise Problem(
            422, "invalid_value", f"{field}: this cannot be used; correct it and send the form again.", field=field
        ) from None
    await set_pauses(body, page.request, caller)
    return page.go_to("/operator#pauses")
