"""The projections: how a partner's row follows from its facts, one version after the other. Pure.

The structs decode only what reminders need of the facts in `shared.events`.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from services.notifications.agents.caseload import key_of
from services.notifications.facts import OPEN_END, Status

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
"""A UUID as PostgreSQL writes it."""
Code = Annotated[str, msgspec.Meta(max_length=32)]
"""A region, a kind: goes into answers, logs and the topic `outreach`, so only an `is_code` fits in."""
Slug = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\s\x00]+\Z")]
"""An agency, which becomes one word of the column `agencies`."""

YEARS = range(1945, 2201)
"""In which a fact can have been recorded."""
LONGEST_TEXT = 1_000
"""Characters that are kept of a text of `contacts`; more than any message shows."""


class ListFact(msgspec.Struct, frozen=True, gc=False):
    """One list that a partner is on."""

    agency: Slug
    list: str = ""


class PartnerFact(msgspec.Struct, frozen=True, gc=False):
    """What reminders need of a fact on `partners`."""

    partner_id: Id
    version: Version
    status: Literal["active", "merged", "erased"]
    region: Code
    kind: Code
    recorded_at: Aware
    merged_into: Id | None = None
    listed_on: date | None = None
    lists: tuple[ListFact, ...] = ()
    cooperative_id: Id | None = None


class PeriodFact(msgspec.Struct, frozen=True, gc=False):
    """One period of insurance, [from, until)."""

    start: date = msgspec.field(name="from")
    until: date | None

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.start:
            raise ValueError("until lies before from")


class EnrollmentFact(msgspec.Struct, frozen=True, gc=False):
    """What reminders need of a fact on `enrollments`."""

    partner_id: Id
    version: Version
    periods: tuple[PeriodFact, ...]
    recorded_at: Aware


class ContactFact(msgspec.Struct, frozen=True, gc=False):
    """A fact on `contacts`, whole."""

    partner_id: Id
    version: Version
    name: str
    recorded_at: Aware
    contact_person: str | None = None
    phone: str | None = None
    email: str | None = None
    language: Literal["id", "en"] = "id"
    person_key: str | None = None


class ClaimFact(msgspec.Struct, frozen=True, gc=False):
    """What reminders need of a fact on `claims`: nothing about whom it was paid to."""

    claim_id: Id
    version: Version
    region: Code
    programme: Code
    amount: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    status: Code
    recorded_at: Aware
    paid_on: date | None = None


class Listing(msgspec.Struct, frozen=True, gc=False):
    """The projection of the topic `partners`, in the order of the table's columns. `agencies`: all that list the
    partner or ever did, in order, separated by spaces."""

    version: int = 0
    status: Status = "unknown"
    merged_into: str | None = None
    merged_at: datetime | None = None
    region: str | None = None
    kind: str | None = None
    listed_known_at: datetime | None = None
    agencies: str = ""
    cooperative_id: str | None = None
    lists: str | None = None
    """The keys of the lists it is on, separated by spaces; None: of a row from before there were any."""


class Timeline(msgspec.Struct, frozen=True, gc=False):
    """The projection of the topic `enrollments`, in the order of the table's columns.

    `insured_until` is the first day without insurance, or OPEN_END; `past_until`, `past_known_at`: the same of the
    timeline before it was emptied, which a merge does.
    """

    version: int = 0
    insured_from: date | None = None
    insured_until: date | None = None
    end_known_at: datetime | None = None
    past_until: date | None = None
    past_known_at: datetime | None = None


def is_believable(moment: datetime) -> bool:
    """Whether the year lies in YEARS: a wrong clock outside them would plan for the year 9999, or hold for ever.

    The bounds are constants, not the present time: facts that are read again have the same effects.
    """
    return moment.year in YEARS


@lru_cache(maxsize=4096)
def is_code(text: str) -> bool:
    """Whether a Code is one; cached, since a batch names the same few thousands of times."""
    return bool(re.fullmatch(r"[A-Za-z0-9._-]*", text))


def unusable_field(fact: "PartnerFact | EnrollmentFact | ContactFact | ClaimFact") -> str | None:
    """The field that keeps this decoded fact from being used, as msgspec names it."""
    if isinstance(fact, PartnerFact):
        if not is_code(fact.region):
            return "`$.region`"
        if not is_code(fact.kind):
            return "`$.kind`"
    if isinstance(fact, ClaimFact):
        wrong = [name for name in ("region", "programme") if not is_code(getattr(fact, name))]
        if wrong:
            return f"`$.{wrong[0]}`"
    return None if is_believable(fact.recorded_at) else "`$.recorded_at`"


Row = TypeVar("Row", Listing, Timeline)
Fact = TypeVar("Fact", PartnerFact, EnrollmentFact)


def project(
    facts: Iterable[Fact], stored: dict[str, Row], empty: Row, next_row: Callable[[Row, Fact], Row]
) -> dict[str, Row]:
    """The rows that these facts change, by partner's id, each as it is after the last of its facts.

    `stored` are the rows as they are now; a partner that is not among them starts with `empty`.
    """
    changed: dict[str, Row] = {}
    for fact in facts:
        partner_id = fact.partner_id
        old = changed.get(partner_id) or stored.get(partner_id, empty)
        if (new := next_row(old, fact)) is not old:
            changed[partner_id] = new
    return changed


def next_listing(old: Listing, fact: PartnerFact) -> Listing:
    """The listing after this fact; `old` itself if the fact is not newer.

    A merged partner keeps the moment from which its listing was known: the survivor counts from there.
    """
    if fact.version <= old.version:
        return _with_lists(old, fact) if old.lists is None and fact.version == old.version else old
    if fact.status == "merged":
        merged_at = old.merged_at if old.status == "merged" else fact.recorded_at
        merged = replace(old, version=fact.version, status="merged", merged_into=fact.merged_into, merged_at=merged_at)
        return replace(merged, agencies=_agencies(old, fact), lists=_list_keys(fact.lists))
    known_at = None
    if fact.status == "active" and fact.listed_on is not None:
        known_at = old.listed_known_at or fact.recorded_at
    where = (fact.cooperative_id, _list_keys(fact.lists))
    return Listing(
        fact.version, fact.status, None, None, fact.region, fact.kind, known_at, _agencies(old, fact), *where
    )


def _with_lists(old: Listing, fact: PartnerFact) -> Listing:
    return replace(old, cooperative_id=fact.cooperative_id, lists=_list_keys(fact.lists))


@lru_cache(maxsize=1024)
def _list_keys(lists: tuple[ListFact, ...]) -> str:
    return " ".join(sorted({key_of(each.agency, each.list) for each in lists}))


def _agencies(old: Listing, fact: PartnerFact) -> str:
    return _united(old.agencies, tuple([each.agency for each in fact.lists]))


@lru_cache(maxsize=1024)
def _united(agencies: str, more: tuple[str, ...]) -> str:
    return " ".join(sorted({*agencies.split(), *more}))


def next_timeline(old: Timeline, fact: EnrollmentFact) -> Timeline:
    """The timeline after this fact; `old` itself if the fact is not newer. `end_known_at` changes only with the end."""
    if fact.version <= old.version:
        return old
    periods = [period for period in fact.periods if period.until != period.start]
    if not periods:
        past = (old.insured_until, old.end_known_at) if old.insured_until else (old.past_until, old.past_known_at)
        return Timeline(fact.version, None, None, None, *past)
    last = max(periods, key=lambda period: period.until or OPEN_END)
    until = last.until or OPEN_END
    known_at = old.end_known_at if until == old.insured_until else fact.recorded_at
    return Timeline(fact.version, last.start, until, known_at)
