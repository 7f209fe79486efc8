"""From the versions of a batch to the moves they make: duplicates and old versions make none. Pure.

Plain tuples and loops on purpose: this runs for every event there ever was.
"""

from collections.abc import Callable, Container, Iterable
from typing import Generic, NamedTuple, TypeVar

from services.coverage import cells
from services.coverage.facts import Enrolled, Listed
from services.coverage.ledger import Moves
from shared.bus.batch import Batch

Fact = TypeVar("Fact", Enrolled, Listed)

Version = tuple[Fact, bytes, int]
"""One version of a partner as read from the log, the timeline it stands for, the second it was recorded in."""

Known = tuple[int, int, bytes]
"""What was stored of a partner before the batch: its version (0: none), second and timeline."""

JAKARTA = 7 * 3600
"""Jakarta is seven hours ahead of UTC, always."""


class Made(NamedTuple, Generic[Fact]):
    """The moves of a batch, and who made one: the new versions with their seconds."""

    moves: Moves
    versions: list[tuple[Fact, int]]


class Heard(NamedTuple):
    """The newest second of an agency's events, and how many it had on that second's day."""

    last: int
    day: int
    events: int


def read(
    batch: Batch, kind: type[Fact], timeline: Callable[[Fact], bytes], types: Container[str] | None = None
) -> list[Version[Fact]]:
    """The batch's facts (of these types) in their order; what no timeline stands for is rejected."""
    versions = []
    for record, fact in batch.decode(kind, None if types is None else batch.known(types)):
        try:
            versions.append((fact, timeline(fact), int(fact.recorded_at.timestamp())))
        except cells.Invalid as problem:
            batch.reject(record, f"invalid_value: {problem}")
    return versions


def newest(versions: Iterable[Version[Fact]]) -> dict[str, Version[Fact]]:
    """partner_id → its newest version, recorded no earlier than the ones it follows."""
    found: dict[str, Version[Fact]] = {}
    for version in versions:
        partner_id = version[0].partner_id
        former = found.get(partner_id)
        if former is None:
            found[partner_id] = version
        elif version[0].version > former[0].version:
            found[partner_id] = version if version[2] >= former[2] else (version[0], version[1], former[2])
    return found


def made(versions: Iterable[Version[Fact]], known: dict[str, Known]) -> Made[Fact]:
    """The moves of these versions. `known` holds what was stored of every partner that the batch moves; others are
    not moved at all. Each version moves its partner at its own second; a clock that went back counts as the second
    before it.
    """
    now = dict(known)
    moves, moving = Moves([], [], []), []
    for fact, timeline, second in versions:
        before = now.get(fact.partner_id)
        if before is None or fact.version <= before[0]:
            continue
        if second < before[1]:
            second = before[1]
        now[fact.partner_id] = (fact.version, second, timeline)
        moving.append((fact, second))
        if timeline != before[2]:
            moves.before.append(before[2])
            moves.after.append(timeline)
            moves.recorded.append(second)
    return Made(moves, moving)


def heard(seen: Iterable[tuple[str | None, int]]) -> dict[str, Heard]:
    """agency → when it was last heard of, from (agency, second) of each of its events."""
    seconds: dict[str, list[int]] = {}
    for agency, second in seen:
        if agency is not None:
            seconds.setdefault(agency, []).append(second)
    return {agency: _heard(found) for agency, found in seconds.items()}


def _heard(seconds: list[int]) -> Heard:
    last = max(seconds)
    day = (last + JAKARTA) // 86_400
    begins = day * 86_400 - JAKARTA
    return Heard(last, day, sum(second >= begins for second in seconds))
