"""The backtest of a policy that is tried out: what it would have sent in the past months."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from fastapi import Request

from services.notifications.backtest import DAYS, Backtest
from services.notifications.policy_timeline import PolicyPeriod
from services.notifications.queries import queries
from services.notifications.schedule import BEFORE_FIRST_ID, Scheduler
from shared import jakarta
from shared.database import connection

SAMPLE: Final = 50_000
"""Partners that are looked at, at about."""
CHUNK: Final = 2_000


async def backtested(request: Request, before: PolicyPeriod, after: PolicyPeriod) -> dict[str, Any]:
    """The last DAYS days up to yesterday, as they were and under both policies."""
    scheduler: Scheduler = request.app.state.scheduler
    today = jakarta.day_of(scheduler.now())
    begins = jakarta.beginning_of(today - timedelta(days=DAYS))
    backtest = Backtest(begins, today, (before, after))
    async with connection(request.app.state.pool) as db:
        listed = await db.fetchval(queries["count_listed"])
    share, last = min(1.0, SAMPLE / max(listed, 1)), BEFORE_FIRST_ID
    while True:
        async with connection(request.app.state.pool) as db:
            ids = [row[0] for row in await db.fetch(queries["sampled_partner_ids"], last, CHUNK, share)]
            facts = await scheduler.facts(db, ids) if ids else []
        if not ids:
            return _as_json(backtest, listed)
        await asyncio.to_thread(backtest.add, facts)
        last = ids[-1]


def _as_json(backtest: Backtest, listed: int) -> dict[str, Any]:
    before, after = backtest.replayed
    return {
        "from": jakarta.day_of(backtest.begins),
        "until": backtest.ends - timedelta(days=1),
        "listed": listed,
        "partners": backtest.partners,
        "left_out": backtest.left_out,
        "sent": asdict(backtest.sent),
        "before": asdict(before),
        "after": asdict(after),
    }
