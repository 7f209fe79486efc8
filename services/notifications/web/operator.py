"""The operator's page: what is sent next and how it ended, who gets nothing and why, how providers are, what is paused,
where tasks lie and with whom, what agents hold and did; and why of any business by its number."""

from typing import Annotated, Final

from fastapi import Depends
from pydantic import ValidationError
from starlette.responses import Response

from services.notifications.agents.acting import Holder
from services.notifications.agents.queries import queries
from services.notifications.api.agents import agents_of
from services.notifications.api.dependencies import Admin, Reader
from services.notifications.api.inbox import holder
from services.notifications.api.partners import partners_by_number
from services.notifications.api.pauses import NewPause, set_pauses
from services.notifications.api.pauses import pauses as paused_now
from services.notifications.api.spending import spent_by_month
from services.notifications.policy import KIND_OF
from services.notifications.web.home import what_is_planned
from shared.database import connection
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
        **await what_is_planned(page, who, NEXT),
        by_region=by_region,
        agents=await agents_of(request, who),
        spent=await spent_by_month(request) if who.admin else [],
        paused=await paused_now(request, who) if who.admin else None,
        channels=list(KIND_OF),
    )


@router.post("/operator/why")
async def why(page: SignedIn, caller: Reader) -> Response:
    """By its id, or by a phone number or e-mail address, which go into no address bar."""
    form = await form_of(page.request)
    refuse_unknown(list(form), ("csrf", "number"))
    asked = form.get("number", "").strip()
    found = await partners_by_number(page.request, caller, asked)
    if len(found) == 1:
        return page.go_to(f"/partners/{found[0]['partner_id']}")
    return page.render("why.html", found=found, regions=page.request.app.state.regions)


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
