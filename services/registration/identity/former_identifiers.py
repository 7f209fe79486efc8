"""What identified a partner in rows that were removed: a new row that would have joined them gives it back its id."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.registration.identity.profile import Row, values_of
from services.registration.identity.unit_of_work import UnitOfWork
from shared.database import columns


@dataclass(frozen=True, slots=True)
class FormerIdentifiers:
    """What identified a partner in one of its removed rows."""

    partner: UUID
    key: UUID | None
    nib: int | None
    nik_koperasi: str | None
    nik: UUID | None
    name: UUID
    phone: UUID | None
    email: UUID | None
    owner: UUID | None
    agency: None = None
    list: None = None
    """It is on no list now."""
    first_listed: date = date.min
    last_listed: date = date.min


async def keep(work: UnitOfWork, removed: Sequence[Row]) -> None:
    """Keep what identified these rows; it counts once their partner has no row left."""
    records = [(r.partner, r.key, r.nib, r.nik_koperasi, r.nik, r.name, r.phone, r.email, r.owner) for r in removed]
    if records:
        await work.execute("keep_former", *columns(records))
        work.added("former_identifiers")


async def sharing(work: UnitOfWork, rows: Sequence[Row]) -> list[FormerIdentifiers]:
    """What identified those active partners without rows that once shared an identifier with one of these rows.

    The states of the partners found are loaded.
    """
    if not rows or not await work.there_are("former_identifiers"):
        return []
    asked = values_of(rows, ("nib", "nik_koperasi", "nik", "name"))
    former = [FormerIdentifiers(**record) for record in await work.fetch("former_sharing", *asked)]
    await work.load_states({each.partner for each in former})
    return [each for each in former if work.states[each.partner].is_active]


async def follow(work: UnitOfWork, merged: Mapping[UUID, UUID]) -> None:
    """What identified a merged partner identifies its survivor."""
    if merged:
        await work.execute("move_former", list(merged), list(merged.values()))


async def of(work: UnitOfWork, partners: Iterable[UUID]) -> list[FormerIdentifiers]:
    """What is kept of these partners."""
    return [FormerIdentifiers(**record) for record in await work.fetch("former_of", list(partners))]


async def erase(work: UnitOfWork, partners: Iterable[UUID]) -> None:
    """From now on no row gives these ids back."""
    await work.execute("erase_former", list(partners))
