"""What a partner is looked up by, and the rule of the look-up. Pure."""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Keys:
    """Identifiers to look up a partner by; an anchor (the row of a ref, the partner of an id) comes first.

    A phone, an e-mail and an owner's name only distinguish several that bear the name.
    """

    nib: int | None = None
    nik_koperasi: str | None = None
    nik: UUID | None = None
    name: UUID | None = None
    anchor_row: UUID | None = None
    anchor_partner: UUID | None = None
    phone: UUID | None = None
    email: UUID | None = None
    owner: UUID | None = None


P = TypeVar("P", bound=Hashable)
NOTHING: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True)
class Known(Generic[P]):
    """A partner with all its identifiers, which the look-up compares. `contacts`: phones, e-mails, owners' names."""

    partner: P
    nibs: frozenset[Any]
    niks: frozenset[Any]
    contacts: frozenset[Any] = NOTHING

    def is_vetoed(self, nib: Any, nik: Any) -> bool:
        """Whether it has a NIB or a NIK, and what is looked up has another one."""
        other_nib = nib is not None and bool(self.nibs) and nib not in self.nibs
        return other_nib or (nik is not None and bool(self.niks) and nik not in self.niks)


def look_up(
    nib: Any,
    nik: Any,
    by_nib: Sequence[Known[P]],
    by_nik: Sequence[Known[P]],
    by_name: Sequence[Known[P]],
    contacts: Collection[Any] = (),
) -> P | None:
    """The partner with this NIB, NIK, name and one of these contacts, or None; nothing is joined.

    `by_…` are the partners holding the NIB or NIK Koperasi, the NIK, the name + regency; each partner once. Only where
    several bear the name are the contacts asked: it is the one that is not vetoed and shares one of them, if there is
    one such.
    """
    if by_nib:
        return by_nib[0].partner
    if nik is not None and len(by_nik) == 1 and not by_nik[0].is_vetoed(nib, nik):
        return by_nik[0].partner
    free = [known for known in by_name if not known.is_vetoed(nib, nik)]
    if len(by_name) > 1:
        free = [known for known in free if not known.contacts.isdisjoint(contacts)]
    return free[0].partner if len(free) == 1 else None


def is_ambiguous(nib: Any, nik: Any, by_name: Sequence[Known[P]]) -> bool:
    """Whether several bear the name, of which one at least is not vetoed: what means none of them may mean any."""
    return len(by_name) > 1 and not all(known.is_vetoed(nib, nik) for known in by_name)
