"""Who did what and when; for the administrator whether the trail is whole."""

from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Depends, Query
from starlette.responses import Response

from services.registration.api import audit_trail
from services.registration.api.access import reporter, services
from services.registration.runtime import Services
from services.registration.web import trail_words, words
from shared.security import Principal, require
from shared.web.pages import SignedIn, pages

router = pages()

SHOWN: Final = 50

Reporter = Annotated[Principal, Depends(reporter)]
Here = Annotated[Services, Depends(services)]


@router.get("/audit")
async def show_trail(
    page: SignedIn,
    principal: Reporter,
    here: Here,
    action: Annotated[str, Query(max_length=64, pattern=r"^[a-z_.]*$")] = "",
    cursor: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    found = await audit_trail.entries(here, principal, action or None, cursor or None, SHOWN)
    following = {"action": action, "cursor": found["next_cursor"]}
    return page.render(
        "audit.html",
        entries=found["items"],
        action=action,
        acts=words.acts(page.language),
        about=partial(trail_words.about, page.language),
        following="/audit?" + urlencode(following) if found["next_cursor"] else None,
    )


@router.get("/audit/verify", dependencies=[Depends(require(admin=True))])
async def verify(page: SignedIn, here: Here) -> Response:
    return page.render("audit_verified.html", found=await audit_trail.verify(here))
