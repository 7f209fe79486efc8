"""One-time links with which somebody signs in to the pages without typing a key: for the administrator to hand out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.registration import audit, sessions
from services.registration.api.access import services
from services.registration.audit import Actor
from services.registration.queries import queries
from services.registration.runtime import Services
from shared import query_parameters
from shared.database import transaction
from shared.problems import Problem
from shared.security import require
from shared.web.site import Site

router = APIRouter(tags=["sign-in"], dependencies=[Depends(require(admin=True)), Depends(query_parameters.only_known)])


class NewLink(BaseModel):
    """Whom the link signs in: the holder of the key with this id, or without one the administrator."""

    model_config = ConfigDict(extra="forbid")

    key_id: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z]+$")] | None = None


@router.post("/v1/sign-in-links", status_code=201, summary="A link that signs in once, within 15 minutes")
async def new_link(
    request: Request, here: Annotated[Services, Depends(services)], wanted: NewLink | None = None
) -> dict[str, Any]:
    asked = wanted.key_id if wanted else None
    async with transaction(here.keys.pool) as db:
        key = await db.fetchrow(queries["usable_key"], asked) if asked else None
        if asked and key is None:
            raise Problem(422, "invalid_value", "There is no key with this id that opens anything.", field="key_id")
        token, expires_at = await sessions.new_link(db, asked or here.keys.sessions.admin_key_id)
        about: audit.Subjects = {"key": asked or "administrator"}
        await audit.note(db, Actor("administrator"), "sign_in_link.issued", about, key["agency"] if key else None)
    site: Site | None = getattr(request.app.state, "site", None)
    address = site.urls.registration if site else ""
    return {"url": f"{address}/sign-in/link/{token}", "expires_at": expires_at}
