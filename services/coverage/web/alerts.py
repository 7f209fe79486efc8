"""The page of alerts: what is to be looked after, and what to do."""

from typing import Annotated, Literal

from fastapi import Depends
from starlette.responses import Response

from services.coverage.api import alerts, parameters
from services.coverage.web import words
from shared.security import Principal, require
from shared.web.pages import SignedIn, pages

router = pages()

Admin = Annotated[Principal, Depends(require(admin=True))]
State = Literal["open", "acknowledged", "resolved"]


@router.get("/alerts", dependencies=[parameters.only("state", "cursor")])
async def alerts_page(
    page: SignedIn, principal: Admin, state: State | None = None, cursor: str | None = None
) -> Response:
    """A hundred a page, the newest first."""
    found = await alerts.alerts(page.request, state, cursor)
    return page.render("alerts.html", found=found, state=state, states=words.alert_states(page.language))


@router.post("/alerts/{alert_id}/acknowledge", dependencies=[parameters.only()])
async def acknowledge(page: SignedIn, principal: Admin, alert_id: str) -> Response:
    """Somebody looks after it: the page shows so."""
    await alerts.acknowledge_alert(alert_id, page.request)
    return page.go_to("/alerts")
