"""Signing in with a key or a one-time link, for all three services, and signing out."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.registration import audit, sessions
from services.registration.api.access import actor_of, services
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.authentication import Limits
from shared.database import transaction
from shared.sessions import COOKIE, LIFETIME
from shared.web.pages import PASSED, AnyPage, Page, entrances, is_opened_by_a_person, keep_session, pages

router, leaving = entrances(), pages()

PASSED_SECONDS: Final = 60
HERE: Final = "/"


@router.get("/sign-in")
async def ask(page: AnyPage, here: Annotated[Services, Depends(services)], next: str = "") -> Response:
    """The form; who is signed in already goes on, with a session that is renewed if it has less than 11 hours left."""
    following = _own(page, next)
    if page.session is None:
        return page.render("sign_in.html", following=following, problem=None)
    answer = RedirectResponse(following, status_code=303)
    _pass(answer, page)
    if page.session.is_to_be_renewed():
        async with transaction(here.keys.pool) as db:
            await sessions.renew(
                db, page.session.hash, page.session.principal.key_id or here.keys.sessions.admin_key_id
            )
        here.keys.changed()
        keep_session(answer, page, page.request.cookies[COOKIE], LIFETIME)
    return answer


@router.post("/sign-in")
async def sign_in(
    page: AnyPage,
    here: Annotated[Services, Depends(services)],
    key: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Wrong keys are limited as those of programs are."""
    following = _own(page, next)
    principal = await here.keys.ring.principal(key.strip()) if key.strip() else None
    if principal is None or principal.has_expired():
        if key.strip():
            await _limits(page.request).wrong_key(page.request)
        return page.render("sign_in.html", status=401, following=following, problem=_reason(page, key, principal))
    return await _begin(page, here, principal.key_id or here.keys.sessions.admin_key_id, following)


@router.get("/sign-in/link/{token}")
async def open_link(page: AnyPage, token: str, here: Annotated[Services, Depends(services)]) -> Response:
    """Signs in at once where a browser says that a person opened it; else a button asks."""
    if is_opened_by_a_person(page.request):
        return await _use(page, here, token)
    return page.render("sign_in_link.html", token=token)


@router.post("/sign-in/link/{token}")
async def use_link(page: AnyPage, token: str, here: Annotated[Services, Depends(services)]) -> Response:
    return await _use(page, here, token)


@leaving.post("/sign-out")
async def sign_out(page: AnyPage, here: Annotated[Services, Depends(services)]) -> Response:
    """Ends the session everywhere; the token in the form was checked."""
    if page.session is not None:
        async with transaction(here.keys.pool) as db:
            if await sessions.end(db, page.session.hash) is not None:
                await audit.note(db, actor_of(page.session.principal), "session.ended", {})
        here.keys.changed()
    answer = replace(page, session=None).render("signed_out.html")
    answer.delete_cookie(COOKIE, path="/")
    return answer


router.include_router(leaving)


async def _use(page: Page, here: Services, token: str) -> Response:
    async with transaction(here.keys.pool) as db:
        key_id = await sessions.use_link(db, token)
        if key_id is not None and key_id != here.keys.sessions.admin_key_id:
            key_id = key_id if await db.fetchrow(queries["usable_key"], key_id) else None
    if key_id is None:
        await _limits(page.request).wrong_key(page.request)
        return page.render("link_used.html", status=410)
    return await _begin(page, here, key_id, HERE)


async def _begin(page: Page, here: Services, key_id: str, following: str) -> Response:
    async with transaction(here.keys.pool) as db:
        if page.session is not None:
            await sessions.end(db, page.session.hash)  # the browser forgets its secret now
        secret = await sessions.start(db, key_id)
        agency = await db.fetchrow(queries["usable_key"], key_id)
        actor = audit.Actor("agency", agency["agency"], key_id) if agency else audit.Actor("administrator")
        await audit.note(db, actor, "session.started", {})
    here.keys.changed()
    # A page that goes on by itself, no redirect: after a link from elsewhere browsers send a SameSite=Strict cookie
    # along only to what a page of ours opens.
    answer = replace(page, session=None).render("signed_in.html", following=following)
    keep_session(answer, page, secret, LIFETIME)
    _pass(answer, page)
    return answer


def _own(page: Page, following: str) -> str:
    """Where to go on to; nobody's link leads from here to another site."""
    return following if page.site.urls.is_own(following) else HERE


def _reason(page: Page, key: str, principal: object) -> str:
    _ = page.language.gettext
    if not key.strip():
        return _("Enter your key.")
    if principal is None:
        return _("This key is unknown or was revoked. Copy it whole: it begins with pyk_.")
    return _("This key has expired. Ask the administrator for a new one.")


def _pass(answer: Response, page: Page) -> None:
    answer.set_cookie(
        PASSED,
        "1",
        max_age=PASSED_SECONDS,
        path="/",
        secure=page.site.urls.is_secure,
        httponly=True,
        samesite="strict",
    )


def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits
