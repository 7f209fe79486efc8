"""What messages cost: how many left on each day through each channel, at the price of the policy of that day. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from services.notifications.policy_store import StoredPolicy

MONTHS: Final = 12


def first_day(today: date) -> date:
    """The first day of the first of MONTHS months, of which this one is the last."""
    month = today.replace(day=1)
    for _ in range(MONTHS - 1):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def by_month(counts: Iterable[tuple[date, str, int]], newest_first: Sequence[StoredPolicy]) -> list[dict[str, Any]]:
    """(day, channel, messages) each → a row a month, the newest first, with what each channel has cost.

    `newest_first`: all policies, of those that have begun on a day the first is effective.
    """
    months: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for day, channel, messages in counts:
        spent = months[f"{day:%Y-%m}"][channel]
        spent[0] += messages
        spent[1] += messages * _price(newest_first, day, channel)
    return [_month(name, channels) for name, channels in sorted(months.items(), reverse=True)]


def _month(name: str, channels: dict[str, list[int]]) -> dict[str, Any]:
    rows = [
        {"channel": channel, "messages": messages, "spent": spent}
        for channel, (messages, spent) in sorted(channels.items())
    ]
    return {"month": name, "spent": sum(row["spent"] for row in rows), "channels": rows}


def _price(newest_first: Sequence[StoredPolicy], day: date, channel: str) -> int:
    policy = next((each.policy for each in newest_first if each.effective_from <= day), None)
    prices = policy.prices if policy else ()
    return next((each.rupiah for each in prices if each.channel == channel), 0)
