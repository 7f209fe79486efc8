"""What happens to a batch of each topic. All effects are in the transaction that also moves the offsets."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import asyncpg

from services.coverage import bounds, last_seen, members, sources, storage, transitions
from services.coverage.aside import aside
from services.coverage.cells import InvalidValue
from services.coverage.facts import (
    BriefingFact,
    ClaimFact,
    DenominatorFact,
    EnrollmentFact,
    OutreachFact,
    PartnerFact,
    StatementFact,
    TargetFact,
)
from services.coverage.last_seen import Event
from services.coverage.sources import Listing, Named
from services.coverage.storage import EnrolmentDetails, second_of
from services.coverage.timelines import DAY_NUMBERS, listing_timeline
from services.coverage.transitions import Version
from shared.bus.batch import Batch
from shared.bus.records import Record, event_id, event_type, key_text
from shared.events import claims, outreach, partners, reference

Statement = TypeVar("Statement")

PARTNER_TYPES = {*partners.TYPES, ""}
CLAIM_TYPES = {*claims.TYPES, ""}
"""All of one value each: a record without a type is read by its value; one of a type we do not know is not."""


async def on_enrollments(batch: Batch, db: asyncpg.Connection) -> None:
    """Move every partner of the batch to its new timeline; the ledger gets the difference.

    The type is not looked at: every one of them carries the whole timeline, and this path is the hottest.
    """
    named: Named = {}
    versions = await aside(len(batch.records), _enrolment_versions, batch, named)
    before = await storage.store_enrolments(db, transitions.newest(versions))
    accepted = transitions.accept(versions, before.stored)
    await storage.add_to_figures(db, accepted.transitions, named, enrolled=True)
    of_cooperatives = members.by_cooperative(versions, before.stored, before.sides)
    await storage.add_to_cooperatives(db, len(versions), of_cooperatives)
    await _record_last_seen(db, batch, [(details.agency, second) for details, second in accepted.versions])


async def on_partners(batch: Batch, db: asyncpg.Connection) -> None:
    """The same for who is listed; each version is an event of the agencies that contributed to it."""
    named: Named = {}
    versions = await aside(len(batch.records), _partner_versions, batch, named)
    before = await storage.store_partners(db, transitions.newest(versions))
    accepted = transitions.accept(versions, before.stored)
    await storage.add_to_figures(db, accepted.transitions, named, enrolled=False)
    of_cooperatives = members.by_cooperative(versions, before.stored, before.sides)
    await storage.add_to_cooperatives(db, len(versions), of_cooperatives)
    await storage.add_merges(db, accepted.versions)
    await _record_last_seen(db, batch, last_seen.contributing_agencies(accepted.versions, before.lists))


async def on_claims(batch: Batch, db: asyncpg.Connection) -> None:
    """Keep every version of a claim; which of them holds depends on the question."""
    decoded = _within_bounds(batch, batch.decode(ClaimFact, batch.of_types(CLAIM_TYPES)), bounds.check_claim)
    versions = {(claim.claim_id, claim.version): claim for _, claim in decoded}
    added = await storage.add_claims(db, versions)
    await _record_last_seen(db, batch, ((claim.agency, second) for claim, second in added))


async def on_reference(batch: Batch, db: asyncpg.Connection) -> None:
    """Keep denominators, targets and briefings, each with when it became known; nothing is ever replaced.

    All types show that their agency is not silent; a record of any other type is rejected.
    """
    by_type = _statements(batch)
    await storage.add_denominators(db, [fact for _, fact in by_type["denominator.set"]])
    await storage.add_targets(db, _as_they_came(by_type["target.set"], by_type["target.withdrawn"]))
    held = _as_they_came(_keyed(by_type["briefing.held"]), _keyed(by_type["briefing.withdrawn"]))
    await storage.add_briefings(db, held)
    facts = {_identity(record): fact for decoded in by_type.values() for record, fact in decoded}
    fresh = [facts[each] for each in await storage.first_seen(db, list(facts))]
    await _record_last_seen(db, batch, ((fact.agency, second_of(fact)) for fact in fresh))


async def on_outreach(batch: Batch, db: asyncpg.Connection) -> None:
    """Keep every act of notifications towards a partner once; no agency did it."""
    records = batch.of_types(outreach.TYPES)
    decoded = _within_bounds(batch, batch.decode(OutreachFact, records), bounds.check_outreach)
    acts = {_identity(record): (event_type(record), fact) for record, fact in decoded}
    await storage.add_outreach(db, acts)


def _keyed(decoded: Iterable[tuple[Record, BriefingFact]]) -> list[tuple[Record, tuple[str, BriefingFact]]]:
    """Each briefing with the key of its record, by which it is known."""
    return [(record, (key_text(record), fact)) for record, fact in decoded]


def _as_they_came(
    stated: Iterable[tuple[Record, Statement]], withdrawn: Iterable[tuple[Record, Statement]]
) -> list[tuple[Statement, bool]]:
    """What a batch, which is one partition's, states, with whether each was withdrawn."""
    both = [(record.offset, fact, False) for record, fact in stated]
    both += [(record.offset, fact, True) for record, fact in withdrawn]
    return [(fact, is_withdrawn) for _, fact, is_withdrawn in sorted(both, key=lambda each: each[0])]


