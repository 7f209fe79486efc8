"""Who sends as which CloudEvents source: the agency whose accepted event used it first, until it is released."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.values import Refusal
from services.registration.writer.items import Item
from services.registration.writer.submissions import Events

MOST_SOURCES: Final = 100
"""So many sources may an agency have."""

ANOTHERS: Final = Refusal("conflict", "source", "Another agency sends under this source.")
TOO_MANY: Final = Refusal(
    "too_many_sources", "source", f"An agency has at most {MOST_SOURCES} sources: send under one of yours."
)


@dataclass(frozen=True, slots=True)
class SentBefore:
    """Of the events asked about those accepted already, by key; of their sources who has each that somebody has."""

    events: dict[UUID, asyncpg.Record]
    owners: dict[str, str]


async def sent_before(work: UnitOfWork, requests: Iterable[Events]) -> SentBefore:
    """What is known of the events of these requests and of their sources."""
    items = [item for request in requests for item in request.items if item.key is not None]
    asked = list({item.key for item in items}), list({item.source for item in items if item.source})
    records = await work.fetch("sent_before", *asked) if items else []
    return SentBefore(
        {record["key"]: record for record in records if record["key"] is not None},
        {record["source"]: record["agency"] for record in records if record["source"] is not None},
    )


async def check(work: UnitOfWork, agency: str, items: Iterable[Item], known: Mapping[str, str]) -> None:
    """Refuse the events of these that their agency may not send under their source; nothing is kept yet.

    `known`: who has the sources. One that nobody has is the agency's for the rest of the transaction, so that no other
    takes it meanwhile.
    """
    due = [item for item in items if item.source and item.is_due]
    asked = list(dict.fromkeys(item.source for item in due if item.source))
    if not asked:
        return
    owners = {**known, **work.sources}
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
