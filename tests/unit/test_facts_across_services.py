"""Whatever registration accepts becomes a fact that coverage applies, for all participants of a partner together."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.coverage import bounds, facts, timelines
from services.coverage.cells import is_enrolled
from services.registration.identity.authority import settle
from services.registration.identity.partner_state import PartnerState
from services.registration.identity.profile import NO_HEADS, Row
from services.registration.intake.commands import ContactDetails, Heads
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import MAX_WORKERS, Refusal
from services.registration.records import derivation, fact_limits
from services.registration.records import timelines as histories
from services.registration.records.derivation import Derived, PartnerView
from services.registration.records.timelines import History, Version
from shared.events.model import Workers
from shared.regions import Regions

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PARTNER = UUID("0190a1b2-0000-7000-8000-000000000001")
START = date(2021, 1, 1)
NAMES = ("JKK", "JKM", "JHT", "JP")

counts = st.one_of(st.integers(0, 3), st.integers(0, MAX_WORKERS), st.just(MAX_WORKERS))


@st.composite
def workers(draw: st.DrawFn) -> Workers:
    """As a row may give them: all levels together within the bound."""
    management = draw(counts)
    staff = draw(counts.map(lambda count: min(count, MAX_WORKERS - management)))
    return Workers(management, staff, min(draw(counts), MAX_WORKERS - management - staff))


@st.composite
def versions(draw: st.DrawFn) -> Version:
    start = START + timedelta(draw(st.integers(0, 40)))
    until = draw(st.none() | st.integers(1, 30).map(lambda days: start + timedelta(days)))
    names = NAMES[: draw(st.integers(2, 4))]
    return Version(start, until, "33.11", draw(st.sampled_from(("PU", "BPU"))), names, draw(workers()), agency="bpjs")  # type: ignore[arg-type]


@st.composite
def participants(draw: st.DrawFn) -> History:
    held: History = ()
    for version in draw(st.lists(versions(), min_size=1, max_size=4)):
        held, _ = histories.judge(held, version)
    return held


def derived(members: Sequence[History], heads: Heads = NO_HEADS) -> Derived:
    row = Row(1, 1, PARTNER, "dinas", "l", None, None, None, "n", "33.11", "business", START, START, 0, heads=heads)
    authority = settle([row], lambda *_: True)
    view = PartnerView(PartnerState(PARTNER, NOW), [row], True, [("Toko", ContactDetails())], members, authority)
    return derivation.derive(view, lambda partner: partner, lambda *_: PARTNER)


def applied(new: Derived) -> list[timelines.Stay]:
    """The stays that coverage keeps of these facts, as it decodes and checks them."""
    assert new.partner is not None
    assert new.enrollment is not None
    listing = msgspec.json.encode(msgspec.structs.replace(new.partner.fact, version=1, recorded_at=NOW))
    enrolment = msgspec.json.encode(msgspec.structs.replace(new.enrollment.fact, version=1, recorded_at=NOW))
    partner = msgspec.json.decode(listing, type=facts.PartnerFact)
    enrolled = msgspec.json.decode(enrolment, type=facts.EnrollmentFact)
    bounds.check_partner(partner)
    bounds.bounded_enrolment_timeline(enrolled, int(enrolled.recorded_at.timestamp()))
    return [
        *timelines.stays(timelines.listing_timeline(partner)),
        *timelines.stays(timelines.enrolment_timeline(enrolled)),
    ]


@settings(max_examples=300)
@given(st.lists(participants(), min_size=1, max_size=6), workers())
def test_a_fact_that_fits_is_applied_and_one_that_does_not_is_a_refusal(
    members: list[History], listed: Workers
) -> None:
    heads = Heads(None, listed.management, listed.staff, listed.labour)
    new = derived(members, heads)
    assert new.enrollment is not None
    most = max((max(msgspec.structs.astuple(p.workers)) for p in new.enrollment.fact.periods), default=0)
    refusal = fact_limits.misfit(new)
    if refusal is None:
        assert most <= MAX_WORKERS
        enrolled = [stay for stay in applied(new) if is_enrolled(stay.cell)]
        assert [stay.workers for stay in enrolled] == [
            sum(msgspec.structs.astuple(period.workers)) for period in new.enrollment.fact.periods
        ]
    else:
        assert refusal.code == "invalid_worker_count"
        assert most > MAX_WORKERS


def test_one_participant_at_the_bound_fits_and_a_second_one_does_not() -> None:
    full: History = (Version(START, None, "33.11", "PU", ("JKK", "JKM"), Workers(labour=MAX_WORKERS)),)
    one_more: History = (Version(START, None, "33.11", "PU", ("JKK", "JKM"), Workers(labour=1)),)
    assert fact_limits.misfit(derived([full])) is None
    assert fact_limits.misfit(derived([full, one_more])) == fact_limits.TOO_MANY_WORKERS
    later: History = (Version(START, START + timedelta(9), "33.11", "PU", ("JKK", "JKM"), Workers(labour=1)),)
    after: History = (Version(START + timedelta(9), None, "33.11", "PU", ("JKK", "JKM"), Workers(labour=MAX_WORKERS)),)
    assert fact_limits.misfit(derived([later, after])) is None, "they are never insured at once"


def test_a_timeline_that_fits_no_record_is_a_refusal() -> None:
    days = [
        Version(START + timedelta(day), None, "33.11", "PU", ("JKK", "JKM"), Workers(labour=day % 9 + 1))
        for day in range(9_000)
    ]
    assert fact_limits.misfit(derived([tuple(days[:3_000])])) is None
    assert fact_limits.misfit(derived([tuple(days)])) == fact_limits.TOO_LARGE


def test_the_levels_of_one_listing_are_bounded_together() -> None:
    reader = EventReader(EventContext(Jurisdiction(Regions.load(), ("ID",))))
    data = {
        "partner": {},
        "name": "Toko",
        "kind": "business",
        "region": "33.11",
        "listed_on": "2021-01-31",
        "workers": {"staff": MAX_WORKERS, "labour": 1},
    }
    answer = reader.read("partner.listed", data)
    assert isinstance(answer, Refusal)
    assert answer.code == "invalid_worker_count"
