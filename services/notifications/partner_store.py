"""The projections in the table `partners`, and the table `contacts`: read and written by the batch."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from services.notifications.projections import LONGEST_TEXT, ContactFact, EnrollmentFact, Listing, PartnerFact, Timeline
from services.notifications.queries import queries
from shared.database import columns

Row = TypeVar("Row")


async def listings(db: asyncpg.Connection, facts: Iterable[PartnerFact]) -> dict[str, Listing]:
    """The stored listings of the partners that these facts are about, by partner's id."""
    rows = await db.fetch(queries["listings"], _ids(facts))
    return {row["partner_id"]: _listing(row) for row in rows}


async def store_listings(db: asyncpg.Connection, changed: dict[str, Listing], now: datetime) -> None:
    if changed:
        await db.execute(queries["store_listings"], *_columns(changed, _listing_values), now)


async def timelines(db: asyncpg.Connection, facts: Iterable[EnrollmentFact]) -> dict[str, Timeline]:
    """The stored timelines of the partners that these facts are about, by partner's id."""
    rows = await db.fetch(queries["timelines"], _ids(facts))
    return {row["partner_id"]: Timeline(*tuple(row)[1:]) for row in rows}


async def store_timelines(db: asyncpg.Connection, changed: dict[str, Timeline]) -> None:
    if changed:
        await db.execute(queries["store_timelines"], *_columns(changed, _timeline_values))


async def store_contacts(db: asyncpg.Connection, newest: dict[str, ContactFact]) -> None:
    """One fact for each partner; what is older than the stored one or than the partner's erasure changes nothing."""
    if newest:
        await db.execute(queries["store_contacts"], *_columns(newest, _contact_values))


def _ids(facts: Iterable[PartnerFact | EnrollmentFact]) -> list[str]:
    return sorted({str(fact.partner_id) for fact in facts})


def _columns(rows: dict[str, Row], values: Callable[[Row], tuple[Any, ...]]) -> list[list[Any]]:
    """The rows as columns in the order of the partners' ids, the id first. `rows` is not empty."""
    table = [(partner_id, *values(row)) for partner_id, row in sorted(rows.items())]
    return columns(table)


def _listing(row: asyncpg.Record) -> Listing:
    _, *values, agencies = row
    return replace(Listing(*values), agencies=tuple(agencies))


def _listing_values(new: Listing) -> tuple[Any, ...]:
    merge = (new.merged_into, new.merged_at)
    return new.version, new.status, *merge, new.region, new.kind, new.listed_known_at, " ".join(new.agencies)


def _timeline_values(new: Timeline) -> tuple[Any, ...]:
    insured = (new.insured_from, new.insured_until, new.end_known_at)
    return new.version, *insured, new.past_until, new.past_known_at


def _contact_values(fact: ContactFact) -> tuple[Any, ...]:
    contact = map(_storable, (fact.name, fact.contact_person, fact.phone, fact.email))
    return fact.version, *contact, fact.language, fact.recorded_at


def _storable(text: str | None) -> str | None:
    """A text as the table can hold it. An address that is changed by this was unusable and stays so."""
    return text and text[:LONGEST_TEXT].replace("\x00", "\ufffd")
