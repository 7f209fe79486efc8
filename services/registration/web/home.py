"""What happened to what was sent: the first page of an agency, and of the administrator."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.responses import Response

from services.registration.api import agencies, imports
from services.registration.api.access import onlooker, services
from services.registration.runtime import Services
from shared.security import Principal
from shared.web.pages import SignedIn, pages

router = pages()

WAITING = ("queued", "running", "waiting")
SHOWN = 20


@router.get("/")
async def home(
    page: SignedIn, principal: Annotated[Principal, Depends(onlooker)], here: Annotated[Services, Depends(services)]
) -> Response:
    sends = any(map(principal.may, ("publish", "enroll", "read")))
    uploads = await imports.list_imports(principal, here) if sends else []
    real = [each for each in uploads if not each["dry_run"]]
    return page.render(
        "home.html",
        uploads=uploads[:SHOWN],
        last_sent=max((each["created_at"] for each in real), default=None),
        refused=sum(each["rejected"] for each in real if each["refused_deleted_at"] is None),
        waiting=sum(each["finished_at"] is None for each in uploads),
        agencies=await _agencies(here) if principal.admin else None,
    )


async def _agencies(here: Services) -> list[dict[str, Any]]:
    return await agencies.list_agencies(here)
