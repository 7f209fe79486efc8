"""What a person decided about rows, kept with what identified them, so that it holds for later rows too. Pure."""

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


Mark = tuple[Any, ...]
"""What identifies the row of a decision."""
Sides = dict[UUID, set[int]]
"""Decision → its sides."""


def among(rows: Sequence[Row], decided: Iterable[DecidedRow]) -> list[Decision]:
    """The decisions about these rows, their sides as positions in `rows`."""
    kept = list(decided)
    known = _known(kept)
    members: dict[UUID, dict[int, set[int]]] = {each.decision: {} for each in sorted(kept, key=lambda d: d.decision)}
    for at, row in enumerate(rows) if known else ():
        for decision, side in _sides(row, known).items():
            members[decision].setdefault(side, set()).add(at)
    same = {each.decision: each.same for each in kept}
    return [Decision(same[each], [sides[side] for side in sorted(sides)]) for each, sides in members.items()]


def _known(kept: Iterable[DecidedRow]) -> dict[Mark, Sides]:
    """Every mark of the sides → the sides that have it."""
    known: dict[Mark, Sides] = {}
    for each in kept:
        for mark in (("key", each.key), *_numbers(each), *_contacts(each)):
            known.setdefault(mark, {}).setdefault(each.decision, set()).add(each.side)
    return known


def _sides(row: Row, known: Mapping[Mark, Sides]) -> dict[UUID, int]:
    """Of each decision the side of this row by its strongest mark that is known, if that is a mark of one side only.

    Strongest is the row itself, then its NIB or NIK Koperasi. One with neither may be known by its name with a contact.
    """
    found: Sides = {}
    for marks in ([("key", row.key)], _numbers(row) or _contacts(row)):
        here: Sides = {}
        for mark in marks:
            for decision, sides in known.get(mark, {}).items():
                here.setdefault(decision, set()).update(sides)
        found = here | found
    return {decision: next(iter(sides)) for decision, sides in found.items() if len(sides) == 1}


def _numbers(row: Row | DecidedRow) -> list[Mark]:
    return [(key, value) for key in ("nib", "nik_koperasi") if (value := getattr(row, key)) is not None]


def _contacts(row: Row | DecidedRow) -> list[Mark]:
    return [(key, row.name, value) for key in CONTACTS if (value := getattr(row, key)) is not None]
