"""What a provider says later about a message: it was delivered, refused for good, or is still on its way."""

from typing import Literal

import asyncpg

from services.notifications.outreach_events import reminder_finished
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from shared.bus import outbox
from shared.bus.records import Outgoing

Receipt = Literal["delivered", "refused", "delayed"]


async def note_receipt(db: asyncpg.Connection, scheduler: Scheduler, digest: str, receipt: Receipt) -> list[str]:
    """Note it for every reminder in the message of this id. Refused for good counts as never sent: the step goes out
    through the next channel that reaches the partner, or an agent is asked. Returns the partners; none: unknown.

    A later receipt never says less than an earlier one: refused, then delivered, then delayed.
    """
    now = scheduler.now()
    partners = [row["partner_id"] for row in await db.fetch(queries["partners_of_message"], digest)]
    await scheduler.lock(db, partners)
    rows = await db.fetch(queries["note_receipt"], digest, receipt, now)
    if rows and receipt == "refused":
        await db.execute(queries["refuse_addresses"], [digest], rows[0]["channel"], now)
        await db.execute(queries["free_addresses"], [digest])
        await db.execute(queries["clear_retries"], partners)
        await outbox.add(db, [_failed(row, scheduler) for row in rows])
        await scheduler.reschedule(db, partners)
    return partners


def _failed(row: asyncpg.Record, scheduler: Scheduler) -> Outgoing:
    return reminder_finished(
        row["partner_id"],
        row["region"] or "ID",
        scheduler.now(),
        result="failed",
        attempts=row["attempts"],
        message_id=row["message_id"],
        template=row["template"],
        channel=row["channel"],
        outcome="receipt: refused",
    )
