"""Listings and delistings as evidence: what identifies a row, and which rows a delisting removes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from services.registration.identity import evidence, former_identifiers, grouping, lookup, matching
from services.registration.identity.former_identifiers import Former
from services.registration.identity.grouping import Offer, Regrouping
from services.registration.identity.profile import Row
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import values
from services.registration.intake.commands import DelistPartner, ListPartner, Reference
from services.registration.intake.values import Refusal

NOT_YET = 1 << 62
"""Sequence of rows that are not in the table yet: later than all that are."""

REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Sent:
    """A listing or delisting as an agency sent it, by import or event."""

    agency: str
    regions: tuple[str, ...]
    command: ListPartner | DelistPartner
    import_id: UUID | None = None


Fate = tuple[str | Refusal, UUID | None]
"""What became of it, and the partner it is about."""


async def take(work: UnitOfWork, sent: Sequence[Sent]) -> tuple[list[Fate], Regrouping]:
    """Take a run of listings as evidence."""
    cooperatives = await _cooperatives(work, sent)
    borrowed = await _borrowed(work, sent)
    refused: dict[int, Refusal] = {}
    offers: list[Offer] = []
    for at, each in enumerate(sent):
        cooperative, keys = cooperatives.get(at), borrowed.get(at)
        refusal = next((x for x in (cooperative, keys) if isinstance(x, Refusal)), None)
        if refusal is not None:
            refused[at] = refusal
        else:
            offer = _offer(work, each, len(offers), cooperative, keys)  # type: ignore[arg-type]
            if isinstance(offer, Refusal):
                refused[at] = offer
            else:
                offers.append(offer)
    regrouping = await grouping.regroup(work, offers)
    accepted = iter(zip(regrouping.fates, regrouping.partners, strict=True))
    return [(refused[at], None) if at in refused else next(accepted) for at in range(len(sent))], regrouping


async def drop(work: UnitOfWork, sent: Sequence[Sent]) -> tuple[list[Fate], Regrouping]:
    """Remove the rows by which partners stand on lists they are no longer on.

    Nobody known by these identifiers stands there already; only an unknown id or ref is a mistake.
    """
    asked = [(each.agency, each.regions, each.command.partner) for each in sent]
    keys = await lookup.anchor(work, asked, [None] * len(asked), [each.command.list for each in sent])
    found = await lookup.find(work, [k for k in keys if not isinstance(k, Refusal)])
    meant = iter(found)
    partners = [None if isinstance(k, Refusal) else next(meant) for k in keys]
    rows = await work.fetch(
        "rows_of_list",
        [each.agency for each in sent],
        [each.command.list for each in sent],
        partners,
    )
    standing = {(row["agency"], row["list"], row["partner_id"]) for row in rows}
    regrouping = await grouping.regroup(work, [], [row["key"] for row in rows])
    fates: list[Fate] = []
    for each, key, partner in zip(sent, keys, partners, strict=True):
        if isinstance(key, Refusal):
            fates.append((key, None))
        else:
            there = (each.agency, each.command.list, partner) in standing
            fates.append((REMOVED if there else grouping.UNCHANGED, partner))
    return fates, regrouping


async def _cooperatives(work: UnitOfWork, sent: Sequence[Sent]) -> dict[int, UUID | Refusal]:
    """The cooperative each listing says it belongs to; one that nobody knows refuses the listing."""
    asked = [
        (at, each, each.command.cooperative)
        for at, each in enumerate(sent)
        if isinstance(each.command, ListPartner) and each.command.cooperative is not None
    ]
    if not asked:
        return {}
    regions = [each.command.region for _, each, _ in asked if isinstance(each.command, ListPartner)]
    lists = [each.command.list for _, each, _ in asked]
    keys = await lookup.anchor(work, [(each.agency, each.regions, ref) for _, each, ref in asked], regions, lists)
    answers: dict[int, UUID | Refusal] = {}
    good = [(at, key) for (at, _, _), key in zip(asked, keys, strict=True) if not isinstance(key, Refusal)]
    found = await lookup.find(work, [key for _, key in good])
    for (at, _, _), key in zip(asked, keys, strict=True):
        if isinstance(key, Refusal):
            answers[at] = Refusal(key.code, "cooperative", key.detail)
    for (at, _), partner in zip(good, found, strict=True):
        answers[at] = partner or Refusal("partner_unknown", "cooperative", "No such cooperative is known.")
    return answers


async def _borrowed(work: UnitOfWork, sent: Sequence[Sent]) -> dict[int, Row | Former | Refusal | None]:
    """For listings that name a partner by id: a row of it, standing or removed, that ties the new one to it.

    An id beside the NIB of another partner is a `conflict`.
    """
    asked = [(at, each, each.command.partner.id) for at, each in enumerate(sent) if each.command.partner.id]
    if not asked:
        return {}
    references = [
        (each.agency, each.regions, Reference(id=given, nib=each.command.partner.nib)) for _, each, given in asked
    ]
    keys = await lookup.anchor(work, references, [None] * len(asked))
    anchors = [key.anchor_partner for key in keys if not isinstance(key, Refusal) and key.anchor_partner]
    rows: dict[UUID, Row | Former] = {}
    for record in await work.fetch("evidence_of_partners", anchors):
        rows[record["partner_id"]] = _telling(rows.get(record["partner_id"]), evidence.to_row(record))
    for former in await former_identifiers.of(work, [partner for partner in anchors if partner not in rows]):
        rows[former.partner] = _telling(rows.get(former.partner), former)
    return {
        at: key if isinstance(key, Refusal) else rows.get(key.anchor_partner) if key.anchor_partner else None
        for (at, _, _), key in zip(asked, keys, strict=True)
    }


def _telling(held: Row | Former | None, row: Row | Former) -> Row | Former:
    """Of a partner's rows the one that identifies it best: with a NIB, else a NIK Koperasi, else a NIK."""
    if held is None:
        return row
    return max(held, row, key=lambda r: (r.nib is not None, r.nik_koperasi is not None, r.nik is not None))


