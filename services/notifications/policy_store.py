"""Which policy is effective: read from the table `policies`, with the calendar that follows from it.

A policy takes effect when its day begins in the capital.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from services.notifications.calendar import Calendar
from services.notifications.policy import KIND_OF, SEGMENT_OF, Group, Pause, Paused, Policy
from services.notifications.policy_timeline import GroupPolicy, PolicyPeriod, PolicyTimeline
from services.notifications.queries import queries
from shared import jakarta
from shared.regions import Regions

UNSTORED = 0
"""The id of a policy that is tried out."""


@dataclass(frozen=True)
class StoredPolicy:
    """A policy and the day from which it is effective."""

    id: int
    effective_from: date
    recorded_at: datetime
    policy: Policy


class PolicyStore:
    """Returns the policy of a moment with the channels that have a provider here; without any it is the log alone."""

    def __init__(self, regions: Regions, channels: Collection[str]) -> None:
        self._regions = regions
        self._channels = frozenset(channels)
        self._usable: dict[int, PolicyPeriod] = {}

    @property
    def uses_addresses(self) -> bool:
        """Whether any channel here reaches somebody."""
        return not self._channels.isdisjoint(KIND_OF)

    async def policy_at(self, db: asyncpg.Connection, now: datetime) -> Policy:
        """The policy that is effective at `now`."""
        current, *_ = await current_and_upcoming(db, now)
        return self._period(current).policy

    async def timeline(self, db: asyncpg.Connection, now: datetime) -> PolicyTimeline:
        """The policy that is effective at `now` and those to come, each with its calendar."""
        return self._timeline(*await _policies_and_pause(db, now))

    async def timeline_with(self, db: asyncpg.Connection, now: datetime, more: StoredPolicy) -> PolicyTimeline:
        """The same if this policy, which is not stored, were the last recorded one."""
        return self._timeline(*await _policies_and_pause(db, now, more))

    def _timeline(self, ordered: Sequence[StoredPolicy], pause: Pause) -> PolicyTimeline:
        ends = [jakarta.beginning_of(each.effective_from) for each in ordered[1:]]
        periods, paused = zip(ordered, [*ends, None], strict=True), self.paused(pause)
        return tuple(replace(self._period(each), end=end, paused=paused) for each, end in periods)

    def paused(self, pause: Pause) -> Paused:
        """The pause as it is decided by."""
        regencies = (code for region in pause.regions for code in self._regions.regencies(region))
        return Paused(pause.all, frozenset(pause.channels), frozenset(regencies))

    async def version_at(self, db: asyncpg.Connection, now: datetime) -> str:
        """Names what due times are calculated from at `now`: when it changes, they are calculated again."""
        current, *_ = await current_and_upcoming(db, now)
        return f"{current.id}/{','.join(sorted(self._channels)) or 'log'}/{(await current_pause(db)).id}"

    def _period(self, stored: StoredPolicy) -> PolicyPeriod:
        """The policy with the channels there are, its groups and its calendar."""
        if stored.id == UNSTORED:
            return self._usable_period(stored.policy)
        if stored.id not in self._usable:
            self._usable[stored.id] = self._usable_period(stored.policy)
        return self._usable[stored.id]

    def _usable_period(self, policy: Policy) -> PolicyPeriod:
        groups = tuple(self._group(policy, each) for each in policy.groups)
        return PolicyPeriod(self._with_channels(policy), Calendar(policy.hours), groups=groups)

    def _with_channels(self, policy: Policy) -> Policy:
        there = {*self._channels, "log"}
        channels = tuple(each for each in policy.channels if each in there) if self._channels else ("log",)
        return replace(policy, channels=channels)

    def _group(self, policy: Policy, group: Group) -> GroupPolicy:
        kinds = {kind for kind, segment in SEGMENT_OF.items() if not group.segments or segment in group.segments}
        return GroupPolicy(
            self._with_channels(policy.of(group)),
            frozenset(code for each in group.regions for code in self._regions.regencies(each))
            if group.regions
            else None,
            frozenset(kinds & set(group.kinds or kinds)) if group.kinds or group.segments else None,
            frozenset(group.agencies) or None,
        )


async def current_and_upcoming(db: asyncpg.Connection, now: datetime) -> list[StoredPolicy]:
    """The policy that is effective at `now`, then those to come in the order of their days."""
    return (await _policies_and_pause(db, now))[0]


async def all_policies(db: asyncpg.Connection) -> list[StoredPolicy]:
    """Every policy, in such an order that of those that have begun on a day the first is effective."""
    return [_stored(row) for row in await db.fetch(queries["policies"])]


async def _policies_and_pause(
    db: asyncpg.Connection, now: datetime, more: StoredPolicy | None = None
) -> tuple[list[StoredPolicy], Pause]:
    """`current_and_upcoming`, with `more` as if it was just stored, and what is paused."""
    rows = await db.fetch(queries["policies"])
    stored, pause = [_stored(row) for row in rows], rows[0]["pause"]
    if more is not None:
        stored = sorted([more, *stored], key=lambda each: each.effective_from, reverse=True)
    ordered = _current_and_upcoming(stored, jakarta.day_of(now))
    return ordered, msgspec.json.decode(pause, type=Pause) if pause else Pause()


@dataclass(frozen=True)
class StoredPause:
    """What is paused, and since when; the id 0 of a pause that nobody set."""

    id: int
    recorded_at: datetime | None
    pause: Pause


async def current_pause(db: asyncpg.Connection) -> StoredPause:
    row = await db.fetchrow(queries["current_pause"])
    if row is None:
        return StoredPause(0, None, Pause())
    return StoredPause(row["id"], row["recorded_at"], msgspec.json.decode(row["body"], type=Pause))


def _current_and_upcoming(newest_first: Sequence[StoredPolicy], today: date) -> list[StoredPolicy]:
    """Of one day only the policy that was recorded last."""
    current = next(each for each in newest_first if each.effective_from <= today)
    of_day = {each.effective_from: each for each in reversed(newest_first)}
    return [current, *(of_day[day] for day in sorted(of_day) if day > today)]


def as_json(policy: Policy | Pause) -> dict[str, Any]:
    """The policy as the API shows and takes it."""
    body: dict[str, Any] = msgspec.to_builtins(asdict(policy))
    return body


def _stored(row: asyncpg.Record) -> StoredPolicy:
    policy = msgspec.json.decode(row["body"], type=Policy)
    return StoredPolicy(row["id"], row["effective_from"], row["recorded_at"], policy)
