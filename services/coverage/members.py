"""Whose figures a partner's versions change beside the nation's: those of the cooperatives it belongs to. Pure.

A partner belongs to a cooperative as its member, or as one enrolled through it. Within a cooperative all is as in the
nation, where the timelines of all others are empty.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from services.coverage import transitions
from services.coverage.transitions import Stored, Transitions, Version

Side = tuple[str, bool]
"""A cooperative's id, and whether those enrolled through it are meant, not its members."""
Sides = frozenset[Side]

NOWHERE: Sides = frozenset()


class HasSides(Protocol):
    """What a handler keeps of a fact says where its partner counts."""

    @property
    def sides(self) -> Sides: ...


Counted = TypeVar("Counted", bound=HasSides)


def sides(cooperative: str | None, channel: str | None = None) -> Sides:
    """Where somebody counts who is a member of the one and was enrolled through the other."""
    if cooperative is None and channel is None:
        return NOWHERE
    return frozenset((each, through) for each, through in ((cooperative, False), (channel, True)) if each is not None)


def by_cooperative(
    versions: Sequence[Version[Counted]],
    stored: Mapping[str, Stored],
    before: Mapping[str, Sides],
) -> Iterator[tuple[Side, Transitions]]:
    """What these versions change on each side; `before`: where their partners counted until now."""
    partners = _concerned(versions, before)
    if not partners:
        return
    own = defaultdict(list)
    everybody = set().union(*partners.values())
    for version in versions:
        if version[0] in everybody:
            own[version[0]].append(version)
    for side, members in sorted(partners.items()):
        known = {each: _within(side, before.get(each, NOWHERE), stored[each]) for each in members if each in stored}
        seen = (
            (partner, number, timeline if side in details.sides else b"", second, 0, details)
            for each in sorted(members)
            for partner, number, timeline, second, _, details in own[each]
        )
        yield side, transitions.accept(seen, known).transitions


def _concerned(versions: Iterable[Version[Counted]], before: Mapping[str, Sides]) -> dict[Side, set[str]]:
    """Side → the partners that count on it before or by one of the versions."""
    found: dict[Side, set[str]] = defaultdict(set)
    for partner, held in before.items():
        for side in held:
            found[side].add(partner)
    for partner, _, _, _, _, details in versions:
        for side in details.sides:
            found[side].add(partner)
    return found


def _within(side: Side, held: Sides, stored: Stored) -> Stored:
    version, second, timeline, _ = stored
    return version, second, timeline if side in held else b"", 0
