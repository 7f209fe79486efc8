"""What happened to what was sent: the first page of an agency, and of the administrator."""

from typing import Annotated, Any

from fastapi import Depends
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


@router.get("/")
async def home(
    page: SignedIn, principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> Response:
    sends = any(map(principal.may, ("publish", "enroll", "read")))
    found = await here.pool.fetch(queries["imports_page"], principal.agency, None, LOOKED_AT) if sends else []
    uploads = await upload_pages.rows_of_table(page, here, found)
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
        agencies=await _agencies(here) if principal.admin else None,
    )


async def _agencies(here: Services) -> list[dict[str, Any]]:
    """All agencies, with what they may do in words and their regions' names."""
    return [
        each
        | {
            "may": scope_words.in_words(each["scopes"]),
            "named_regions": [
                (code, region.name if (region := here.regions.get(code)) else code) for code in each["regions"]
            ],
        }
        for each in await agencies.list_agencies(here)
    ]
