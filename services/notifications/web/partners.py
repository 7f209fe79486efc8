"""Why a business is reminded, or is not: what comes next, and what was sent."""

from starlette.responses import Response

from services.notifications.api import partners
from services.notifications.api.dependencies import Reader
from shared.web.pages import SignedIn, pages

router = pages()


@router.get("/partners/{partner_id}")
async def show_reminders(page: SignedIn, caller: Reader, partner_id: str) -> Response:
    return page.render("reminders.html", found=await partners.reminders(partner_id, page.request, caller))
