"""Which upload sent an enrolment, a claim or a guest, and what stood before: it can be taken back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg

from services.registration.identity import row_versions
from services.registration.identity.row_versions import Version, Without
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import TakeBack
from services.registration.orders import Order
from shared.database import columns


@dataclass(frozen=True, slots=True)
class Sent:
    """A row that was accepted: its key, of whom it is and of which day, and what stood there before, None: nothing."""

    key: UUID
    subject: str
    day: date
    import_id: UUID | None
    before: bytes | None
    changed: bool


@dataclass(frozen=True, slots=True)
class Left:
    """What an undo leaves of a row: it stays, is gone, or has the state it had before."""

    key: UUID
    subject: str
    day: date
    state: bytes | None
    is_gone: bool

    @property
    def stays(self) -> bool:
        return not self.is_gone and self.state is None


async def note(work: UnitOfWork, sent: Iterable[Sent]) -> None:
    """Note who sent these rows; rows that only events sent are not noted."""
    for import_id, run in groupby(sent, key=lambda each: each.import_id):
        await _note(work, import_id, list(run))


async def _note(work: UnitOfWork, import_id: UUID | None, sent: Sequence[Sent]) -> None:
    keys = list({each.key for each in sent})
    newest = {row["key"]: row["import_id"] for row in await work.fetch("newest_versions", keys)}
    bases: list[Sent] = []
    added: dict[UUID, Sent] = {}
    states: dict[UUID, bytes] = {}
    for each in sent:
        is_known = each.key in newest
        if not is_known and import_id is None:
            continue
        if each.before is not None and each.changed:
            states.setdefault(each.key, each.before)
        if is_known and newest[each.key] == import_id:
            continue
        if each.before is not None and not is_known:
            bases.append(each)
        newest[each.key] = import_id
        added[each.key] = each
    await _add(work, None, bases)
    if states:
        await work.execute("set_version_states", import_id, list(states), [state.decode() for state in states.values()])
    await _add(work, import_id, added.values())


async def _add(work: UnitOfWork, import_id: UUID | None, sent: Iterable[Sent]) -> None:
    rows = [(each.key, each.day, each.subject) for each in sent]
    if rows:
        keys, days, subjects = columns(rows)
        await work.execute("add_versions_of", keys, import_id, days, subjects)


async def without(work: UnitOfWork, order: Order[TakeBack]) -> list[Left]:
    """What is left of the rows that the upload sent; it is noted that it never sent them."""
    records = await work.fetch("sent_versions", list(map(UUID, order.command.keys)))
    by_key: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for record in records:
        by_key[record["key"]].append(record)
    found, left = [], []
    for versions in by_key.values():
        each = row_versions.without([_version(record) for record in versions], UUID(order.command.import_id))
        found.append(each)
        left.append(_left(each, versions))
    await row_versions.forget(work, found)
    return left


def _version(record: asyncpg.Record) -> Version:
    return Version(*(record[name] for name in Version.__slots__))


def _left(found: Without, versions: Sequence[asyncpg.Record]) -> Left:
    states: dict[int, Any] = {record["version"]: record["state"] for record in versions}
    state = states[found.from_state].encode() if found.from_state is not None else None
    first = versions[0]
    return Left(first["key"], first["subject"], first["first_listed"], state, found.newest is None)


def count(work: UnitOfWork, left: Sequence[Left]) -> None:
    """For the report of the undo."""
    gone, stay = sum(each.is_gone for each in left), sum(each.stays for each in left)
    work.taken_back.update(removed=gone, restored=len(left) - gone - stay, kept=stay)
