"""What happened to what was sent: the first page of an agency, and of the administrator."""

from typing import Annotated, Any, Final

from fastapi import Depends, Query
from starlette.responses import Response

from services.registration.api import agencies
from services.registration.api.access import onlooker, services
from services.registration.intake import columns, scopes
from services.registration.queries import queries
from services.registration.runtime import Services
from services.registration.web import upload_words, words
from services.registration.web import uploads as upload_pages
from shared import scope_words
from shared.security import Principal
from shared.web.pages import SignedIn, pages

router = pages()

SHOWN, LOOKED_AT = 10, 100
AGENCIES: Final = 20
"""On a page."""


@router.get("/")
async def home(
    page: SignedIn,
    principal: Annotated[Principal, Depends(onlooker)],
    here: Annotated[Services, Depends(services)],
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """To the administrator so many agencies at once, in the order of their slugs, from `after` on."""
    sends = any(map(principal.may, ("publish", "enroll", "read")))
    found = await here.pool.fetch(queries["imports_page"], principal.agency, None, LOOKED_AT) if sends else []
    uploads = await upload_pages.rows_of_table(page, here, found)
    listed, following = await _agencies(here, after) if principal.admin else (None, None)
    real = [each for each in uploads if not each["dry_run"]]
    return page.render(
        "home.html",
        uploads=uploads[:SHOWN],
        last_sent=max((each["created_at"] for each in real), default=None),
        refused=sum(each["left"] for each in real),
        waiting=sum(each["finished_at"] is None for each in real),
        states=upload_words.states(page.language.gettext),
        kinds=words.kinds(page.language),
        may_send=upload_pages.may_send(principal),
        examples=[kind for kind in columns.KINDS if scopes.lacking(kind, principal.may) is None],
        agencies=listed,
        following=following,
    )


async def _agencies(here: Services, after: str) -> tuple[list[dict[str, Any]], str | None]:
    """Agencies with what they may do in words and their regions' names, and the slug behind which it goes on."""
    shown, following = await agencies.page_of_agencies(here, after, AGENCIES)
    found = [
        each
        | {
            "may": scope_words.in_words(each["scopes"]),
            "named_regions": [
                (code, region.name if (region := here.regions.get(code)) else code) for code in each["regions"]
            ],
        }
        for each in shown
    ]
    return found, following
