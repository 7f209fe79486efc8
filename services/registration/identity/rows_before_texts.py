"""Rows stored before texts without a meaning counted: sent again with these, they are still the same rows."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.registration.identity import listed_rows
from services.registration.identity.offers import Offer
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import ListPartner
from services.registration.intake.values import Refusal
from services.registration.orders import Order
from shared.database import columns


async def adopt(
    work: UnitOfWork,
    offered: Iterable[tuple[Order[ListPartner], Offer | Refusal]],
    cooperatives: Mapping[int, UUID | Refusal],
) -> None:
    """A row stored before all its texts counted is the first one that is sent again with such texts."""
    with_texts = [(at, order, offer) for at, (order, offer) in enumerate(offered) if order.command.other_texts]
    if not with_texts or not await work.there_are("rows_with_unknown_texts"):
        return
    first: dict[UUID, tuple[UUID, UUID]] = {}
    for at, order, offer in with_texts:
        cooperative = cooperatives.get(at)
        if isinstance(offer, Offer) and not isinstance(cooperative, Refusal):
            before = listed_rows.key_without_texts(work.vault, order, cooperative)
            first.setdefault(before, (offer.row.key, offer.content))
    await work.execute("adopt_versions", list(first), [now for now, _ in first.values()])
    await work.execute("adopt_evidence", *columns((before, *now) for before, now in first.items()))