async def _record_last_seen(db: asyncpg.Connection, batch: Batch, events: Iterable[Event]) -> None:
    agencies = last_seen.by_agency(events)
    await storage.record_last_seen(db, batch.topic, batch.records[0].partition, agencies)


# --- decoding -------------------------------------------------------------------------------------------------------


def _enrolment_versions(batch: Batch, named: Named) -> list[Version[EnrolmentDetails]]:
    return transitions.read(batch.decode(EnrollmentFact), partial(_enrolment_version, named), batch.reject)


def _enrolment_version(named: Named, fact: EnrollmentFact) -> Version[EnrolmentDetails]:
    second = int(fact.recorded_at.timestamp())
    timeline = bounds.bounded_enrolment_timeline(fact, second)
    first_start = DAY_NUMBERS[fact.periods[0].start] if fact.periods else None
    cooperative, channel = fact.cooperative_id, fact.channel_id
    details = EnrolmentDetails(fact.agency, first_start, cooperative, channel, members.sides(cooperative, channel))
    return fact.partner_id, fact.version, timeline, second, sources.of_enrolment(fact, named), details


def _partner_versions(batch: Batch, named: Named) -> list[Version[Listing]]:
    decoded = batch.decode(PartnerFact, batch.of_types(PARTNER_TYPES))
    return transitions.read(decoded, partial(_partner_version, named), batch.reject)


def _partner_version(named: Named, fact: PartnerFact) -> Version[Listing]:
    bounds.check_partner(fact)
    timeline, lists = listing_timeline(fact), last_seen.lists_of(fact)
    source, second = sources.of_partner(fact, lists, named), int(fact.recorded_at.timestamp())
    return (
        fact.partner_id,
        fact.version,
        timeline,
        second,
        source,
        Listing(fact, lists, members.sides(fact.cooperative_id)),
    )


STATEMENTS: dict[str, tuple[Any, Callable[[Any], None]]] = {
    "denominator.set": (DenominatorFact, bounds.check_denominator),
    "target.set": (TargetFact, bounds.check_target),
    "target.withdrawn": (TargetFact, lambda fact: bounds.check_recorded(fact.recorded_at)),
    "briefing.held": (BriefingFact, bounds.check_briefing),
    "briefing.withdrawn": (BriefingFact, lambda fact: bounds.check_recorded(fact.recorded_at)),
    **{
        name: (StatementFact, lambda fact: bounds.check_recorded(fact.recorded_at))
        for name in ("agreement.signed", "agreement.withdrawn")
    },
}
"""Type of the topic `reference` → what is read of it, and what checks its bounds."""


def _statements(batch: Batch) -> dict[str, list[tuple[Record, Any]]]:
    """Type → its records with their facts."""
    records = batch.of_types(reference.TYPES)
    return {
        name: list(
            _within_bounds(batch, batch.decode(kind, [each for each in records if event_type(each) == name]), check)
        )
        for name, (kind, check) in STATEMENTS.items()
    }


def _within_bounds(
    batch: Batch, decoded: Iterable[tuple[Record, Any]], check: Callable[[Any], None]
) -> Iterable[tuple[Record, Any]]:
    """The facts that pass the check; others are rejected as `invalid_value`, with the field's name."""
    for record, fact in decoded:
        try:
            check(fact)
        except InvalidValue as problem:
            batch.reject(record, f"invalid_value: {problem}")
        else:
            yield record, fact


def _identity(record: Record) -> str:
    """The event's id, the same however often it is delivered; its place in the log for one that has none."""
    return event_id(record) or f"{record.partition}/{record.offset}"
