"""The projections in the table `partners`, and the table `contacts`: read and written by the batch."""

from collections.abc import Container, Iterable
from datetime import date, datetime
from typing import Any

import asyncpg
from msgspec.structs import astuple

from services.notifications.addresses import AddressKeys
from services.notifications.projections import (
    LONGEST_TEXT,
    ClaimFact,
    ContactFact,
    EnrollmentFact,
    Listing,
    PartnerFact,
    Timeline,
)
from services.notifications.queries import queries
from shared.database import columns

KEYED_AT_ONCE = 5_000


async def listings(db: asyncpg.Connection, facts: Iterable[PartnerFact]) -> dict[str, Listing]:
    """The stored listings of the partners that these facts are about, by partner's id."""
    rows = await db.fetch(queries["listings"], _ids(facts))
    return {partner_id: Listing(*values) for partner_id, *values in rows}


async def store_listings(
    db: asyncpg.Connection, changed: dict[str, Listing], stored: Container[str], now: datetime
) -> None:
    """Store these listings; only of the partners in `stored` is there a row.

    Raises SerializationError, after which the same can be tried again, if another transaction added such a row since.
    """
    new = {key: row for key, row in changed.items() if key not in stored}
    if new:
        try:
            await db.execute(queries["add_listings"], *_columns(new), now)
        except asyncpg.UniqueViolationError as problem:
            raise asyncpg.SerializationError("another transaction added a partner of this batch") from problem
    if len(new) < len(changed):
        newer = {key: row for key, row in changed.items() if key in stored}
        await db.execute(queries["store_listings"], *_columns(newer), now)


async def timelines(db: asyncpg.Connection, facts: Iterable[EnrollmentFact]) -> dict[str, Timeline]:
    """The stored timelines of the partners that these facts are about, by partner's id."""
    rows = await db.fetch(queries["timelines"], _ids(facts))
    return {partner_id: Timeline(*values) for partner_id, *values in rows}


async def store_timelines(db: asyncpg.Connection, changed: dict[str, Timeline]) -> None:
    if changed:
        await db.execute(queries["store_timelines"], *_columns(changed))


async def store_contacts(db: asyncpg.Connection, newest: Iterable[ContactFact], keys: AddressKeys) -> list[str]:
    """One fact for each partner; what is older than the stored one or than the partner's erasure changes nothing.

    Returns the partners whose reminders this may change: those that have other addresses than before.
    """
    rows = [_contact_row(fact, keys) for fact in newest]
    return [row[0] for row in await db.fetch(queries["store_contacts"], *columns(rows, 11))]


async def store_claims(db: asyncpg.Connection, newest: Iterable[ClaimFact]) -> None:
    """One fact for each claim; what is older than the stored one changes nothing."""
    rows = [(each.claim_id, each.version, each.region, each.programme, each.amount, _paid_on(each)) for each in newest]
    if rows:
        await db.execute(queries["store_claims"], *columns(rows))


def _paid_on(fact: ClaimFact) -> date | None:
    return fact.paid_on if fact.status == "paid" else None


async def add_missing_keys(db: asyncpg.Connection, keys: AddressKeys) -> int:
    """Give a page of the contacts that were stored before there were keys theirs; how many there were."""
    rows = await db.fetch(queries["contacts_without_keys"], KEYED_AT_ONCE)
    found = [(row["partner_id"], keys.phone(row["phone"]), keys.email(row["email"])) for row in rows]
    await db.execute(queries["set_keys"], *columns(found, 3))
    return len(rows)


def _ids(facts: Iterable[PartnerFact | EnrollmentFact]) -> list[str]:
    return list({fact.partner_id for fact in facts})


def _columns(rows: dict[str, Listing] | dict[str, Timeline]) -> list[list[Any]]:
    """The rows as columns, the partner's id first. `rows` is not empty."""
    return [list(rows), *columns(map(astuple, rows.values()))]


def _contact_row(fact: ContactFact, keys: AddressKeys) -> tuple[Any, ...]:
    return (
        fact.partner_id,
        fact.version,
        _storable(fact.name),
        _storable(fact.contact_person),
        _storable(fact.phone),
        _storable(fact.email),
        fact.language,
        fact.recorded_at,
        keys.phone(fact.phone) if fact.phone else None,
        keys.email(fact.email) if fact.email else None,
        keys.person(fact.person_key) if fact.person_key else None,
    )


def _storable(text: str | None) -> str | None:
    """A text as the table can hold it. An address that is changed by this was unusable and stays so."""
    if text is None or (len(text) <= LONGEST_TEXT and "\x00" not in text):
        return text
    return text[:LONGEST_TEXT].replace("\x00", "\ufffd")
