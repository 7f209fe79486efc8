"""Targets, denominators, briefings with their guests, agreements: kept by their fact's key, published on change."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from services.registration.identity import lookup
from services.registration.identity.keys import Keys
from services.registration.identity.lookup import Mention
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import RecordStatement
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import attendance
from services.registration.records.attendance import Guest
from services.registration.records.stored_facts import NEVER
from shared.database import columns
from shared.events import reference
from shared.refusals import NoteCode


async def record(work: UnitOfWork, orders: Sequence[Order[RecordStatement]]) -> list[Outcome]:
    """Keep the statements and the guests they name; the outcomes are in the given order."""
    held = await _held(work, [order.command.key for order in orders])
    contents = {key: (row["agency"], row["fields"]) for key, row in held.items()}
    outcomes: list[Outcome] = []
    saved: dict[str, tuple[Any, ...]] = {}
    for order in orders:
        command = order.command
        guests = await _guests(work, order)
        outcome = guests if isinstance(guests, Refusal) else _judge(order, contents)
        if isinstance(guests, Refusal) or isinstance(outcome, Refusal):
            outcomes.append(outcome)
            continue
        agency, fields = contents[command.key]
        fact = held[command.key]["fact"] if command.key in held else None
        saved[command.key] = (command.key, command.type, agency, fields, fact)
        outcomes.append(replace(outcome, notes=await _keep_guests(work, command, guests)))
    await _save(work, saved)
    return outcomes


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
    return Accepted(Effect.UNCHANGED if known[1] == fields else Effect.CHANGED)


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
