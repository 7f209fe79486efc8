"""Field agents sign in on their phones by a link or its QR code, once, and sign out."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from services.notifications.agents import registry
from services.notifications.agents.queries import queries
from services.notifications.agents.registry import SESSION_LIFETIME
from shared.authentication import Limits
from shared.database import connection, transaction
from shared.sessions import COOKIE
from shared.web.pages import AnyPage, Page, entrances, is_opened_by_a_person, keep_session, pages

router, leaving = entrances(), pages()

EMPTIED: Final = {"Clear-Site-Data": '"storage"'}
"""After signing out the phone keeps no page of before."""


@router.get("/sign-in/link/{token}")
async def open_link(page: AnyPage, token: str) -> Response:
    """Signs in at once where a browser says that a person opened it; else a button asks."""
    if is_opened_by_a_person(page.request):
        return await _use(page, token)
    return page.render("sign_in_link.html", token=token)


@router.post("/sign-in/link/{token}")
async def use_link(page: AnyPage, token: str) -> Response:
    return await _use(page, token)


@leaving.post("/sign-out")
async def sign_out(page: AnyPage) -> Response:
    """Ends the session; the token in the form was checked."""
    state = page.request.app.state
    if page.session is not None and page.session.principal.agent is not None:
        async with connection(state.pool) as db:
            await db.execute(queries["end_session"], page.session.hash)
            await db.execute(queries["remove_subscriptions_of"], page.session.principal.key_id)  # others subscribe anew
        state.sessions.clear()
    answer = replace(page, session=None).render("agent_signed_out.html", headers=EMPTIED)
    answer.delete_cookie(COOKIE, path="/")
    return answer


router.include_router(leaving)


async def _use(page: Page, token: str) -> Response:
    state = page.request.app.state
    async with transaction(state.pool) as db:
        secret = await registry.sign_in(db, token, state.scheduler.now())
    if secret is None:
        limits: Limits = state.limits
        await limits.wrong_key(page.request)
        return page.render("agent_link_used.html", status=410)
    state.sessions.clear()
    # A page that goes on by itself, no redirect: after a link from elsewhere browsers send a SameSite=Strict cookie
    # along only to what a page of ours opens.
    answer = replace(page, session=None).render("signed_in.html", following="/")
    keep_session(answer, page, secret, SESSION_LIFETIME)
    return answer
