"""Whose cooperative a question may be about, and which id answers for it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.coverage import protection
from services.coverage.queries import queries
from shared.problems import Problem, not_found
from shared.regions import Regions
from shared.security import Principal


async def answering(db: asyncpg.Connection, principal: Principal, asked: str, known_at: int | None) -> str:
    """The id that answered for this cooperative at that time.

    An agency asks about the cooperatives on its own lists, a BPJS office (`enroll`) about those in its regions; whoever
    is shown all figures in detail, about all. Any other id is the same 404 as one that nobody has.
    """
    if not await db.fetchval(queries["cooperatives_complete"]):
        detail = "The figures of cooperatives are not complete yet: the operator runs `./payung rebuild coverage` once."
        raise Problem(503, "unavailable", detail, field="cooperative")
    partner_id = _uuid(asked)
    now = await db.fetchrow(queries["partner"], await db.fetchval(queries["answering"], partner_id, None))
    if now is None or not _may_ask(principal, now["region"], now["lists"]):
        raise not_found()
    return str(await db.fetchval(queries["answering"], partner_id, known_at))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise not_found() from None


def _may_ask(principal: Principal, region: str, lists: Sequence[str]) -> bool:
    if principal.may(protection.DETAIL):
        return True
    is_listed = any(each.partition("/")[0] == principal.agency for each in lists)
    return is_listed or (principal.may("enroll") and Regions.load().within(principal.regions, region))


def with_through(row: dict[str, Any], enrolled: int, workers: int) -> dict[str, Any]:
    """A row of a cooperative's members; nobody published how many it should have, nor set it a target."""
    return row | {"denominators": [], "targets": [], "through": {"enrolled": enrolled, "workers": workers}}
