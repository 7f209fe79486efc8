"""The first page: what is planned for today and tomorrow."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from services.notifications.api.planning import planned_for
from shared.jakarta import today
from shared.security import Principal, require
from shared.web.pages import SignedIn, pages

router = pages()

SHOWN: Final = 50


@router.get("/")
async def home(page: SignedIn, caller: Annotated[Principal, Depends(require("read"))]) -> Response:
    plan = await planned_for(page.request, caller, today() + timedelta(days=1), "ID", SHOWN)
    return page.render("home.html", plan=plan)
