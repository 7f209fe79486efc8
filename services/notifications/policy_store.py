"""Which policy is effective: read from the table `policies`, with the calendar that follows from it.

A policy takes effect when its day begins in the capital.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from services.notifications.calendar import Calendar
from services.notifications.policy import Policy
from services.notifications.policy_timeline import PolicyPeriod, PolicyTimeline
from services.notifications.queries import queries
from shared import jakarta


@dataclass(frozen=True)
class StoredPolicy:
    """A policy and the day from which it is effective."""

    id: int
    effective_from: date
    recorded_at: datetime
    policy: Policy


class PolicyStore:
    """Returns the policy of a moment. Without a mail server every policy uses the log channel alone."""

    def __init__(self, *, has_mail: bool) -> None:
        self._has_mail = has_mail
        self._usable: dict[int, tuple[Policy, Calendar]] = {}

    async def policy_at(self, db: asyncpg.Connection, now: datetime) -> Policy:
        """The policy that is effective at `now`."""
        current, *_ = await current_and_upcoming(db, now)
        return self._usable_policy(current)[0]

    async def timeline(self, db: asyncpg.Connection, now: datetime) -> PolicyTimeline:
        """The policy that is effective at `now` and those to come, each with its calendar."""
        ordered = await current_and_upcoming(db, now)
        ends = [jakarta.beginning_of(each.effective_from) for each in ordered[1:]]
        periods = zip(ordered, [*ends, None], strict=True)
        return tuple(PolicyPeriod(*self._usable_policy(each), end) for each, end in periods)

    async def version_at(self, db: asyncpg.Connection, now: datetime) -> str:
        """Names what due times are calculated from at `now`: when it changes, they are calculated again."""
        current, *_ = await current_and_upcoming(db, now)
        return f"{current.id}/{'mail' if self._has_mail else 'log'}"

    def _usable_policy(self, stored: StoredPolicy) -> tuple[Policy, Calendar]:
        """The policy with the channels there are, and its calendar."""
        if stored.id not in self._usable:
            channels = stored.policy.channels if self._has_mail else ("log",)
            policy = replace(stored.policy, channels=channels)
            self._usable[stored.id] = policy, Calendar(policy.hours)
        return self._usable[stored.id]


async def current_and_upcoming(db: asyncpg.Connection, now: datetime) -> list[StoredPolicy]:
    """The policy that is effective at `now`, then those to come in the order of their days."""
    rows = await db.fetch(queries["policies"])
    return _current_and_upcoming([_stored(row) for row in rows], jakarta.day_of(now))


def _current_and_upcoming(newest_first: Sequence[StoredPolicy], today: date) -> list[StoredPolicy]:
    """Of one day only the policy that was recorded last."""
    current = next(each for each in newest_first if each.effective_from <= today)
    of_day = {each.effective_from: each for each in reversed(newest_first)}
    return [current, *(of_day[day] for day in sorted(of_day) if day > today)]


def as_json(policy: Policy) -> dict[str, Any]:
    """The policy as the API shows and takes it."""
    body: dict[str, Any] = msgspec.to_builtins(asdict(policy))
    return body


def _stored(row: asyncpg.Record) -> StoredPolicy:
    policy = msgspec.json.decode(row["body"], type=Policy)
    return StoredPolicy(row["id"], row["effective_from"], row["recorded_at"], policy)
