"""Who sends as which CloudEvents source: the agency whose accepted event used it first, until it is released."""

from collections.abc import Iterable
from typing import Final

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.values import Refusal
from services.registration.writer.items import Item

MOST_SOURCES: Final = 100
"""So many sources may an agency have."""

ANOTHERS: Final = Refusal("conflict", "source", "Another agency sends under this source.")
TOO_MANY: Final = Refusal(
    "too_many_sources", "source", f"An agency has at most {MOST_SOURCES} sources: send under one of yours."
)


async def check(work: UnitOfWork, agency: str, items: Iterable[Item]) -> None:
    """Refuse the events of these that their agency may not send under their source; nothing is kept yet.

    A source nobody has is the agency's for the rest of the transaction, so that no other takes it meanwhile.
    """
    due = [item for item in items if item.source and item.is_due]
    asked = list(dict.fromkeys(item.source for item in due if item.source))
    if not asked:
        return
    owners = {row["source"]: row["agency"] for row in await work.fetch("sources", asked)} | work.sources
    free = [source for source in asked if source not in owners]
    for source in free[: await _room(work, agency) if free else 0]:
        owners[source] = work.sources[source] = agency
    for item in due:
        owner = owners.get(item.source or "")
        if owner != agency:
            item.refusal = ANOTHERS if owner is not None else TOO_MANY


async def _room(work: UnitOfWork, agency: str) -> int:
    held: int = (await work.fetch("count_sources", agency))[0]["held"]
    return max(0, MOST_SOURCES - held - sum(each == agency for each in work.sources.values()))


async def keep(work: UnitOfWork, agency: str, accepted: Iterable[Item]) -> None:
    """The sources of these accepted events are the agency's from now on."""
    new = {item.source for item in accepted if item.source and work.sources.get(item.source) == agency}
    if new:
        await work.execute("take_sources", sorted(new), agency)
