"""Which partner a reference means: by id or ref if given, else NIB, else NIK, else name + regency, under the vetoes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.registration.identity import contact_hashes
from services.registration.identity.keys import Keys, Known, is_ambiguous, look_up
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import values
from services.registration.intake.cells import names
from services.registration.intake.commands import ContactDetails, Reference
from services.registration.intake.values import Refusal
from shared.database import columns

NO_CONTACT = ContactDetails()
KEY_COLUMNS = tuple(field.name for field in fields(Keys))

ById = dict[str, tuple[UUID, str | None]]
"""Partner id as sent → (the partner that answers for it, its region)."""
ByRef = dict[tuple[str, str, str | None], UUID | Refusal]
"""(agency, ref, list) → the key of the row it means, or why it means none."""


class Mention(NamedTuple):
    """A partner as an agency refers to it. `regions`: the agency's; `region`: where a name without one belongs;
    `list`: the list on which a ref is meant, None for any."""

    agency: str
    regions: tuple[str, ...]
    reference: Reference
    region: str | None = None
    list: str | None = None
    contact: ContactDetails = NO_CONTACT
    of_office: bool = False
    """Whether an office refers to it for an enrolment: it is shown a NIB of another partner, whoever lists that."""


def keys_from(record: asyncpg.Record) -> Keys:
    """The keys in a row of `participant` or `attendance`."""
    return Keys(*(record[name] for name in KEY_COLUMNS))


def keys_of(
    work: UnitOfWork, partner: Reference, region: str | None = None, contact: ContactDetails = NO_CONTACT
) -> Keys:
    """The keys in a reference, anchors aside; a name counts with the region it is in."""
    where = partner.region or region
    name = work.vault.name(names.name_key(partner.name), where) if partner.name and where else None
    nib = int(partner.nib) if partner.nib else None
    keys = Keys(nib, partner.nik_koperasi, work.vault.nik(partner.nik), name)
    if contact == NO_CONTACT:
        return keys
    phone, email, owner = contact_hashes.of(work.vault, contact, partner.name)
    return replace(keys, phone=phone, email=email, owner=owner)


async def anchored_keys(work: UnitOfWork, mentions: Sequence[Mention]) -> list[Keys | Refusal]:
    """The keys of each mention, anchored where an id or ref is given.

    An id or ref of no partner in the agency's regions or on its lists is `partner_unknown`; beside the NIB of another
    partner on its lists it is a `conflict`, and so is a ref that is another partner's on another list, unless the
    mention names the list.
    """
    by_id = await _by_id(work, [mention.reference for mention in mentions])
    by_ref = await _by_ref(work, [(m.agency, m.reference.ref, m.list) for m in mentions if m.reference.ref])
    own = await _own_abroad(work, mentions, by_id)
    answers = [_anchor(work, mention, by_id, by_ref, own) for mention in mentions]
    return await _without_conflicts(work, mentions, answers)


Listed = set[tuple[str, UUID]]
"""(agency, partner) of those that the agency lists."""


async def _own_abroad(work: UnitOfWork, mentions: Sequence[Mention], by_id: ById) -> Listed:
    """The partners that are mentioned by id, are outside the agency's regions and are on its lists."""
    pairs = []
    for mention in mentions:
        partner, region = by_id.get(mention.reference.id or "", (None, None))
        if partner is not None and not work.regions.within(mention.regions, region or ""):
            pairs.append((mention.agency, partner))
    return await _listed(work, pairs)


async def _listed(work: UnitOfWork, pairs: Sequence[tuple[str, UUID]]) -> Listed:
    records = await work.fetch("listed_among", *columns(pairs)) if pairs else ()
    return {(row["agency"], row["partner_id"]) for row in records}


def _anchor(work: UnitOfWork, mention: Mention, by_id: ById, by_ref: ByRef, own: Listed) -> Keys | Refusal:
    reference = mention.reference
    keys = keys_of(work, reference, mention.region, mention.contact)
    if reference.id is not None:
        partner, region = by_id.get(reference.id, (None, None))
        is_near = work.regions.within(mention.regions, region or "")
        if partner is None or not (is_near or (mention.agency, partner) in own):
            return _unknown("id")
        return replace(keys, anchor_partner=partner)
    if reference.ref is not None:
        row = by_ref.get((mention.agency, reference.ref, mention.list), _unknown("ref"))
        return row if isinstance(row, Refusal) else replace(keys, anchor_row=row)
    return keys


