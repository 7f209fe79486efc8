"""Which policy is in force: read from the table `policies`, with the calendar that follows from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from services.notifications.calendar import Calendar
from services.notifications.policy import Policy
from services.notifications.policy_timeline import Term, Terms
from services.notifications.queries import queries
from shared import jakarta


@dataclass(frozen=True)
class Dated:
    """A policy and since when it holds."""

    id: int
    effective_from: date
    recorded_at: datetime
    policy: Policy


class InForce:
    """Answers what policy holds; without a mail server nothing but the log channel is ever used."""

    def __init__(self, *, mail: bool) -> None:
        self._mail = mail
        self._calendars: dict[int, tuple[Policy, Calendar]] = {}

    async def at(self, db: asyncpg.Connection, now: datetime) -> tuple[Policy, Calendar]:
        """The policy and calendar in force at `now`."""
        return self._ready(await self.dated(db, now))

    def _ready(self, dated: Dated) -> tuple[Policy, Calendar]:
        if dated.id not in self._calendars:
            channels = dated.policy.channels if self._mail else ("log",)
            policy = replace(dated.policy, channels=channels)
            self._calendars[dated.id] = policy, Calendar(policy.hours)
        return self._calendars[dated.id]

    async def terms(self, db: asyncpg.Connection, now: datetime) -> Terms:
        """The policy in force at `now` and those to come, each with its calendar."""
        ordered = holding(await known(db), jakarta.day_of(now))
        ends = [jakarta.beginning_of(each.effective_from) for each in ordered[1:]]
        return tuple(Term(*self._ready(each), end) for each, end in zip(ordered, [*ends, None], strict=True))

    async def dated(self, db: asyncpg.Connection, now: datetime) -> Dated:
        return holding(await known(db), jakarta.day_of(now))[0]

    async def mark(self, db: asyncpg.Connection, now: datetime) -> str:
        """Names what due times are reckoned with: they are reckoned anew when this changes."""
        return f"{(await self.dated(db, now)).id}/{'mail' if self._mail else 'log'}"


async def known(db: asyncpg.Connection) -> list[Dated]:
    """Every policy; of those in effect on a day the first holds."""
    return [_dated(row) for row in await db.fetch(queries["policies"])]


def holding(every: Sequence[Dated], today: date) -> list[Dated]:
    """The policy in force today, then those to come; not what another one of the same day has replaced."""
    current = next(each for each in every if each.effective_from <= today)
    of_day = {each.effective_from: each for each in reversed(every)}
    return [current, *(of_day[day] for day in sorted(of_day) if day > today)]


def as_json(policy: Policy) -> dict[str, Any]:
    """The policy as the API shows and takes it."""
    body: dict[str, Any] = msgspec.to_builtins(asdict(policy))
    return body


def _dated(row: asyncpg.Record) -> Dated:
    return Dated(row["id"], row["effective_from"], row["recorded_at"], msgspec.json.decode(row["body"], type=Policy))
