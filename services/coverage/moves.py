"""From the versions of a batch to the moves they make: duplicates and old versions make none. Pure."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from services.coverage import cells
from services.coverage.facts import Enrolled, Listed
from services.coverage.ledger import Move
from shared.bus.batch import Batch

Fact = TypeVar("Fact", Enrolled, Listed)

JAKARTA = 7 * 3600
"""Jakarta is seven hours ahead of UTC, always."""


class Version(NamedTuple, Generic[Fact]):
    """One version of a partner as read from the log, with the timeline it stands for."""

    fact: Fact
    timeline: bytes
    recorded: int


class Known(NamedTuple):
    """What was stored of a partner before the batch; version 0 for one that is new."""

    version: int
    recorded: int
    timeline: bytes


UNKNOWN = Known(0, 0, b"")


class Heard(NamedTuple):
    """The newest second of an agency's events, and how many it had on that second's day."""

    last: int
    day: int
    events: int


def read(batch: Batch, kind: type[Fact], timeline: Callable[[Fact], bytes]) -> list[Version[Fact]]:
    """The batch's facts in their order; what no timeline stands for is rejected."""
    versions = []
    for record, fact in batch.decode(kind):
        try:
            versions.append(Version(fact, timeline(fact), int(fact.recorded_at.timestamp())))
        except cells.Invalid as problem:
            batch.reject(record, f"invalid_value: {problem}")
    return versions


def newest(versions: Iterable[Version[Fact]]) -> dict[str, Version[Fact]]:
    """partner_id → its newest version, recorded no earlier than the ones it follows."""
    found: dict[str, Version[Fact]] = {}
    for version in versions:
        partner_id = version.fact.partner_id
        former = found.get(partner_id)
        if former is None:
            found[partner_id] = version
        elif version.fact.version > former.fact.version:
            late = version.recorded < former.recorded
            found[partner_id] = version._replace(recorded=former.recorded) if late else version
    return found


def made(versions: Iterable[Version[Fact]], known: dict[str, Known]) -> tuple[list[Move], list[Version[Fact]]]:
    """The moves of these versions, and the versions that made them.

    `known` holds what was stored of every partner that the batch moves; others are not moved at all. Each version
    moves its partner at its own second; a clock that went back counts as the second before it.
    """
    now = dict(known)
    moves, moving = [], []
    for version in versions:
        before = now.get(version.fact.partner_id)
        if before is None or version.fact.version <= before.version:
            continue
        recorded = max(before.recorded, version.recorded)
        now[version.fact.partner_id] = Known(version.fact.version, recorded, version.timeline)
        moves.append(Move(before.timeline, version.timeline, recorded))
        moving.append(version)
    return moves, moving


def heard(seen: Iterable[tuple[str | None, int]]) -> dict[str, Heard]:
    """agency → when it was last heard of, from (agency, second) of each of its events."""
    found: dict[str, Heard] = {}
    for agency, second in seen:
        if agency is None:
            continue
        day = (second + JAKARTA) // 86400
        before = found.get(agency)
        if before is None or day > before.day:
            found[agency] = Heard(max(second, before.last if before else 0), day, 1)
        elif day == before.day:
            found[agency] = Heard(max(second, before.last), day, before.events + 1)
    return found
