"""Who attended an agency's briefings: each guest is kept with the partner that a look-up finds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from services.registration.identity import lookup
from services.registration.identity.keys import Keys
from services.registration.identity.regrouping import Touched
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.cells import names
from services.registration.intake.commands import RecordAttendance, TakeBack
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.records import sent_rows
from services.registration.records.sent_rows import Sent
from shared.database import columns
from shared.refusals import NoteCode

NO_BRIEFING: Final = Refusal(
    "unknown_region", "region", "No region is given, and no briefing of yours on this day is known."
)

MOST_GUESTS: Final = 15_000
"""Of an agency on one day: with the attendees that a statement names, a briefing's fact fits a record."""

FULL: Final = Refusal("too_large", "attendees", f"You have recorded {MOST_GUESTS:,} guests of this day, the most.")

Day = tuple[str, date]
"""An agency and a day."""

Briefings = Mapping[Day, asyncpg.Record]
"""(agency, day) → the briefing that the agency held on that day."""


@dataclass(frozen=True, slots=True)
class Guest:
    """One person's attendance; `statement` is the key of the briefing, None while no statement of it came."""

    key: UUID
    agency: str
    held_on: date
    statement: str | None
    keys: Keys


async def record(work: UnitOfWork, orders: Sequence[Order[RecordAttendance]]) -> tuple[list[Outcome], set[str]]:
    """Add each guest to the agency's briefing of that day; while there is none, the guest waits for it.

    Returns the outcomes and the keys of the briefings that were attended.
    """
    if not orders:
        return [], set()
    briefings = await _briefings(work, orders)
    guests = [_guest(work, order, briefings.get((order.agency, order.command.held_on))) for order in orders]
    come = [guest for guest in guests if guest is not None]
    known = {row["key"] for row in await work.fetch("known_attendance", [guest.key for guest in come])}
    room = await _room(work, come)
    outcomes = [_admit(guest, known, room) for guest in guests]
    kept = [guest for guest, outcome in zip(guests, outcomes, strict=True) if guest and outcome is not FULL]
    noted = await _notes(work, kept, await keep(work, kept), known, briefings)
    await sent_rows.note(
        work,
        [
            _sent(order, guest, outcome.effect is Effect.CREATED)
            for order, guest, outcome in zip(orders, guests, outcomes, strict=True)
            if guest is not None and isinstance(outcome, Accepted)
        ],
    )
    outcomes = [
        replace(outcome, notes=noted[guest.key]) if guest and isinstance(outcome, Accepted) else outcome
        for guest, outcome in zip(guests, outcomes, strict=True)
    ]
    return outcomes, {briefing["key"] for briefing in briefings.values()}


async def _notes(
    work: UnitOfWork,
    guests: Sequence[Guest],
    partners: Mapping[UUID, UUID | None],
    known: Collection[UUID],
    briefings: Briefings,
) -> dict[UUID, tuple[NoteCode, ...]]:
    """What is to be said of each of these, which are kept; `known`: those that were kept before."""
    strangers, over = await strangers_among(work, guests, partners), _beyond_quota(guests, known, briefings)
    return {guest.key: tuple(_notes_of(guest, strangers, over)) for guest in guests}


def _notes_of(guest: Guest, strangers: Collection[UUID], over: Collection[UUID]) -> Iterator[NoteCode]:
    if guest.key in strangers:
        yield "guest"
    if guest.statement is None:
        yield "without_briefing"
    if guest.key in over:
        yield "over_quota"


def _beyond_quota(guests: Sequence[Guest], known: Collection[UUID], briefings: Briefings) -> set[UUID]:
    """The keys of those who come anew to a briefing whose places were all taken before them."""
    left = {day: each["quota"] - each["recorded"] for day, each in briefings.items() if each["quota"] is not None}
    days = {guest.key: (guest.agency, guest.held_on) for guest in guests if guest.key not in known}
    over = set()
    for key, day in days.items():
        if day in left:
            left[day] -= 1
            over |= {key} if left[day] < 0 else set()
    return over


async def strangers_among(work: UnitOfWork, guests: Sequence[Guest], partners: Mapping[UUID, UUID | None]) -> set[UUID]:
    """The keys of those whose partner is on none of their agency's own lists: whether others list it is not shown."""
    pairs = [(guest.agency, partner) for guest in guests if (partner := partners[guest.key]) is not None]
    records = await work.fetch("listed_among", *columns(pairs)) if pairs else ()
    listed = {(record["agency"], record["partner_id"]) for record in records}
    return {guest.key for guest in guests if (guest.agency, partners[guest.key]) not in listed}


def _sent(order: Order[RecordAttendance], guest: Guest, is_new: bool) -> Sent:
    return Sent(guest.key, str(guest.key), guest.held_on, order.import_id, None if is_new else b"null", False)


