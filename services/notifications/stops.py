"""Somebody asked not to be contacted: it holds for the address, whichever partners have it and whoever lists them."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import asyncpg

from services.notifications.outreach_events import contact_opted_out
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared.bus import outbox


async def stop_partner(db: asyncpg.Connection, scheduler: Scheduler, partner_id: str, reason: str | None) -> list[str]:
    """An operator's note about one partner: it holds for its addresses. Returns who is opted out since, all of them."""
    keys = [row["key"] for row in await db.fetch(queries["keys_of"], partner_id)]
    await db.execute(queries["stop_addresses"], keys, scheduler.now())
    stopped = await _opt_out(db, scheduler, [partner_id], reason, "operator")
    others = [row["partner_id"] for row in await db.fetch(queries["partners_at"], keys)]
    return stopped + await _opt_out(db, scheduler, others, None, "operator")


async def stop_address(db: asyncpg.Connection, scheduler: Scheduler, key: UUID) -> list[str]:
    """A reply from this address, known or not: should it be listed later, it is not contacted either. Returns who is
    opted out since."""
    await db.execute(queries["stop_addresses"], [key], scheduler.now())
    partners = [row["partner_id"] for row in await db.fetch(queries["partners_at"], [key])]
    return await _opt_out(db, scheduler, partners, None, "reply")


async def _opt_out(
    db: asyncpg.Connection,
    scheduler: Scheduler,
    partner_ids: Sequence[str],
    reason: str | None,
    outcome: Literal["operator", "reply"],
) -> list[str]:
    """Opt out these partners and all that were merged into them. Returns those for whom it is new."""
    now = scheduler.now()
    rows = await db.fetch(queries["opt_out"], partner_ids, now, reason)
    await outbox.add(db, [contact_opted_out(row["partner_id"], row["region"], now, outcome) for row in rows])
    await scheduler.reschedule(db, partner_ids)
    return [row["partner_id"] for row in rows]
