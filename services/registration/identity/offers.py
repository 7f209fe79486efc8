"""Rows offered as evidence, compared with the rows that are held under the same key. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from services.registration.identity import evidence
from services.registration.identity.profile import Row
from services.registration.orders import Effect


class Offer(msgspec.Struct, frozen=True, gc=False):
    """A row offered as evidence. `personal` are its personal details in clear."""

    row: Row
    content: UUID
    ref: str | None
    personal: dict[str, Any]
    restores: bool = False
    """Whether it is a row as it was once stored: its days are all of its days."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """The newest offer of one key as a row, and the row it replaces."""

    offer: Offer
    row: Row
    before: Row | None


def compare(offers: Sequence[Offer], held: Mapping[UUID, asyncpg.Record]) -> tuple[list[Effect], dict[UUID, Change]]:
    """The effect of each offer in the given order, and the changes by key; of several offers of a key the last one."""
    effects: list[Effect] = []
    changes: dict[UUID, Change] = {}
    for offer in offers:
        key, record = offer.row.key, held.get(offer.row.key)
        earlier = changes.get(key)
        before = earlier.row if earlier else evidence.to_row(record) if record else None
        content = earlier.offer.content if earlier else record["content"] if record else None
        effects.append(_effect(offer, content, record))
        row = _dated(offer, before)
        if before is None or content != offer.content or row != before:
            changes[key] = Change(offer, row, evidence.to_row(record) if record else None)
    return effects, changes


def _effect(offer: Offer, content: UUID | None, record: asyncpg.Record | None) -> Effect:
    if content is None:
        return Effect.NEW
    if content != offer.content:
        return Effect.REPLACED
    import_id = offer.row.import_id
    same_upload = record is None or (import_id is not None and record["import_id"] == import_id)
    return Effect.TWIN if same_upload else Effect.UNCHANGED


def _dated(offer: Offer, before: Row | None) -> Row:
    """A row sent again is listed since its first day and as new as its newest; one with a ref takes the new dates."""
    row = offer.row
    if before is None:
        return replace(row, partner=None, number_group=None, name_group=None) if offer.restores else row
    row = replace(
        row,
        sequence=before.sequence,
        partner=before.partner,
        import_id=row.import_id if offer.restores else before.import_id,
        number_group=before.number_group,
        name_group=before.name_group,
    )
    if offer.ref is not None or offer.restores:
        return row
    newest = max((before.last_listed, before.line), (row.last_listed, row.line))
    first = min(before.first_listed, row.first_listed)
    return replace(row, first_listed=first, last_listed=newest[0], line=newest[1])
