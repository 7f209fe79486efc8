"""Who may call which route, and what the routes work with."""

from dataclasses import replace
from typing import Final
from uuid import UUID

import asyncpg
from fastapi import Request

from services.registration.audit import Actor
from services.registration.intake import scopes, values
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.problems import Problem, not_found
from shared.security import Callers, Principal, require


def actor_of(principal: Principal) -> Actor:
    """Who acts, for the audit trail."""
    if principal.agency is None:
        return Actor("administrator", key_id=principal.key_id)
    return Actor("agency", principal.agency, principal.key_id)


async def services(request: Request) -> Services:
    here: Services = request.app.state.services
    return here


member: Final = Callers(administrator=False)
"""An agency (not the administrator, nor an agent)."""

onlooker: Final = Callers()
"""An agency, which sees its own, or the administrator, who sees all agencies'."""

reader: Final = require("read", "publish")
"""An agency that may see what it listed, or the administrator."""

follower: Final = replace(reader, administrator=False)
"""An agency that may see what it listed."""

reporter: Final = require("publish", "enroll", "read")
"""An agency that may see how far its uploads are, or the administrator."""

sender: Final = Callers(("publish", "enroll"), administrator=False)
"""An agency that may send anything at all."""

overseer: Final = require("publish", "enroll")
"""An agency that may send anything at all, or the administrator, who sees what all agencies sent and decides of it."""

lister: Final = require("publish")
"""An agency that may take back what it listed, or the administrator."""

office: Final = require("enroll")
"""A BPJS office, or the administrator."""


def check_scope(kind: str | None, principal: Principal) -> None:
    """Whoever handles files or events of this kind, or sees what was refused of them, may send them."""
    lacking = scopes.lacking(kind, principal.may)
    if lacking is not None:
        raise Problem(403, "forbidden", f"This key lacks the scope '{lacking}'.")


async def own_import(here: Services, principal: Principal, import_id: str | UUID) -> asyncpg.Record:
    """The caller's upload of this id; the administrator sees all. Raises Problem when there is none."""
    asked = values.uuid_or_none(str(import_id))
    record = await here.pool.fetchrow(queries["import"], asked, principal.agency) if asked else None
    if record is None:
        raise not_found()
    return record
