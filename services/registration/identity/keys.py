"""What a partner is looked up by, and the rule of the look-up. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Keys:
    """Identifiers to look up a partner by; an anchor (the row of a ref, the partner of an id) comes first."""

    nib: int | None = None
    nik_koperasi: str | None = None
    nik: UUID | None = None
    name: UUID | None = None
    anchor_row: UUID | None = None
    anchor_partner: UUID | None = None


P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Known(Generic[P]):
    """A partner with all its identifiers, which the look-up compares."""

    partner: P
    nibs: frozenset[Any]
    niks: frozenset[Any]


def look_up(
    nib: Any, nik: Any, by_nib: Sequence[Known[P]], by_nik: Sequence[Known[P]], by_name: Sequence[Known[P]]
) -> P | None:
    """The partner with this NIB, NIK and name, or None; the same vetoes hold as for grouping, and nothing is joined.

    `by_…` are the partners holding the NIB, the NIK, the name + regency; each partner once.
    """
    if nib is not None and by_nib:
        return by_nib[0].partner
    if nik is not None and len(by_nik) == 1 and not (nib is not None and by_nik[0].nibs):
        return by_nik[0].partner
    if len(by_name) != 1:
        return None
    only = by_name[0]
    nibs = only.nibs | ({nib} if nib is not None else set())
    niks = only.niks | ({nik} if nik is not None else set())
    return only.partner if len(nibs) <= 1 and len(niks) <= 1 else None
