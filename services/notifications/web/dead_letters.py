"""Dead letters as a page: how many there are and why, and trying them once more."""

from starlette.responses import Response

from services.notifications.api.dead_letters import dead_letters_of, retried
from services.notifications.api.dependencies import Admin
from shared.query_parameters import refuse_unknown
from shared.web.pages import SignedIn, form_of, pages

router = pages()


@router.get("/operator/dead-letters")
async def show(page: SignedIn, caller: Admin) -> Response:
    return page.render("dead_letters.html", **await dead_letters_of(page.request), done=None)


@router.post("/operator/dead-letters")
async def retry(page: SignedIn, caller: Admin) -> Response:
    """What became of them is shown in this answer alone."""
    form = await form_of(page.request)
    refuse_unknown(list(form), ("csrf", "topic"))
    done = await retried(page.request, form.get("topic", ""))
    return page.render("dead_letters.html", **await dead_letters_of(page.request), done=done)