def _offer(
    work: UnitOfWork, each: Sent, number: int, cooperative: UUID | None, borrowed: Row | Former | None
) -> Offer | Refusal:
    command = each.command
    assert isinstance(command, ListPartner)
    partner, heads, said = command.partner, command.heads, command.contact
    name = values.name_key(command.name)
    nik, nib, koperasi = partner.nik, int(partner.nib) if partner.nib else None, partner.nik_koperasi
    spoken = (said.person, said.phone, said.email, said.language, said.address)
    content = work.vault.hash(
        "content",
        *(name if partner.ref is None else command.name, command.region, nik, nib, koperasi, command.kind),
        *(command.scale, command.occupation, cooperative, *spoken),
        *(heads.total, heads.management, heads.staff, heads.labour),
    )
    key = ("ref", partner.ref) if partner.ref is not None else ("row", content)
    row = Row(
        key=work.vault.hash("evidence", each.agency, command.list, *key),
        sequence=NOT_YET + number,
        partner=None,
        agency=each.agency,
        list=command.list,
        nib=nib,
        nik_koperasi=koperasi,
        nik=work.vault.nik(nik),
        name=work.vault.name(name, command.region),
        region=command.region,
        kind=command.kind,
        first_listed=command.listed_on,
        last_listed=command.listed_on,
        line=command.line,
        scale=command.scale,
        occupation=command.occupation,
        cooperative=cooperative,
        heads=heads,
        import_id=each.import_id,
    )
    said_here = {"name": command.name, "nik": nik, "person": said.person, "phone": said.phone, "email": said.email}
    told: dict[str, Any] = said_here | {"language": said.language, "address": said.address}
    tied = _tied(row, borrowed)
    return tied if isinstance(tied, Refusal) else Offer(tied, content, partner.ref, told)


def _tied(row: Row, borrowed: Row | Former | None) -> Row | Refusal:
    """A row that names its partner by id takes from the partner's row what identifiers it lacks, or the name."""
    if borrowed is None or (isinstance(borrowed, Row) and borrowed.key == row.key):
        return row
    if (borrowed.nib, borrowed.nik_koperasi, borrowed.nik) == (None, None, None):
        return replace(row, name=borrowed.name)
    tied = replace(
        row,
        nib=borrowed.nib if row.nib is None else row.nib,
        nik_koperasi=row.nik_koperasi or borrowed.nik_koperasi,
        nik=row.nik or borrowed.nik,
    )
    if len(matching.cluster([tied, borrowed])) > 1:
        return Refusal("conflict", "partner", "The id means a partner with other identifiers.")
    return tied
