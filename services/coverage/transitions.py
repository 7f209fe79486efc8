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
Rest = TypeVar("Rest")

Version = tuple[str, int, bytes, int, Rest]
"""One version of a partner as read from the log: partner_id, version, the timeline it stands for, the second it was
recorded in, and what else of the fact its handler keeps."""

Known = tuple[int, int, bytes]
"""What was stored of a partner before the batch: its version (0: none), second and timeline."""

JAKARTA = 7 * 3600
"""Jakarta is seven hours ahead of UTC, always."""


class Made(NamedTuple, Generic[Rest]):
    """The moves of a batch, and who made one: what is kept of each new version, with its second."""

    moves: Moves
    versions: list[tuple[Rest, int]]


class Heard(NamedTuple):
    """The newest second of an agency's events, and how many it had on that second's day."""

    last: int
    day: int
    events: int


def read(
    batch: Batch,
    kind: type[Fact],
    timeline: Callable[[Fact], bytes],
    rest: Callable[[Fact], Rest],
    types: Container[str] | None = None,
) -> list[Version[Rest]]:
    """The batch's facts (of these types) in their order; what no timeline stands for is rejected.

    Each fact is let go before the next one is decoded: its memory is used again while it is still in the cache.
    """
    versions = []
    for record, fact in batch.decode(kind, None if types is None else batch.of_types(types)):
        try:
            second = int(fact.recorded_at.timestamp())
            versions.append((fact.partner_id, fact.version, timeline(fact), second, rest(fact)))
        except cells.Invalid as problem:
            batch.reject(record, f"invalid_value: {problem}")
    return versions


def newest(versions: Iterable[Version[Rest]]) -> dict[str, Version[Rest]]:
    """partner_id → its newest version, recorded no earlier than the ones it follows."""
    found: dict[str, Version[Rest]] = {}
    for version in versions:
        partner_id, number, timeline, second, rest = version
        former = found.get(partner_id)
        if former is None:
            found[partner_id] = version
        elif number > former[1]:
            found[partner_id] = (partner_id, number, timeline, max(second, former[3]), rest)
    return found


def made(versions: Iterable[Version[Rest]], known: dict[str, Known]) -> Made[Rest]:
    """The moves of these versions. `known` holds what was stored of every partner that the batch moves; others are
    not moved at all. Each version moves its partner at its own second; a clock that went back counts as the second
    before it.
    """
    now = dict(known)
    moves, moving = Moves([], [], []), []
    for partner_id, number, timeline, second, rest in versions:
        before = now.get(partner_id)
        if before is None or number <= before[0]:
            continue
        if second < before[1]:
            second = before[1]
        now[partner_id] = (number, second, timeline)
        moving.append((rest, second))
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
