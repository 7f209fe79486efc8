"""The first page: an agent's inbox; for others what is planned for today and tomorrow."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from services.notifications.agents.acting import Holder
from services.notifications.api.planning import planned_for
from services.notifications.web import inbox
from shared.jakarta import today
from shared.security import Callers, Principal
from shared.web.pages import SignedIn, pages

router = pages()

SHOWN: Final = 50

reader: Final = Callers(("read",), agents=True)
"""An agent, or a key with the scope `read`."""


@router.get("/")
async def home(page: SignedIn, caller: Annotated[Principal, Depends(reader)]) -> Response:
    if caller.agent is not None:
        return await inbox.shown(page, Holder(caller, page.request.app.state.regions))
    plan = await planned_for(page.request, caller, today() + timedelta(days=1), "ID", SHOWN)
    return page.render("home.html", plan=plan)
