"""Who may call which route, and what the routes work with."""

from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import Depends, Request

from services.registration.audit import Actor
from services.registration.intake import scopes, values
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.problems import Problem, not_found
from shared.security import Principal, principal_of


def actor_of(principal: Principal) -> Actor:
    """Who acts, for the audit trail."""
    if principal.agency is None:
        return Actor("administrator", key_id=principal.key_id)
    return Actor("agency", principal.agency, principal.key_id)


async def services(request: Request) -> Services:
    here: Services = request.app.state.services
    return here


async def member(request: Request) -> Principal:
    """An agency (not the administrator, nor an agent)."""
    principal = await principal_of(request)
    if principal.agency is None:
        raise Problem(403, "forbidden", "Use an agency's key: this belongs to an agency.")
    return principal


async def onlooker(request: Request) -> Principal:
    """An agency, which sees its own, or the administrator, who sees all agencies'."""
    principal = await principal_of(request)
    return principal if principal.admin else await member(request)


async def reader(principal: Annotated[Principal, Depends(onlooker)]) -> Principal:
    """An agency that may see what it listed, or the administrator."""
    if not (principal.may("read") or principal.may("publish")):
        raise Problem(403, "forbidden", "This key lacks the scope 'read'.")
    return principal


async def reporter(principal: Annotated[Principal, Depends(onlooker)]) -> Principal:
    """An agency that may see how far its uploads are, or the administrator."""
    if not any(map(principal.may, ("publish", "enroll", "read"))):
        raise Problem(403, "forbidden", "This key lacks the scopes 'publish', 'enroll' and 'read'.")
    return principal


def check_scope(kind: str | None, principal: Principal) -> None:
    """Whoever handles files or events of this kind, or sees what was refused of them, may send them."""
    lacking = scopes.lacking(kind, principal.may)
    if lacking is not None:
        raise Problem(403, "forbidden", f"This key lacks the scope '{lacking}'.")


async def sender(principal: Annotated[Principal, Depends(member)]) -> Principal:
    """An agency that may send anything at all."""
    if not (principal.may("publish") or principal.may("enroll")):
        raise Problem(403, "forbidden", "This key lacks the scopes 'publish' and 'enroll'.")
    return principal


async def own_import(here: Services, principal: Principal, import_id: str | UUID) -> asyncpg.Record:
    """The caller's upload of this id; the administrator sees all. Raises Problem when there is none."""
    asked = values.uuid_or_none(str(import_id))
    record = await here.pool.fetchrow(queries["import"], asked, principal.agency) if asked else None
    if record is None:
        raise not_found()
    return record
