"""Targets, denominators, briefings with who came, agreements: kept by the key of their fact, told when they change."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity import lookup
from services.registration.identity.grouping import Regrouping
from services.registration.identity.matching import Keys
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake import values
from services.registration.intake.commands import RecordAttendance, RecordStatement
from services.registration.intake.values import Refusal
from services.registration.records.facts import NEVER
from shared.events import reference

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"
NOWHERE: Final = Refusal("unknown_region", "region", "No region is given, and you told of no briefing on this day.")


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement, or somebody's attendance, as an agency sent it."""

    agency: str
    regions: tuple[str, ...]
    command: RecordStatement | RecordAttendance


@dataclass(frozen=True, slots=True)
class _Guest:
    """One person's attendance."""

    key: UUID
    agency: str
    held_on: date
    statement: str | None
    keys: Keys


async def state(work: UnitOfWork, sent: Sequence[Sent]) -> list[str | Refusal]:
    """Keep the statements, then those who attended; what became of each, in the given order."""
    if not sent:
        return []
    fates: list[str | Refusal] = [UNCHANGED] * len(sent)
    for at, fate in await _statements(
        work, [(n, s) for n, s in enumerate(sent) if isinstance(s.command, RecordStatement)]
    ):
        fates[at] = fate
    for at, fate in await _attend(
        work, [(n, s) for n, s in enumerate(sent) if isinstance(s.command, RecordAttendance)]
    ):
        fates[at] = fate
    await _tell(work, {s.command.key for s in sent if isinstance(s.command, RecordStatement)})
    return fates


async def _statements(work: UnitOfWork, sent: Sequence[tuple[int, Sent]]) -> list[tuple[int, str | Refusal]]:
    held = (
        {row["key"]: row for row in await work.fetch("statements", [_stated(s).key for _, s in sent])} if sent else {}
    )
    contents = {key: (row["agency"], row["fields"]) for key, row in held.items()}
    fates: list[tuple[int, str | Refusal]] = []
    saved: dict[str, tuple[Any, ...]] = {}
    for at, each in sent:
        command = _stated(each)
        guests = await _guests_of(work, each)
        if isinstance(guests, Refusal):
            fates.append((at, guests))
            continue
        fields = msgspec.json.encode(command.fields)
        known = contents.get(command.key)
        if known is not None and known[0] != each.agency:
            fates.append((at, Refusal("conflict", "source", "Another agency has already said this.")))
            continue
        fates.append((at, CREATED if known is None else UNCHANGED if known[1] == fields else CHANGED))
        contents[command.key] = (each.agency, fields)
        fact = held[command.key]["fact"] if command.key in held else None
        saved[command.key] = (command.key, command.type, each.agency, fields, fact)
        if command.attendees:
            await _keep_guests(work, guests, only={command.key})
    if saved:
        columns = zip(*saved.values(), strict=True)
        await work.execute("save_statements", *(list(column) for column in columns))
        await work.execute("seat_guests", list(saved))
    return fates


def _stated(sent: Sent) -> RecordStatement:
    assert isinstance(sent.command, RecordStatement)
    return sent.command


async def _guests_of(work: UnitOfWork, sent: Sent) -> list[_Guest] | Refusal:
    """Who came, of a briefing told with its guests; an unknown id or ref refuses the briefing."""
    command = _stated(sent)
    if not command.attendees:
        return []
    asked = [(sent.agency, sent.regions, guest) for guest in command.attendees]
    region = str(command.fields["region"])
    guests = []
    for number, keys in enumerate(await lookup.anchor(work, asked, [region] * len(asked))):
        if isinstance(keys, Refusal):
            return keys
        held_on = command.fields["held_on"]
        assert isinstance(held_on, date)
        guests.append(_guest(work, sent.agency, held_on, command.key, keys, number))
    return guests


def _guest(work: UnitOfWork, agency: str, held_on: date, statement: str, keys: Keys, number: int) -> _Guest:
    plain = astuple(keys) if any(astuple(keys)) else (number,)
    return _Guest(work.vault.hash("guest", statement, *plain), agency, held_on, statement, keys)


