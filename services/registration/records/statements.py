"""Targets, denominators, briefings with their guests, agreements: kept by their fact's key, published on change; those
that an upload stated can be taken back with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from services.registration.identity import lookup
from services.registration.identity.keys import Keys
from services.registration.identity.lookup import Mention
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import RecordStatement, TakeBack
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import attendance, sent_rows
from services.registration.records.attendance import Guest
from services.registration.records.sent_rows import Sent
from services.registration.records.stored_facts import NEVER
from shared.database import columns
from shared.events import reference
from shared.refusals import NoteCode

_DAYS: Final = ("start", "held_on", "date", "as_of")
"""The field that holds a statement's day, by its type."""


async def record(work: UnitOfWork, orders: Sequence[Order[RecordStatement]]) -> list[Outcome]:
    """Keep the statements and the guests they name; the outcomes are in the given order."""
    held = await _held(work, [order.command.key for order in orders])
    contents = {key: (row["agency"], row["fields"]) for key, row in held.items()}
    outcomes: list[Outcome] = []
    saved: dict[str, tuple[Any, ...]] = {}
    sent: list[Sent] = []
    for order in orders:
        command = order.command
        guests = await _guests(work, order)
        before = contents.get(command.key)
        outcome = guests if isinstance(guests, Refusal) else _judge(order, contents)
        if isinstance(guests, Refusal) or isinstance(outcome, Refusal):
            outcomes.append(outcome)
            continue
        agency, fields = contents[command.key]
        fact = held[command.key]["fact"] if command.key in held else None
        saved[command.key] = (command.key, command.type, agency, fields, fact)
        sent.append(_sent(work, order, before[1] if before else None, outcome.effect is Effect.CHANGED))
        outcomes.append(replace(outcome, notes=await _keep_guests(work, command, guests)))
    await _save(work, saved)
    await sent_rows.note(work, sent)
    return outcomes


def _sent(work: UnitOfWork, order: Order[RecordStatement], before: bytes | None, changed: bool) -> Sent:
    command = order.command
    day = next(day for name in _DAYS if isinstance(day := command.fields.get(name), date))
    key = work.vault.hash("statement sent", command.key)
    return Sent(key, command.key, day, order.import_id, before, changed)


async def take_back(work: UnitOfWork, order: Order[TakeBack]) -> None:
    """What only the upload stated is withdrawn; what it changed is again as it was before."""
    left = await sent_rows.without(work, order)
    held = await _held(work, [each.subject for each in left])
    gone = [held[each.subject] for each in left if each.is_gone and each.subject in held]
    again = [held[each.subject] for each in left if each.state is not None and each.subject in held]
    states = {each.subject: each.state for each in left}
    for statement in gone:
        _withdraw(work, statement)
    keys = [statement["key"] for statement in gone]
    await work.execute("unseat_guests", keys)
    await work.execute("drop_statements", keys)
    await _save(work, {row["key"]: (*_named(row), states[row["key"]], row["fact"]) for row in again})
    await publish(work, [row["key"] for row in again])
    sent_rows.count(work, left)


def _named(statement: asyncpg.Record) -> tuple[str, str, str]:
    return statement["key"], statement["type"], statement["agency"]


def _withdraw(work: UnitOfWork, statement: asyncpg.Record) -> None:
    """The last fact of what was stated, as one of its type's withdrawal; the same stated again holds again."""
    if statement["fact"] is not None:
        fact = msgspec.json.decode(statement["fact"], type=reference.TYPES[statement["type"]])
        last = msgspec.structs.replace(fact, recorded_at=work.now)
        work.publish_statement(statement["key"], reference.WITHDRAWN[statement["type"]], last)


