"""/v1/overview: what will be sent, how it ended, who gets nothing and why, and how providers are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, get_args

import msgspec
from fastapi import Request

from services.notifications.api.dependencies import Admin, routes
from services.notifications.policy import KIND_OF, ChannelName, Pause
from services.notifications.policy_store import current_pause
from services.notifications.queries import queries
from services.notifications.sending.sender import Sender
from shared import jakarta
from shared.database import connection

router = routes()

HOUR: Final = timedelta(hours=1)
DAYS: Final = 30
"""Of results, today the last."""


class DueCount(msgspec.Struct):
    """Messages that are due within an hour; `due_from` None: they were due before they were counted."""

    channel: str
    messages: int
    due_from: datetime | None = None


@router.get("/overview", summary="What will be sent, how it ended, who gets no message and why, and how providers are")
async def overview(request: Request, caller: Admin) -> dict[str, Any]:
    """`next_hour` is counted now; `next_month`, the next message of each partner by day, and `reasons` are counted from
    time to time (`counted_at`; null: not yet). `results` are those of the last 30 days. `providers` are as this process
    sees them."""
    return await overview_of(request)


async def overview_of(request: Request) -> dict[str, Any]:
    """The answer, for the page too."""
    state = request.app.state
    now = state.scheduler.now()
    today = jakarta.day_of(now)
    async with connection(state.pool) as db:
        (counts,) = await db.fetch(queries["counts"])
        next_hour = await db.fetch(queries["due_within"], now, now + HOUR, [*get_args(ChannelName)])
        results = await db.fetch(queries["results_since"], today - timedelta(days=DAYS - 1), today)
        pause = (await current_pause(db)).pause
    return {
        "as_of": now,
        "counted_at": counts["at"],
        "next_hour": [dict(row) for row in next_hour],
        "next_month": _by_day(counts["due"], today),
        "reasons": _reasons(counts["reasons"]),
        "results": [dict(row) for row in results],
        "providers": [_provider(name, pause, state.senders) for name in KIND_OF],
        "dead_letters": [
            {"topic": topic, "count": each.count, "oldest_at": datetime.fromtimestamp(each.oldest_at, now.tzinfo)}
            for topic, each in sorted(state.tally.dead_letters.items())
        ],
    }


def _by_day(due: str | None, today: date) -> list[dict[str, Any]]:
    """By day in Jakarta and channel; what was due before counts for today."""
    found: defaultdict[tuple[date, str], int] = defaultdict(int)
    for each in msgspec.json.decode(due or "[]", type=list[DueCount]):
        day = jakarta.day_of(each.due_from) if each.due_from else today
        found[max(day, today), each.channel] += each.messages
    return [{"date": day, "channel": channel, "messages": count} for (day, channel), count in sorted(found.items())]


def _reasons(counts: str | None) -> list[dict[str, Any]]:
    found = msgspec.json.decode(counts or "{}", type=dict[str, int])
    return [{"reason": reason, "partners": count} for reason, count in sorted(found.items(), key=lambda each: -each[1])]


def _provider(name: Any, pause: Pause, senders: Sequence[Sender]) -> dict[str, Any]:
    """In trouble: since its first failure after which none succeeded."""
    troubles = [trouble[name] for trouble in (each.trouble() for each in senders) if name in trouble]
    since, problem = min(troubles, key=lambda each: each[0]) if troubles else (None, None)
    is_set_up = any(name in each.channels for each in senders)
    return {
        "channel": name,
        "state": "in_trouble" if troubles else "works" if is_set_up else "not_set_up",
        "since": since,
        "problem": problem,
        "paused": pause.all or name in pause.channels,
    }
