"""A partner as the rows that count describe it: of each attribute the newest such row that has a value. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from services.registration.intake.commands import ContactDetails, Heads
from shared.events.model import Kind, Scale
from shared.events.partners import ListedWorkers, Listing

KINDS: tuple[Kind, ...] = ("cooperative", "business", "individual")
"""A partner is the first of these that is the kind of any of its rows."""

NO_HEADS = Heads()
NO_WORKERS = ListedWorkers()


class Row(msgspec.Struct, frozen=True, gc=False):
    """One piece of evidence. `name` is the key of normalised name + regency; what is personal is a keyed hash.

    `number_group`, `name_group`: which rows the steps of `matching` join with it, by numbers and under its name.
    """

    key: Any
    sequence: int
    partner: Any
    agency: str
    list: str
    nib: int | None
    nik_koperasi: str | None
    nik: Any
    name: Any
    region: str
    kind: Kind
    first_listed: date
    last_listed: date
    line: int
    scale: Scale | None = None
    occupation: str | None = None
    cooperative: Any = None
    heads: Heads = NO_HEADS
    import_id: Any = None
    phone: Any = None
    email: Any = None
    owner: Any = None
    number_group: Any = None
    name_group: Any = None


class Profile(msgspec.Struct, frozen=True, gc=False):
    """What a partner is, without its number, version and times."""

    region: str
    kind: Kind
    scale: Scale | None = None
    occupation: str | None = None
    cooperative: Any = None
    workers: ListedWorkers = NO_WORKERS
    lists: tuple[Listing, ...] = ()
    listed_on: date | None = None


def age(row: Row) -> tuple[Any, ...]:
    """Orders rows by `in_time`."""
    return row.last_listed, row.line, row.agency, row.list, row.sequence


def in_time(rows: Iterable[Row]) -> list[Row]:
    """Oldest first: by list date, then line; rows of one list that have both in common in the order they came, as the
    later one corrects the other; those of several lists in an order that does not depend on their arrival."""
    found = list(rows)
    if len(found) > 1:
        found.sort(key=age)
    return found


def derive(rows: Sequence[Row], region: str | None = None, counting: Sequence[Row] | None = None) -> Profile:
    """The profile of the partner that these rows are about; at least one row.

    `counting` are those of the rows, oldest first, that set more than their own listing, by default all; `region` is
    the present one, by default that of the newest row.
    """
    ordered = in_time(rows) if counting is None else counting
    if len(rows) == 1 == len(ordered):
        return _of_one(ordered[0], region)
    kinds = {row.kind for row in ordered}
    return Profile(
        region=region or ordered[-1].region,
        kind=min(kinds, key=KINDS.index),
        scale=_newest(ordered, "scale"),
        occupation=_newest(ordered, "occupation"),
        cooperative=_newest(ordered, "cooperative"),
        workers=_workers(ordered),
        lists=_lists(rows),
        listed_on=min(row.first_listed for row in ordered),
    )


def _of_one(row: Row, region: str | None) -> Profile:
    """The same for one row, as most partners have."""
    heads, since = row.heads, row.first_listed
    workers = (
        NO_WORKERS if heads == NO_HEADS else ListedWorkers(heads.total, heads.management, heads.staff, heads.labour)
    )
    lists = (Listing(row.agency, row.list, since),)
    return Profile(region or row.region, row.kind, row.scale, row.occupation, row.cooperative, workers, lists, since)


def _newest(ordered: Sequence[Row], attribute: str) -> Any:
    for row in reversed(ordered):
        if (value := getattr(row, attribute)) is not None:
            return value
    return None


def _workers(ordered: Sequence[Row]) -> ListedWorkers:
    """The total of the newest row that has one, the split of the newest row that has a split."""
    total, split = None, NO_HEADS
    for row in ordered:
        heads = row.heads
        if heads.total is not None:
            total = heads.total
        if (heads.management, heads.staff, heads.labour) != (None, None, None):
            split = heads
    return ListedWorkers(total, split.management, split.staff, split.labour)


def _lists(rows: Sequence[Row]) -> tuple[Listing, ...]:
    since: dict[tuple[str, str], date] = {}
    for row in rows:
        name = (row.agency, row.list)
        since[name] = min(since.get(name, row.first_listed), row.first_listed)
    return tuple([Listing(agency, name, day) for (agency, name), day in sorted(since.items())])


def derive_contact(ordered: Sequence[tuple[str, ContactDetails]]) -> tuple[str, ContactDetails]:
    """(name, contact details) of a partner from those of its rows, oldest first; at least one row."""
    name, details = ordered[-1]
    if len(ordered) > 1:
        known = [[getattr(each, part) for _, each in ordered] for part in ContactDetails.__struct_fields__]
        details = ContactDetails(*(next((v for v in reversed(values) if v is not None), None) for values in known))
    return name, details


def values_of(rows: Iterable[Any], names: Iterable[str]) -> list[list[Any]]:
    """For each of these attributes the values that the rows have, once each; None is none."""
    held = list(rows)
    return [list({getattr(row, name) for row in held} - {None}) for name in names]
