"""Which partner somebody means: by id or ref if given, else NIB, else NIK, else name + regency, under the vetoes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

import asyncpg

from services.registration.identity import matching
from services.registration.identity.matching import Keys, Known
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import values
from services.registration.intake.commands import Reference
from services.registration.intake.values import Refusal

KEY_COLUMNS = tuple(field.name for field in fields(Keys))


def keys_from(record: asyncpg.Record) -> Keys:
    """The keys in a row of `participant` or `attendance`."""
    return Keys(*(record[name] for name in KEY_COLUMNS))


def keys_of(work: UnitOfWork, partner: Reference, region: str | None = None) -> Keys:
    """The keys in a reference, anchors aside; a name counts with the region it is in."""
    where = partner.region or region
    name = work.vault.name(values.name_key(partner.name), where) if partner.name and where else None
    nib = int(partner.nib) if partner.nib else None
    return Keys(nib, partner.nik_koperasi, work.vault.nik(partner.nik), name)


async def anchor(
    work: UnitOfWork,
    asked: Sequence[tuple[str, tuple[str, ...], Reference]],
    regions: Sequence[str | None],
    lists: Sequence[str] | None = None,
) -> list[Keys | Refusal]:
    """The keys of each (agency, its regions, reference), anchored where an id or ref is given.

    An id or ref of nobody the agency may speak for is `partner_unknown`; beside another's NIB it is a `conflict`, and
    so is a ref that is another partner's on another list, unless `lists` says on which list it is meant.
    """
    by_id = await _by_id(work, [reference for _, _, reference in asked])
    named: Sequence[str | None] = lists or [None] * len(asked)
    by_ref = await _by_ref(work, [(a, r.ref, name) for (a, _, r), name in zip(asked, named, strict=True) if r.ref])
    answers: list[Keys | Refusal] = []
    for (agency, own_regions, reference), region, name in zip(asked, regions, named, strict=True):
        keys = keys_of(work, reference, region)
        if reference.id is not None:
            found = by_id.get(reference.id)
            if found is None or not work.regions.within(own_regions, found[1] or ""):
                answers.append(_unknown("id"))
                continue
            keys = replace(keys, anchor_partner=found[0])
        elif reference.ref is not None:
            row = by_ref.get((agency, reference.ref, name), _unknown("ref"))
            if isinstance(row, Refusal):
                answers.append(row)
                continue
            keys = replace(keys, anchor_row=row)
        answers.append(keys)
    return await _without_conflicts(work, answers)


async def _without_conflicts(work: UnitOfWork, answers: list[Keys | Refusal]) -> list[Keys | Refusal]:
    """Refuse those whose id or ref is one partner and whose NIB is another's."""
    doubtful = [
        (at, keys)
        for at, keys in enumerate(answers)
        if isinstance(keys, Keys) and keys.nib is not None and (keys.anchor_row or keys.anchor_partner)
    ]
    meant = await find(work, [keys for _, keys in doubtful])
    by_nib = await find(work, [Keys(nib=keys.nib) for _, keys in doubtful])
    for (at, _), one, other in zip(doubtful, meant, by_nib, strict=True):
        if other is not None and one != other:
            answers[at] = Refusal("conflict", "partner", "The id or ref means one partner, the NIB another.")
    return answers


def _unknown(field: str) -> Refusal:
    return Refusal("partner_unknown", f"partner.{field}", f"No partner you may speak for has this {field}.")


async def _by_id(work: UnitOfWork, references: Sequence[Reference]) -> dict[str, tuple[UUID, str | None]]:
    asked = {reference.id: uuid for reference in references if reference.id and (uuid := as_uuid(reference.id))}
    if not asked:
        return {}
    records = {row["asked"]: row for row in await work.fetch("survivors", list(asked.values()))}
    return {
        text: (records[uuid]["partner_id"], records[uuid]["region"]) for text, uuid in asked.items() if uuid in records
    }


async def _by_ref(
    work: UnitOfWork, asked: Sequence[tuple[str, str | None, str | None]]
) -> dict[tuple[str, str, str | None], UUID | Refusal]:
    if not asked:
        return {}
    records = await work.fetch("rows_by_ref", *(list(column) for column in zip(*set(asked), strict=True)))
    several = Refusal("conflict", "partner.ref", "On your lists this ref means more than one partner.")
    return {(row["agency"], row["ref"], row["list"]): several if row["several"] else row["key"] for row in records}


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def find(work: UnitOfWork, asked: Sequence[Keys]) -> list[UUID | None]:
    """The partner each of these means, or None; look-ups never link anybody."""
    if not asked:
        return []
    anchored = await _anchored(work, asked)
    holders = await _holders(work, asked)
    return [
        anchored.get(keys.anchor_row or keys.anchor_partner)
        or matching.look_up(
            keys.nib if keys.nib is not None else keys.nik_koperasi,
            keys.nik,
            holders.get(("nib", keys.nib)) or holders.get(("nik_koperasi", keys.nik_koperasi)) or (),
            holders.get(("nik", keys.nik), ()),
            holders.get(("name", keys.name), ()),
        )
        for keys in asked
    ]


async def _anchored(work: UnitOfWork, asked: Sequence[Keys]) -> dict[UUID | None, UUID]:
    rows = [keys.anchor_row for keys in asked if keys.anchor_row]
    partners = [keys.anchor_partner for keys in asked if keys.anchor_partner]
    found: dict[UUID | None, UUID] = {}
    if rows:
        found |= {row["key"]: row["partner_id"] for row in await work.fetch("rows_by_key_partner", rows)}
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
        row["partner_id"]: Known(row["partner_id"], frozenset(row["nibs"] or ()), frozenset(row["niks"] or ()))
        for row in (await work.fetch("identifiers", partners) if partners else ())
    }
    holders: dict[tuple[str, Any], list[Known[UUID]]] = defaultdict(list)
    for row in records:
        holders[row["kind"], row["nib"] or row["nik_koperasi"] or row["hash"]].append(known[row["partner_id"]])
    return holders
