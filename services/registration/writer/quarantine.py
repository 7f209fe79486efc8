"""Refused events as the agency's quarantine keeps them: as they were sent, sealed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import data_subject, health_data
from services.registration.intake.commands import Command
from services.registration.intake.data_subject import DataSubject
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from services.registration.records import missed
from services.registration.writer.items import Item
from shared.database import columns
from shared.regions import Regions


@dataclass(frozen=True, slots=True)
class Retry:
    """An entry of the quarantine that is sent again; `by_itself`: since what it missed has arrived."""

    entry: UUID
    by_itself: bool = False


Refused = tuple[str, tuple[str, ...], Sequence[Item]]
"""An agency, its regions, and events of it that are refused."""


async def enter(work: UnitOfWork, refused: Iterable[Refused]) -> None:
    """Keep refused events as they were sent; the same event refused again replaces what is kept of it."""
    kept: dict[Any, tuple[Any, ...]] = {}
    for agency, regions, items in refused:
        for item in items:
            key = None if item.refusal is None or item.refusal.code == "id_reused" else item.key
            kept[key or len(kept)] = _entry(work, agency, regions, item, key)
            assert item.refusal is not None
            work.refused[item.refusal.code] += 1
    if kept:
        if any(misses is not None for *_, misses in kept.values()):
            work.added("missed")
        await work.execute("enter_quarantine", *columns(kept.values()))


def _entry(work: UnitOfWork, agency: str, regions: tuple[str, ...], item: Item, key: UUID | None) -> tuple[Any, ...]:
    refusal = item.refusal
    assert refusal is not None
    found = read_data_subject(item.raw, work.regions, regions).hashed(work.vault)
    row = (work.ids(), agency, key, item.type, refusal.code, refusal.field, refusal.detail, *found)
    misses = missed.of_refused(work.vault, agency, item.command, refusal)
    return (*row, work.vault.seal(health_data.without(item.raw)), work.now, misses)


async def update_entry(
    work: UnitOfWork, retry: Retry, agency: str, command: Command | Refusal | None, refusal: Refusal | None
) -> None:
    """An entry leaves the quarantine when it is accepted; else it keeps why it is refused now."""
    if refusal is None:
        await work.execute("settle_retried", retry.entry, agency, retry.by_itself)
    else:
        misses = missed.of_refused(work.vault, agency, command, refusal)
        await work.execute(
            "set_refusal", retry.entry, agency, refusal.code, refusal.field, refusal.detail, misses, work.now
        )


def read_data_subject(raw: Any, regions: Regions, regions_of_agency: tuple[str, ...]) -> DataSubject:
    """Whose a refused event is, sent by an agency of these regions."""
    return data_subject.of_event(data_subject.event_data(raw), Jurisdiction(regions, regions_of_agency))
