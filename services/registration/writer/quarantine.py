"""Refused events as the agency's quarantine keeps them: as they were sent, sealed."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import data_subject, health_data
from services.registration.intake.data_subject import DataSubject
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from services.registration.writer.items import Item
from shared.database import columns
from shared.regions import Regions

Refused = tuple[str, tuple[str, ...], Sequence[Item]]
"""An agency, its regions, and events of it that are refused."""


async def enter(work: UnitOfWork, refused: Iterable[Refused]) -> None:
    """Keep refused events as they were sent; the same event refused again replaces what is kept of it."""
    kept: dict[Any, tuple[Any, ...]] = {}
    for agency, regions, items in refused:
        for item in items:
            key = None if item.refusal is None or item.refusal.code == "id_reused" else item.key
            kept[key or len(kept)] = _entry(work, agency, regions, item, key)
    if kept:
        await work.execute("enter_quarantine", *columns(kept.values()))


def _entry(work: UnitOfWork, agency: str, regions: tuple[str, ...], item: Item, key: UUID | None) -> tuple[Any, ...]:
    refusal = item.refusal
    assert refusal is not None
    found = read_data_subject(item.raw, work.regions, regions).hashed(work.vault)
    row = (work.ids(), agency, key, item.type, refusal.code, refusal.field, refusal.detail, *found)
    return (*row, work.vault.seal(health_data.without(item.raw)), work.now)


async def update_entry(work: UnitOfWork, entry: UUID, agency: str, refusal: Refusal | None) -> None:
    """A corrected entry leaves the quarantine when it is accepted; else it keeps why it is refused now."""
    if refusal is None:
        await work.execute("drop_quarantined", entry, agency)
    else:
        await work.execute("set_refusal", entry, agency, refusal.code, refusal.field, refusal.detail)


def read_data_subject(raw: Any, regions: Regions, regions_of_agency: tuple[str, ...]) -> DataSubject:
    """Whose a refused event is, sent by an agency of these regions."""
    return data_subject.of_event(data_subject.event_data(raw), Jurisdiction(regions, regions_of_agency))
