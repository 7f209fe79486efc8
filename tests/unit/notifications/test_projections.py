"""How a partner's row follows from its facts."""

from datetime import date, datetime

from services.notifications.facts import OPEN_END
from services.notifications.projections import (
    EnrollmentFact,
    Listing,
    PartnerFact,
    PeriodFact,
    Timeline,
    next_listing,
    next_timeline,
    project,
)
from tests.unit.notifications.builders import at

ID = "01940000-0000-7000-8000-000000000001"
OTHER = "01940000-0000-7000-8000-000000000002"


def listed(version: int, when: datetime, listed_on: date | None = date(2026, 1, 1)) -> PartnerFact:
    return PartnerFact(ID, version, "active", "36.71", "business", when, listed_on=listed_on)


def enrolled(version: int, when: datetime, *periods: tuple[str, str | None]) -> EnrollmentFact:
    spans = tuple(PeriodFact(date.fromisoformat(a), date.fromisoformat(b) if b else None) for a, b in periods)
    return EnrollmentFact(ID, version, spans, when)


def test_the_listing_is_known_since_the_first_fact_with_it() -> None:
    row = next_listing(next_listing(Listing(), listed(1, at("2026-11-01"))), listed(2, at("2026-11-05")))
    assert row.listed_known_at == at("2026-11-01")


def test_a_new_listing_after_delisting_is_known_since_its_own_fact() -> None:
    row = Listing()
    for fact in (listed(1, at("2026-11-01")), listed(2, at("2026-11-02"), None), listed(3, at("2026-11-09"))):
        row = next_listing(row, fact)
    assert row.listed_known_at == at("2026-11-09")


def test_a_merged_partner_keeps_since_when_it_was_listed() -> None:
    merged = PartnerFact(ID, 2, "merged", "36.71", "business", at("2026-11-03"), merged_into=OTHER)
    row = next_listing(next_listing(Listing(), listed(1, at("2026-11-01"))), merged)
    assert (row.status, row.merged_into, row.listed_known_at) == ("merged", OTHER, at("2026-11-01"))
    assert row.merged_at == at("2026-11-03")


def test_a_version_not_newer_is_ignored() -> None:
    row = next_listing(Listing(), listed(2, at("2026-11-01")))
    assert next_listing(row, listed(2, at("2026-11-02"), None)) is row
    assert next_listing(row, listed(1, at("2026-11-02"), None)) is row


def test_when_the_end_became_known_moves_only_with_the_end() -> None:
    row = next_timeline(Timeline(), enrolled(1, at("2026-11-01"), ("2026-01-01", None)))
    assert (row.insured_until, row.end_known_at) == (OPEN_END, at("2026-11-01"))
    row = next_timeline(row, enrolled(2, at("2026-11-10"), ("2026-01-01", "2026-11-08")))
    assert (row.insured_until, row.end_known_at) == (date(2026, 11, 8), at("2026-11-10"))
    row = next_timeline(row, enrolled(3, at("2026-11-20"), ("2025-12-01", "2026-11-08")))
    assert row.end_known_at == at("2026-11-10")


def test_the_last_period_decides() -> None:
    row = next_timeline(Timeline(), enrolled(1, at("2026-11-01"), ("2020-01-01", "2021-01-01"), ("2027-01-01", None)))
    assert (row.insured_from, row.insured_until) == (date(2027, 1, 1), OPEN_END)


def test_an_emptied_timeline_is_as_if_never_enrolled() -> None:
    row = next_timeline(
        next_timeline(Timeline(), enrolled(1, at("2026-11-01"), ("2026-01-01", None))), enrolled(2, at("2026-11-02"))
    )
    assert (row.version, row.insured_until) == (2, None)


def test_only_the_partners_that_newer_facts_change_are_stored() -> None:
    stored = {ID: next_listing(Listing(), listed(2, at("2026-11-01")))}
    of_other = [PartnerFact(OTHER, v, "active", "36.71", "business", at(f"2026-11-0{v}")) for v in (1, 2)]
    changed = project([listed(1, at("2026-11-02")), *of_other], stored, Listing(), next_listing)
    assert [(key, row.version) for key, row in changed.items()] == [(OTHER, 2)]
