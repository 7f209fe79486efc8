"""The first page: an agent's inbox; for others what is planned for today and tomorrow."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.responses import Response

from services.notifications.agents.acting import Holder
from services.notifications.api.overview import overview_of
from services.notifications.api.planning import planned_for, planned_next
from services.notifications.tally import AHEAD
from services.notifications.web import inbox
from shared.jakarta import today
from shared.security import Callers, Principal
from shared.web.pages import Page, SignedIn, pages

router = pages()

SHOWN: Final = 50

reader: Final = Callers(("read",), agents=True)
"""An agent, or a key with the scope `read`."""


@router.get("/")
async def home(page: SignedIn, caller: Annotated[Principal, Depends(reader)]) -> Response:
    if caller.agent is not None:
        return await inbox.shown(page, Holder(caller, page.request.app.state.regions))
    return page.render("home.html", **await what_is_planned(page, caller, SHOWN))


async def what_is_planned(page: Page, caller: Principal, count: int) -> dict[str, Any]:
    """For the templates of `plan.html`: the plan up to tomorrow; of everybody what was counted beforehand, and who is
    next within a month."""
    request = page.request
    shown: dict[str, Any] = {"regions": request.app.state.regions, "plan": None}
    if not caller.admin:
        return shown | {"plan": await planned_for(request, caller, today() + timedelta(days=1), "ID", count)}
    items, note = await planned_next(request, today() + AHEAD, count)
    return shown | {"overview": await overview_of(request), "items": items, "note": note}