async def take_back(work: UnitOfWork, order: Order[TakeBack]) -> set[str]:
    """Guests that only this upload recorded are gone; the keys of the briefings that they attended."""
    left = await sent_rows.without(work, order)
    gone = await work.fetch("remove_guests", [each.key for each in left if each.is_gone])
    sent_rows.count(work, left)
    return {record["statement"] for record in gone} - {None}


async def _room(work: UnitOfWork, guests: Sequence[Guest]) -> dict[Day, int]:
    """How many guests more each agency may record of each day."""
    days = {(guest.agency, guest.held_on) for guest in guests}
    counted = await work.fetch("guests_of_day", [agency for agency, _ in days], [day for _, day in days])
    return {(row["agency"], row["held_on"]): MOST_GUESTS - row["count"] for row in counted}


def _admit(guest: Guest | None, known: Collection[UUID], room: dict[Day, int]) -> Outcome:
    if guest is None:
        return NO_BRIEFING
    if guest.key in known:
        return Accepted(Effect.UNCHANGED)
    room[guest.agency, guest.held_on] -= 1
    return FULL if room[guest.agency, guest.held_on] < 0 else Accepted(Effect.CREATED)


async def _briefings(work: UnitOfWork, orders: Sequence[Order[RecordAttendance]]) -> Briefings:
    days = {(order.agency, order.command.held_on) for order in orders}
    records = await work.fetch("briefing_of_day", [agency for agency, _ in days], [day for _, day in days])
    return {(row["agency"], row["held_on"]): row for row in records}


def _guest(work: UnitOfWork, order: Order[RecordAttendance], briefing: asyncpg.Record | None) -> Guest | None:
    """The guest, or None where the region of a name is not known."""
    command = order.command
    region = command.region or (briefing["region"] if briefing else _own_regency(work, order))
    if region is None:
        return None
    keys = lookup.keys_of(work, command.partner, region, command.contact)
    person = names.name_key(command.person)  # several may come for one partner
    meant = (keys.nib, keys.nik_koperasi, keys.nik, keys.name, keys.anchor_row, keys.anchor_partner)
    key = work.vault.hash("guest", order.agency, command.held_on, *meant, person)
    return Guest(key, order.agency, command.held_on, briefing["key"] if briefing else None, keys)


def _own_regency(work: UnitOfWork, order: Order[RecordAttendance]) -> str | None:
    """The regency of a regency's agency."""
    only = order.regions[0] if len(order.regions) == 1 else ""
    return only if work.regions.regencies(only) == [only] else None


async def keep(work: UnitOfWork, guests: Sequence[Guest]) -> dict[UUID, UUID | None]:
    """Keep these guests with their partners; one that is kept already may have another partner or briefing now.

    The partner of each, by its key.
    """
    partners = await lookup.find(work, [guest.keys for guest in guests])
    rows = {
        guest.key: (guest.key, guest.agency, guest.held_on, guest.statement, partner, *astuple(guest.keys))
        for guest, partner in zip(guests, partners, strict=True)
    }
    if rows:
        await work.execute("save_attendance", *columns(rows.values()))
        work.added("guests")
    return {guest.key: partner for guest, partner in zip(guests, partners, strict=True)}


async def keep_only(work: UnitOfWork, statement: str, guests: Sequence[Guest]) -> dict[UUID, UUID | None]:
    """Keep these guests of the briefing and drop all others of it; the partner of each."""
    await work.execute("drop_other_guests", statement, [guest.key for guest in guests])
    return await keep(work, guests)


async def find_partners_again(work: UnitOfWork, touched: Touched) -> set[str]:
    """Find the partners of the guests that touched groups may mean; the keys of the briefings whose guests moved."""
    if not await work.there_are("guests"):
        return set()
    records = await work.fetch(
        "attendance_touching",
        list(touched.nibs),
        list(touched.nik_koperasis),
        list(touched.niks),
        list(touched.names),
        list(touched.partners | work.merged.keys()),
    )
    found = await lookup.find(work, [lookup.keys_from(record) for record in records])
    moved = [(r, to) for r, to in zip(records, found, strict=True) if r["partner_id"] != to]
    if moved:
        await work.execute("move_attendance", [record["key"] for record, _ in moved], [to for _, to in moved])
    return {record["statement"] for record, _ in moved} - {None}


async def stand_again(work: UnitOfWork, partners: Collection[UUID]) -> None:
    """Whether the guests of these partners are listed and insured is kept with them, for counting."""
    if await work.there_are("guests"):
        await work.execute("stand_guests", list(partners))


async def of_statements(work: UnitOfWork, statements: Collection[str]) -> list[asyncpg.Record]:
    """The guests of these briefings, with the partner of each where one was found."""
    return await work.fetch("attendance_of", list(statements)) if statements else []
