"""Listings and delistings as evidence: what identifies a row, and which rows a delisting removes."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from services.registration.identity import evidence, former_identifiers, grouping, lookup, matching
from services.registration.identity.former_identifiers import FormerIdentifiers
from services.registration.identity.keys import Keys
from services.registration.identity.lookup import Mention
from services.registration.identity.offers import Offer
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import values
from services.registration.intake.commands import DelistPartner, ListPartner, Reference
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from shared.turns import in_turns

NOT_STORED_YET = 1 << 62
"""Sequence of rows that are not in the table yet: later than all that are."""

Identified = Row | FormerIdentifiers
"""A row of a partner, or what identified one that was removed."""


async def list_partners(work: UnitOfWork, orders: Sequence[Order[ListPartner]]) -> tuple[list[Outcome], Touched]:
    """Take a run of listings as evidence; the outcomes are in the given order."""
    cooperatives = await _cooperatives(work, orders)
    named = await _named_by_id(work, orders)
    offers = [
        _offer(work, order, NOT_STORED_YET + at, cooperatives.get(at), named.get(at))
        async for at, order in in_turns(enumerate(orders))
    ]
    accepted, touched = await grouping.regroup(work, [offer for offer in offers if isinstance(offer, Offer)])
    following = iter(accepted)
    return [offer if isinstance(offer, Refusal) else next(following) for offer in offers], touched


async def delist_partners(work: UnitOfWork, orders: Sequence[Order[DelistPartner]]) -> tuple[list[Outcome], Touched]:
    """Remove the rows by which partners stand on these lists; the outcomes are in the given order.

    A partner that is not on the list, or that nobody knows, changes nothing; only an unknown id or ref is refused.
    """
    keys = await lookup.anchored_keys(work, [_mention(order) for order in orders])
    partners = await _partners(work, keys)
    agencies, lists = [order.agency for order in orders], [order.command.list for order in orders]
    rows = await work.fetch("rows_of_list", agencies, lists, partners)
    listed = {(row["agency"], row["list"], row["partner_id"]) for row in rows}
    _, touched = await grouping.regroup(work, [], [row["key"] for row in rows])
    outcomes: list[Outcome] = []
    for agency, name, key, partner in zip(agencies, lists, keys, partners, strict=True):
        effect = Effect.REMOVED if (agency, name, partner) in listed else Effect.UNCHANGED
        outcomes.append(key if isinstance(key, Refusal) else Accepted(effect, partner))
    return outcomes, touched


def _mention(order: Order[DelistPartner]) -> Mention:
    return Mention(order.agency, order.regions, order.command.partner, None, order.command.list)


async def _partners(work: UnitOfWork, keys: Sequence[Keys | Refusal]) -> list[UUID | None]:
    """The partner of each of these keys, None where there is none or the keys are refused."""
    found = iter(await lookup.find(work, [key for key in keys if isinstance(key, Keys)]))
    return [next(found) if isinstance(key, Keys) else None for key in keys]


async def _cooperatives(work: UnitOfWork, orders: Sequence[Order[ListPartner]]) -> dict[int, UUID | Refusal]:
    """The cooperative that each listing names, by its place; one that nobody knows refuses the listing."""
    mentions = {
        at: Mention(order.agency, order.regions, order.command.cooperative, order.command.region, order.command.list)
        for at, order in enumerate(orders)
        if order.command.cooperative is not None
    }
    if not mentions:
        return {}
    keys = await lookup.anchored_keys(work, list(mentions.values()))
    partners = await _partners(work, keys)
    return {
        at: Refusal(key.code, "cooperative", key.detail)
        if isinstance(key, Refusal)
        else partner or Refusal("partner_unknown", "cooperative", "No such cooperative is known.")
        for at, key, partner in zip(mentions, keys, partners, strict=True)
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
    rows = await _best_rows(work, [key.anchor_partner for key in keys if isinstance(key, Keys) and key.anchor_partner])
    return {
        at: key if isinstance(key, Refusal) else rows.get(key.anchor_partner) if key.anchor_partner else None
        for at, key in zip(mentions, keys, strict=True)
    }


async def _best_rows(work: UnitOfWork, partners: Sequence[UUID]) -> dict[UUID, Identified]:
    """Of each partner the row that identifies it best, of one without rows what identified it before."""
    best: dict[UUID, Identified] = {}
    for record in await work.fetch("evidence_of_partners", partners):
        best[record["partner_id"]] = _better(best.get(record["partner_id"]), evidence.to_row(record))
    for former in await former_identifiers.of(work, [partner for partner in partners if partner not in best]):
        best[former.partner] = _better(best.get(former.partner), former)
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
    name = values.name_key(order.command.name)
    content = _content(work, order.command, name, cooperative)
    row = _tied(_row(work, order, sequence, name, content, cooperative), named)
    return row if isinstance(row, Refusal) else Offer(row, content, order.command.partner.ref, _personal(order.command))


def _content(work: UnitOfWork, command: ListPartner, name: str, cooperative: UUID | None) -> UUID:
    """A hash of all that the listing says of the partner; of a name only what is compared, unless it has a ref."""
    partner, heads, contact = command.partner, command.heads, command.contact
    return work.vault.hash(
        "content",
        *(name if partner.ref is None else command.name, command.region, partner.nik),
        *(int(partner.nib) if partner.nib else None, partner.nik_koperasi, command.kind),
        *(command.scale, command.occupation, cooperative),
        *(contact.person, contact.phone, contact.email, contact.language, contact.address),
        *(heads.total, heads.management, heads.staff, heads.labour),
    )


def _row(
    work: UnitOfWork,
    order: Order[ListPartner],
    sequence: int,
    name: str,
    content: UUID,
    cooperative: UUID | None,
) -> Row:
    """The row, whose key sets it apart from the others of its list by its ref or else by its content."""
    command, partner = order.command, order.command.partner
    key = ("ref", partner.ref) if partner.ref is not None else ("row", content)
    return Row(
        key=work.vault.hash("evidence", order.agency, command.list, *key),
        sequence=sequence,
        partner=None,
        agency=order.agency,
        list=command.list,
        nib=int(partner.nib) if partner.nib else None,
        nik_koperasi=partner.nik_koperasi,
        nik=work.vault.nik(partner.nik),
        name=work.vault.name(name, command.region),
        region=command.region,
        kind=command.kind,
        first_listed=command.listed_on,
        last_listed=command.listed_on,
        line=command.line,
        scale=command.scale,
        occupation=command.occupation,
        cooperative=cooperative,
        heads=command.heads,
        import_id=order.import_id,
    )


def _personal(command: ListPartner) -> dict[str, str | None]:
    """What is personal in a listing, as it is sealed."""
    contact = command.contact
    return {
        "name": command.name,
        "nik": command.partner.nik,
        "person": contact.person,
        "phone": contact.phone,
        "email": contact.email,
        "language": contact.language,
        "address": contact.address,
    }


def _tied(row: Row, named: Identified | None) -> Row | Refusal:
    """A row that names its partner by id takes from the partner's row the identifiers that it lacks, or the name."""
    if named is None or (isinstance(named, Row) and named.key == row.key):
        return row
    if (named.nib, named.nik_koperasi, named.nik) == (None, None, None):
        return replace(row, name=named.name)
    tied = replace(
        row,
        nib=named.nib if row.nib is None else row.nib,
        nik_koperasi=row.nik_koperasi or named.nik_koperasi,
        nik=row.nik or named.nik,
    )
    if len(matching.cluster([tied, named])) > 1:
        return Refusal("conflict", "partner", "The id means a partner with other identifiers.")
    return tied
