"""From the versions of a batch to the transitions they cause: duplicates and old versions cause none. Pure.

Plain tuples and loops on purpose: this runs for every event there ever was.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from services.coverage.cells import InvalidValue
from services.coverage.facts import EnrollmentFact, PartnerFact

Fact = TypeVar("Fact", EnrollmentFact, PartnerFact)
Source = TypeVar("Source")
Details = TypeVar("Details")

Version = tuple[str, int, bytes, int, int, Details]
"""One version of a partner as read from the log: partner_id, version, its timeline, the second it was recorded in, its
source (`sources`), and what else of the fact its handler needs."""

Stored = tuple[int, int, bytes, int]
"""What was stored of a partner before the batch: its version (0: none), second, timeline and source."""


class Transitions(NamedTuple):
    """Side by side for each version: the timeline before and after it, the second it was recorded in, whose it is, its
    source before and after it."""

    before: list[bytes]
    after: list[bytes]
    recorded: list[int]
    partners: list[str]
    sources_before: list[int]
    sources_after: list[int]

    @classmethod
    def none(cls) -> "Transitions":
        return cls([], [], [], [], [], [])

    def parts(self, most: int) -> Iterator["Transitions"]:
        """The same, so many at a time."""
        for at in range(0, len(self.recorded), most):
            yield Transitions(*(each[at : at + most] for each in self))  # type: ignore[arg-type]


class Accepted(NamedTuple, Generic[Details]):
    """The versions that were newer than what was stored: the details of each with its second, and the transitions of
    those that changed the timeline or the source."""

    transitions: Transitions
    versions: list[tuple[Details, int]]


def read(
    decoded: Iterable[tuple[Source, Fact]],
    version_of: Callable[[Fact], Version[Details]],
    reject: Callable[[Source, str], None],
) -> list[Version[Details]]:
    """The versions of these facts in their order; a fact with a value that has no cell is rejected.

    Facts are decoded one at a time and released at once: their memory is used again while it is still in the cache.
    """
    versions = []
    for source, fact in decoded:
        try:
            versions.append(version_of(fact))
        except InvalidValue as problem:
            reject(source, f"invalid_value: {problem}")
    return versions


def newest(versions: Sequence[Version[Details]]) -> dict[str, Version[Details]]:
    """partner_id → its newest version, recorded no earlier than the ones it follows."""
    found = {version[0]: version for version in versions}
    if len(found) == len(versions):
        return found
    found.clear()
    for version in versions:
        partner_id, number, timeline, second, source, details = version
        former = found.get(partner_id)
        if former is None:
            found[partner_id] = version
        elif number > former[1]:
            found[partner_id] = (partner_id, number, timeline, max(second, former[3]), source, details)
    return found


def accept(versions: Iterable[Version[Details]], stored: dict[str, Stored]) -> Accepted[Details]:
    """What these versions change. `stored` has every partner of which the batch has a newer version; versions of others
    change nothing. Each version counts at its own second; where the clock went back, at that of the version before.
    """
    current = dict(stored)
    transitions, accepted = Transitions.none(), []
    befores, afters, recorded, partners, sources_before, sources_after = transitions
    for partner_id, number, timeline, second, source, details in versions:
        before = current.get(partner_id)
        if before is None or number <= before[0]:
            continue
        if second < before[1]:
            second = before[1]
        current[partner_id] = (number, second, timeline, source)
        accepted.append((details, second))
        if timeline != before[2] or source != before[3]:
            befores.append(before[2])
            afters.append(timeline)
            recorded.append(second)
            partners.append(partner_id)
            sources_before.append(before[3])
            sources_after.append(source)
    return Accepted(transitions, accepted)
