"""What a provider says later about a message: it was delivered, refused for good, or is still on its way."""

import re
from typing import Literal

import asyncpg

from services.notifications.outreach_events import reminder_finished
from services.notifications.queries import queries
from services.notifications.schedule import Scheduler
from services.notifications.sending.recording import count_unsent
from shared.bus import outbox
from shared.bus.records import Outgoing

Receipt = Literal["delivered", "refused", "delayed"]
RETURNED = "receipt: refused"
"""Why a message that had left counts as failed."""

OTHER_WORDS: dict[str, Receipt] = {
    "read": "delivered",
    "bounced": "refused",
    "rejected": "refused",
    "undeliverable": "refused",
    "deferred": "delayed",
}
"""What else providers call the three. `failed` is not among them: of some it is passing."""
_OF_CLASS: dict[str, Receipt] = {"2": "delivered", "4": "delayed", "5": "refused"}
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.\d{1,3}")


def as_receipt(status: object) -> object:
    """One of the three for what a provider calls it, or for an enhanced status code of a mail server (RFC 3463).

    Anything else stays as it is. 5.7.x is about us, who may not send: no address is given up for it.

    >>> [as_receipt(each) for each in ("5.1.1", "5.7.1", "4.2.2", "Bounced", "lost")]
    ['refused', 'delayed', 'delayed', 'refused', 'lost']
    """
    if not isinstance(status, str):
        return status
    word = status.strip().lower()
    if found := _ENHANCED.fullmatch(word):
        return "delayed" if found[1] == "5" and found[2] == "7" else _OF_CLASS[found[1]]
    return OTHER_WORDS.get(word, word)


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
        await count_unsent(db, [(rows[0]["channel"], "failed", RETURNED)], now)
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
        outcome=RETURNED,
    )