async def _keep_guests(work: UnitOfWork, command: RecordStatement, guests: Sequence[Guest]) -> tuple[NoteCode, ...]:
    """Keep the guests that a briefing names, if it names any; what is to be said of them."""
    strangers: set[UUID] = set()
    if guests:
        partners = await attendance.keep_only(work, command.key, guests)
        strangers = await attendance.strangers_among(work, guests, partners)
    quota, present = (command.fields.get(name) for name in ("quota", "present"))
    came = present if isinstance(present, int) else len({guest.key for guest in guests})
    over = max(0, came - quota) if isinstance(quota, int) else 0
    notes: list[NoteCode] = ["guest"] * len(strangers)
    notes.extend("over_quota" for _ in range(over))
    return tuple(notes)


def _judge(order: Order[RecordStatement], contents: dict[str, tuple[str, bytes]]) -> Outcome:
    """Set the statement's agency and fields in `contents`, unless another agency's are there."""
    key, fields = order.command.key, msgspec.json.encode(order.command.fields)
    known = contents.get(key)
    if known is not None and known[0] != order.agency:
        return Refusal("conflict", "source", "Another agency has already sent this statement.")
    contents[key] = (order.agency, fields)
    if known is None:
        return Accepted(Effect.CREATED)
    is_same = msgspec.json.decode(known[1]) == msgspec.json.decode(fields)
    return Accepted(Effect.UNCHANGED if is_same else Effect.CHANGED)


async def _held(work: UnitOfWork, keys: Sequence[str]) -> Mapping[str, asyncpg.Record]:
    return {row["key"]: row for row in await work.fetch("statements", keys)} if keys else {}


async def _save(work: UnitOfWork, saved: Mapping[str, tuple[Any, ...]]) -> None:
    if saved:
        await work.execute("save_statements", *columns(saved.values()))
        await work.execute("seat_guests", list(saved))


async def _guests(work: UnitOfWork, order: Order[RecordStatement]) -> list[Guest] | Refusal:
    """The guests that a briefing names; an unknown id or ref refuses the briefing."""
    region = str(order.command.fields.get("region"))
    mentions = [Mention(order.agency, order.regions, guest, region) for guest in order.command.attendees]
    guests = []
    for number, keys in enumerate(await lookup.anchored_keys(work, mentions) if mentions else ()):
        if isinstance(keys, Refusal):
            return keys
        guests.append(_guest(work, order, keys, number))
    return guests


def _guest(work: UnitOfWork, order: Order[RecordStatement], keys: Keys, number: int) -> Guest:
    held_on = order.command.fields["held_on"]
    assert isinstance(held_on, date)
    distinct = astuple(keys) if any(astuple(keys)) else (number,)
    key: UUID = work.vault.hash("guest", order.command.key, *distinct)
    return Guest(key, order.agency, held_on, order.command.key, keys)


async def publish(work: UnitOfWork, keys: Iterable[str]) -> None:
    """Publish those of these statements whose fact is another now."""
    asked = sorted(set(keys))
    if not asked:
        return
    records = await work.fetch("statements", asked)
    guests: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for guest in await attendance.of_statements(work, asked):
        guests[guest["statement"]].append(guest)
    for statement in records:
        fact = _fact(statement, guests[statement["key"]])
        stored = msgspec.json.encode(fact)
        if stored != statement["fact"]:
            await work.execute("set_statement_fact", statement["key"], stored)
            published = msgspec.structs.replace(fact, recorded_at=work.now)
            work.publish_statement(statement["key"], statement["type"], published)


def _fact(statement: asyncpg.Record, guests: Sequence[asyncpg.Record]) -> msgspec.Struct:
    kind: Any = reference.TYPES[statement["type"]]
    fields = msgspec.json.decode(statement["fields"])
    if "start" in fields:
        fields["from"] = fields.pop("start")
    fields |= {"recorded_at": NEVER.isoformat(), "agency": statement["agency"]}
    if guests:
        fields["attendees"] = sorted({str(guest["partner_id"]) for guest in guests if guest["partner_id"]})
        fields["present"] = fields.get("present") or len(guests)
    fact: msgspec.Struct = msgspec.convert(fields, kind)
    return fact
