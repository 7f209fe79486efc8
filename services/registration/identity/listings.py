"""Listings and delistings as evidence: what identifies a row, and which rows a delisting removes."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace

from services.registration.identity import (
    cooperatives,
    evidence,
    former_identifiers,
    grouping,
    kept_decisions,
    listed_rows,
    lookup,
    matching,
    rows_before_texts,
)
from services.registration.identity.former_identifiers import FormerIdentifiers
from services.registration.identity.keys import Keys
from services.registration.identity.lookup import Mention
from services.registration.identity.offers import Offer
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import DelistPartner, ListPartner, Reference, SettleRows
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from shared.turns import in_turns

NOT_STORED_YET = 1 << 62
"""Sequence of rows that are not in the table yet: later than all that are."""

Identified = Row | FormerIdentifiers
"""A row of a partner, or what identified one that was removed."""


async def list_partners(work: UnitOfWork, orders: Sequence[Order[ListPartner]]) -> tuple[list[Outcome], Touched]:
    """Take a run of listings as evidence; the outcomes are in the given order."""
    named_cooperatives = await cooperatives.find(work, _cooperatives(orders))
    named = await _named_by_id(work, orders)
    offers = [
        _offer(work, order, NOT_STORED_YET + at, named_cooperatives.get(at), named.get(at))
        async for at, order in in_turns(enumerate(orders))
    ]
    await kept_decisions.tie(work, _ties(offers, named))
    await rows_before_texts.adopt(work, zip(orders, offers, strict=True), named_cooperatives)
    accepted, touched = await grouping.regroup(work, [offer for offer in offers if isinstance(offer, Offer)])
    following = iter(accepted)
    return [offer if isinstance(offer, Refusal) else next(following) for offer in offers], touched


async def delist_partners(work: UnitOfWork, orders: Sequence[Order[DelistPartner]]) -> tuple[list[Outcome], Touched]:
    """Remove the rows by which partners stand on these lists; the outcomes are in the given order.

    A partner that is not on the list, or that nobody knows, changes nothing; only an unknown id or ref is refused.
    """
    keys = await lookup.anchored_keys(work, [_mention(order) for order in orders])
    partners = await lookup.partners_of(work, keys)
    agencies, lists = [order.agency for order in orders], [order.command.list for order in orders]
    rows = await work.fetch("rows_of_list", agencies, lists, partners)
    listed = {(row["agency"], row["list"], row["partner_id"]) for row in rows}
    _, touched = await grouping.regroup(work, [], [row["key"] for row in rows])
    outcomes: list[Outcome] = []
    for agency, name, key, partner in zip(agencies, lists, keys, partners, strict=True):
        effect = Effect.REMOVED if (agency, name, partner) in listed else Effect.UNCHANGED
        known = partner if effect is Effect.REMOVED else None  # else it would show that others list it
        outcomes.append(key if isinstance(key, Refusal) else Accepted(effect, known))
    return outcomes, touched


async def settle(work: UnitOfWork, orders: Sequence[Order[SettleRows]]) -> tuple[list[Outcome], Touched]:
    """Settle whose these stored rows are, since they are joined otherwise than before."""
    keys = [UUID(key) for order in orders for key in order.command.keys]
    rows = [evidence.to_row(record) for record in await work.fetch("evidence_by_key", keys)]
    _, touched = await grouping.regroup(work, [], again=rows)
    return [Accepted(Effect.CHANGED) for _ in orders], touched


def _mention(order: Order[DelistPartner]) -> Mention:
    return Mention(order.agency, order.regions, order.command.partner, None, order.command.list)


def _cooperatives(orders: Sequence[Order[ListPartner]]) -> dict[int, Mention]:
    """The cooperative that each listing names, by its place; one that nobody knows refuses the listing."""
    return {
        at: Mention(order.agency, order.regions, named, order.command.region, order.command.list)
        for at, order in enumerate(orders)
        if (named := order.command.cooperative) is not None
    }


async def _named_by_id(
    work: UnitOfWork, orders: Sequence[Order[ListPartner]]
) -> dict[int, Identified | Refusal | None]:
    """For listings that name a partner by id, by their place: the row, held or removed, that identifies it best.

    An id beside the NIB of another partner is a `conflict`.
    """
    mentions = {
        at: Mention(order.agency, order.regions, Reference(id=partner.id, nib=partner.nib))
        for at, order in enumerate(orders)
        if (partner := order.command.partner).id
    }
    if not mentions:
        return {}
    keys = await lookup.anchored_keys(work, list(mentions.values()))
    asked = [
        (mention.agency, key.anchor_partner)
        for mention, key in zip(mentions.values(), keys, strict=True)
        if isinstance(key, Keys) and key.anchor_partner
    ]
    best = await _best_rows(work, [partner for _, partner in asked])
    return {
        at: key if isinstance(key, Refusal) else _named(best, mention.agency, key.anchor_partner)
        for (at, mention), key in zip(mentions.items(), keys, strict=True)
    }


ANYBODY = ""
"""Whoever listed a partner, which no agency is called."""
Best = dict[tuple[str, UUID], Identified]
"""(agency or ANYBODY, partner) → the row that identifies the partner best."""


def _named(best: Best, agency: str, partner: UUID | None) -> Identified | None:
    """The agency's own row: what others' rows hold is neither copied nor compared where it lists the partner."""
    return None if partner is None else best.get((agency, partner)) or best.get((ANYBODY, partner))


async def _best_rows(work: UnitOfWork, partners: Sequence[UUID]) -> Best:
    """Of each partner the row that identifies it best, of one without rows what identified it before."""
    best: Best = {}
    for record in await work.fetch("evidence_of_partners", partners):
        for whose in (record["agency"], ANYBODY):
            key = whose, record["partner_id"]
            best[key] = _better(best.get(key), evidence.to_row(record))
    missing = [partner for partner in partners if (ANYBODY, partner) not in best]
    for former in await former_identifiers.of(work, missing):
        best[ANYBODY, former.partner] = _better(best.get((ANYBODY, former.partner)), former)
    return best


def _better(held: Identified | None, row: Identified) -> Identified:
    """The one with a NIB, else a NIK Koperasi, else a NIK."""
    if held is None:
        return row
    return max(held, row, key=lambda r: (r.nib is not None, r.nik_koperasi is not None, r.nik is not None))


def _offer(
    work: UnitOfWork,
    order: Order[ListPartner],
    sequence: int,
    cooperative: UUID | Refusal | None,
    named: Identified | Refusal | None,
) -> Offer | Refusal:
    """The listing as evidence. `named`: a row of the partner that it names by id."""
    if isinstance(cooperative, Refusal):
        return cooperative
    if isinstance(named, Refusal):
        return named
    hashed = order.hashes or listed_rows.hashes(work.vault, order.agency, order.command, cooperative)
    row = _tied(listed_rows.row(order, sequence, hashed, cooperative), named)
    if isinstance(row, Refusal):
        return row
    return Offer(row, hashed.content, order.command.partner.ref, listed_rows.personal(order.command))


def _tied(row: Row, named: Identified | None) -> Row | Refusal:
    """A row that names its partner by id takes from the partner's row the numbers that it lacks."""
    if named is None or (isinstance(named, Row) and named.key == row.key):
        return row
    tied = replace(
        row,
        name=named.name if _has_no_number(named) else row.name,
        nib=named.nib if row.nib is None else row.nib,
        nik_koperasi=row.nik_koperasi or named.nik_koperasi,
        nik=row.nik or named.nik,
    )
    if not _has_no_number(named) and len(matching.by_number([tied, named])) > 1:
        return Refusal("conflict", "partner", "The id means a partner with other identifiers.")
    return tied


def _has_no_number(row: Identified) -> bool:
    return (row.nib, row.nik_koperasi, row.nik) == (None, None, None)


def _ties(offers: Sequence[Offer | Refusal], named: Mapping[int, Identified | Refusal | None]) -> list[tuple[Row, Row]]:
    """The rows that only their id ties to a partner, with a row of that."""
    found = []
    for at, offer in enumerate(offers):
        other = named.get(at)
        if isinstance(offer, Offer) and isinstance(other, Row) and _has_no_number(other) and other.key != offer.row.key:
            found.append((offer.row, other))
    return found
