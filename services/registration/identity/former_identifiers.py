"""What identified a partner in rows that were removed: a new row that would have joined them gives it back its id."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.registration.identity import matching
from services.registration.identity.profile import Row
from services.registration.identity.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Former:
    """What a removed row of a partner was identified by."""

    partner: UUID
    nib: int | None
    nik_koperasi: str | None
    nik: UUID | None
    name: UUID


async def remember(work: UnitOfWork, gone: Sequence[Row]) -> None:
    """Keep what these rows were identified by; it counts once their partner has no row left."""
    held = [(row.partner, row.nib, row.nik_koperasi, row.nik, row.name) for row in gone]
    if held:
        await work.execute("remember_former", *(list(column) for column in zip(*held, strict=True)))


async def recalled(
    work: UnitOfWork, new: Sequence[Row], rows: Sequence[Row], groups: Sequence[Sequence[int]], vetoed: Collection[UUID]
) -> list[list[UUID]]:
    """The partners without rows that each group turns out to be; only groups with a new row can be one."""
    former = await _sharing(work, new)
    if not former:
        return [[] for _ in groups]
    keys = {row.key for row in new}
    touched = [group if any(rows[at].key in keys for at in group) else () for group in groups]
    return matching.recall(rows, touched, former, vetoed)


async def _sharing(work: UnitOfWork, new: Sequence[Row]) -> list[Former]:
    """What identified the rowless partners that once shared a NIB, NIK Koperasi, NIK or name with one of these."""
    asked = [list({getattr(row, key) for row in new} - {None}) for key in ("nib", "nik_koperasi", "nik", "name")]
    former = [Former(**record) for record in await work.fetch("former_sharing", *asked)]
    await work.known({each.partner for each in former})
    return [each for each in former if work.states[each.partner].status == "active"]


async def follow(work: UnitOfWork, merged: Mapping[UUID, UUID]) -> None:
    """What identified a merged partner identifies its survivor."""
    if merged:
        await work.execute("move_former", list(merged), list(merged.values()))


async def of(work: UnitOfWork, partners: Iterable[UUID]) -> list[Former]:
    """What is remembered of these partners."""
    return [Former(**record) for record in await work.fetch("former_of", list(partners))]


async def forget(work: UnitOfWork, partners: Iterable[UUID]) -> None:
    """Nothing brings these ids back."""
    await work.execute("forget_former", list(partners))