async def _without_conflicts(
    work: UnitOfWork, mentions: Sequence[Mention], answers: list[Keys | Refusal]
) -> list[Keys | Refusal]:
    """Refuse those whose id or ref is one partner's and whose NIB is another's that the agency lists too."""
    doubtful = [
        (at, keys)
        for at, keys in enumerate(answers)
        if isinstance(keys, Keys) and keys.nib is not None and (keys.anchor_row or keys.anchor_partner)
    ]
    by_anchor = await find(work, [keys for _, keys in doubtful])
    by_nib = await find(work, [Keys(nib=keys.nib) for _, keys in doubtful])
    differing = [
        (at, other)
        for (at, _), one, other in zip(doubtful, by_anchor, by_nib, strict=True)
        if other is not None and one != other
    ]
    listed = await _listed(work, [(mentions[at].agency, other) for at, other in differing])
    for at, other in differing:
        if mentions[at].of_office or (mentions[at].agency, other) in listed:
            answers[at] = Refusal("conflict", "partner", "The id or ref means one partner, the NIB another.")
    return answers


def _unknown(field: str) -> Refusal:
    return Refusal("partner_unknown", f"partner.{field}", f"No partner you may speak for has this {field}.")


async def _by_id(work: UnitOfWork, references: Sequence[Reference]) -> ById:
    given = {reference.id for reference in references if reference.id}
    asked = {text: uuid for text in given if (uuid := values.uuid_or_none(text))}
    if not asked:
        return {}
    records = {row["asked"]: row for row in await work.fetch("survivors", list(asked.values()))}
    return {
        text: (records[uuid]["partner_id"], records[uuid]["region"]) for text, uuid in asked.items() if uuid in records
    }


async def _by_ref(work: UnitOfWork, asked: Sequence[tuple[str, str | None, str | None]]) -> ByRef:
    if not asked:
        return {}
    records = await work.fetch("rows_by_ref", *columns(set(asked)))
    several = Refusal("conflict", "partner.ref", "On your lists this ref means more than one partner.")
    return {(row["agency"], row["ref"], row["list"]): several if row["several"] else row["key"] for row in records}


class Found(NamedTuple):
    """The partner that is meant; None, also where several of the name are (`is_ambiguous`)."""

    partner: UUID | None
    is_ambiguous: bool


async def find(work: UnitOfWork, asked: Sequence[Keys]) -> list[UUID | None]:
    """The partner that each of these means, or None; a look-up never joins partners."""
    return [found.partner for found in await look_up_all(work, asked)]


async def look_up_all(work: UnitOfWork, asked: Sequence[Keys]) -> list[Found]:
    """The partner that each of these means, or why there is none."""
    if not asked:
        return []
    anchored = await _anchored(work, asked)
    holders = await _holders(work, asked)
    return [_found(keys, anchored.get(keys.anchor_row or keys.anchor_partner), holders) for keys in asked]


def _found(keys: Keys, anchored: UUID | None, holders: Mapping[tuple[str, Any], Sequence[Known[UUID]]]) -> Found:
    by_name = holders.get(("name", keys.name), ())
    partner = anchored or look_up(
        keys.nib,
        keys.nik,
        holders.get(("nib", keys.nib)) or holders.get(("nik_koperasi", keys.nik_koperasi)) or (),
        holders.get(("nik", keys.nik), ()),
        by_name,
        {keys.phone, keys.email, keys.owner} - {None},
    )
    return Found(partner, partner is None and is_ambiguous(keys.nib, keys.nik, by_name))


async def partners_of(work: UnitOfWork, keys: Sequence[Keys | Refusal]) -> list[UUID | None]:
    """The partner of each of these keys, None where there is none or the keys are refused."""
    found = iter(await find(work, [key for key in keys if isinstance(key, Keys)]))
    return [next(found) if isinstance(key, Keys) else None for key in keys]


async def _anchored(work: UnitOfWork, asked: Sequence[Keys]) -> dict[UUID | None, UUID]:
    rows = [keys.anchor_row for keys in asked if keys.anchor_row]
    partners = [keys.anchor_partner for keys in asked if keys.anchor_partner]
    found: dict[UUID | None, UUID] = {}
    if rows:
        found |= {row["key"]: row["partner_id"] for row in await work.fetch("partners_of_rows", rows)}
    if partners:
        found |= {row["asked"]: row["partner_id"] for row in await work.fetch("survivors", partners)}
    return {key: work.current(partner) for key, partner in found.items()}


async def _holders(work: UnitOfWork, asked: Sequence[Keys]) -> dict[tuple[str, Any], list[Known[UUID]]]:
    records = await work.fetch(
        "holders",
        list({keys.nib for keys in asked} - {None}),
        list({keys.nik_koperasi for keys in asked} - {None}),
        list({keys.nik for keys in asked} - {None}),
        list({keys.name for keys in asked} - {None}),
    )
    partners = list({row["partner_id"] for row in records})
    known = {
        row["partner_id"]: Known(
            row["partner_id"],
            frozenset(row["nibs"] or ()),
            frozenset(row["niks"] or ()),
            frozenset(row["contacts"] or ()),
        )
        for row in (await work.fetch("identifiers", partners) if partners else ())
    }
    holders: dict[tuple[str, Any], list[Known[UUID]]] = defaultdict(list)
    for row in records:
        holders[row["kind"], row["nib"] or row["nik_koperasi"] or row["hash"]].append(known[row["partner_id"]])
    return holders
