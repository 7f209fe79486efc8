"""What a person decided about rows, kept with what identified them, so that it holds for later rows too. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.registration.identity.matching import Decision
from services.registration.identity.profile import Row

CONTACTS = ("nik", "phone", "email", "owner")


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """A row as it was when somebody decided that its side and the others are one partner (`same`), or different."""

    decision: UUID
    same: bool
    side: int
    key: UUID
    nib: int | None
    nik_koperasi: str | None
    nik: UUID | None
    name: UUID
    phone: UUID | None
    email: UUID | None
    owner: UUID | None


def among(rows: Sequence[Row], decided: Iterable[DecidedRow]) -> list[Decision]:
    """The decisions about these rows, their sides as positions in `rows`."""
    by_decision: dict[UUID, list[DecidedRow]] = defaultdict(list)
    for each in decided:
        by_decision[each.decision].append(each)
    return [_decision(rows, kept) for _, kept in sorted(by_decision.items())]


def _decision(rows: Sequence[Row], kept: Sequence[DecidedRow]) -> Decision:
    sides: dict[int, set[int]] = defaultdict(set)
    known = _known(kept)
    for at, row in enumerate(rows):
        side = _side(row, known)
        if side is not None:
            sides[side].add(at)
    return Decision(kept[0].same, [sides[side] for side in sorted(sides)])


Mark = tuple[Any, ...]
"""What tells whose a row is."""


def _known(kept: Iterable[DecidedRow]) -> dict[Mark, set[int]]:
    """Every mark of the sides → the sides that have it."""
    known: dict[Mark, set[int]] = defaultdict(set)
    for each in kept:
        for mark in (("key", each.key), *_numbers(each), *_contacts(each)):
            known[mark].add(each.side)
    return known


def _side(row: Row, known: Mapping[Mark, set[int]]) -> int | None:
    """The side of this row by its strongest mark that is known, if that is a mark of one side only.

    Strongest is the row itself, then its NIB or NIK Koperasi. One with neither may be known by its name with a contact.
    """
    for marks in ([("key", row.key)], _numbers(row) or _contacts(row)):
        sides = {side for mark in marks for side in known.get(mark, ())}
        if sides:
            return sides.pop() if len(sides) == 1 else None
    return None


def _numbers(row: Row | DecidedRow) -> list[Mark]:
    return [(key, value) for key in ("nib", "nik_koperasi") if (value := getattr(row, key)) is not None]


def _contacts(row: Row | DecidedRow) -> list[Mark]:
    return [(key, row.name, value) for key in CONTACTS if (value := getattr(row, key)) is not None]