async def _attend(work: UnitOfWork, sent: Sequence[tuple[int, Sent]]) -> list[tuple[int, str | Refusal]]:
    """Those who came join the agency's briefing of their day; while nobody has told of one, they wait for it."""
    if not sent:
        return []
    days = {(s.agency, _attended(s).held_on) for _, s in sent}
    records = await work.fetch("briefing_of_day", [agency for agency, _ in days], [day for _, day in days])
    briefings = {(row["agency"], row["held_on"]): row for row in records}
    guests: dict[int, _Guest] = {}
    for at, each in sent:
        command = _attended(each)
        briefing = briefings.get((each.agency, command.held_on))
        region = command.region or (briefing["region"] if briefing else _home(work, each))
        if region is not None:
            keys = lookup.keys_of(work, command.partner, region)
            person = values.name_key(command.person)  # several may come for one partner
            key = work.vault.hash("guest", each.agency, command.held_on, *astuple(keys), person)
            guests[at] = _Guest(key, each.agency, command.held_on, briefing["key"] if briefing else None, keys)
    known = {row["key"] for row in await work.fetch("attendance_known", [guest.key for guest in guests.values()])}
    await _keep_guests(work, list(guests.values()))
    await _tell(work, {briefing["key"] for briefing in briefings.values()})
    fates = {at: UNCHANGED if guest.key in known else CREATED for at, guest in guests.items()}
    return [(at, fates.get(at, NOWHERE)) for at, _ in sent]


def _attended(sent: Sent) -> RecordAttendance:
    assert isinstance(sent.command, RecordAttendance)
    return sent.command


def _home(work: UnitOfWork, sent: Sent) -> str | None:
    """The regency of a regency's agency."""
    alone = sent.regions[0] if len(sent.regions) == 1 else ""
    return alone if work.regions.regencies(alone) == [alone] else None


async def _keep_guests(work: UnitOfWork, guests: Sequence[_Guest], only: Iterable[str] = ()) -> None:
    """Keep these guests; of the statements in `only` they are all there are."""
    partners = await lookup.find(work, [guest.keys for guest in guests])
    if only:
        await work.execute("drop_attendance_of", list(only), [guest.key for guest in guests])
    rows = {
        guest.key: (guest.key, guest.agency, guest.held_on, guest.statement, partner, *astuple(guest.keys))
        for guest, partner in zip(guests, partners, strict=True)
    }
    if rows:
        columns = zip(*rows.values(), strict=True)
        await work.execute("save_attendance", *(list(column) for column in columns))


async def look_again(work: UnitOfWork, regrouping: Regrouping) -> None:
    """Find the partners of guests again where groups changed, and tell their briefings again."""
    if not await work.is_true("any_attendance"):
        return
    records = await work.fetch(
        "attendance_touching",
        list(regrouping.nibs),
        list(regrouping.koperasi),
        list(regrouping.niks),
        list(regrouping.names),
        list(regrouping.partners_before | work.became.keys()),
    )
    found = await lookup.find(work, [lookup.keys_from(record) for record in records])
    moved = [(r, to) for r, to in zip(records, found, strict=True) if r["partner_id"] != to]
    if moved:
        await work.execute("move_attendance", [record["key"] for record, _ in moved], [to for _, to in moved])
        await _tell(work, {record["statement"] for record, _ in moved} - {None})


async def _tell(work: UnitOfWork, keys: Iterable[str]) -> None:
    asked = sorted(set(keys))
    records = await work.fetch("statements", asked) if asked else []
    guests: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for record in await work.fetch("attendance_of", asked) if asked else ():
        guests[record["statement"]].append(record)
    for record in records:
        plain = _fact(record, guests[record["key"]])
        encoded = msgspec.json.encode(plain)
        if encoded != record["fact"]:
            await work.execute("tell_statement", record["key"], encoded)
            told = msgspec.structs.replace(plain, recorded_at=work.now)
            work.publish_statement(record["key"], record["type"], told)


def _fact(record: asyncpg.Record, guests: Sequence[asyncpg.Record]) -> msgspec.Struct:
    kind: Any = reference.TYPES[record["type"]]
    said = msgspec.json.decode(record["fields"])
    if "start" in said:
        said["from"] = said.pop("start")
    said |= {"recorded_at": NEVER.isoformat(), "agency": record["agency"]}
    if guests:
        said["attendees"] = sorted({str(guest["partner_id"]) for guest in guests if guest["partner_id"]})
        said["present"] = said.get("present") or len(guests)
    fact: msgspec.Struct = msgspec.convert(said, kind)
    return fact
