"""Own lists on a day: how many on them are registered, and who is not yet, to download."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from services.registration.api import lists
from services.registration.api.access import reader, services
from services.registration.api.parameters import day_or_today
from services.registration.runtime import Services
from shared.jakarta import today
from shared.problems import Problem
from shared.security import Principal
from shared.web.pages import SignedIn, pages

router = pages()


@router.get("/lists")
async def show_lists(
    page: SignedIn,
    principal: Annotated[Principal, Depends(reader)],
    here: Annotated[Services, Depends(services)],
    as_of: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    problem, day = None, today()
    try:
        day = day_or_today(as_of, "as_of")
    except Problem as refused:
        problem = refused
    return page.render(
        "lists.html",
        status=problem.status if problem else 200,
        problem=problem,
        as_of=day.isoformat(),
        asked=as_of or day.isoformat(),
        lists=await lists.get_lists(principal, here, day.isoformat()),
    )
