"""Which trace a partner's next messages belong to: that of the newest fact about it that was sampled.

Days may lie between a fact and the message that follows from it, so the trace is kept; nothing is while no spans are
recorded.
"""

from collections.abc import Collection

import asyncpg

from services.notifications.queries import queries
from shared import tracing
from shared.bus.batch import Batch
from shared.bus.records import key_text
from shared.bus.spans import trace_of
from shared.database import columns


async def note(db: asyncpg.Connection, batch: Batch, partner_ids: Collection[str]) -> None:
    """Keep the traces of the facts of this batch about these partners, whose ids are the records' keys."""
    if not tracing.is_on():
        return
    traces = {key_text(record): trace_of(record) for record in batch.records}
    kept = [(key, trace) for key in sorted(partner_ids) if (trace := traces.get(key)) and tracing.is_sampled(trace)]
    if kept:
        await db.execute(queries["note_traces"], *columns(kept))


async def of_partners(db: asyncpg.Connection, partner_ids: Collection[str]) -> dict[str, str]:
    """Partner's id → trace context, where one is kept."""
    if not tracing.is_on():
        return {}
    return {row["partner_id"]: row["traceparent"] for row in await db.fetch(queries["traces"], list(partner_ids))}
