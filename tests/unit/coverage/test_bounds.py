"""What a fact may hold, and what becomes of sums that no integer of the ledger holds."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from services.coverage import bounds, ledger
from services.coverage.cells import InvalidValue
from services.coverage.facts import ClaimFact, EnrollmentFact, PartnerFact, PeriodFact, Workers

RECORDED = datetime(2026, 1, 10, tzinfo=UTC)
ID = "0190aaaa-0000-7000-8000-000000000001"


def partner(**changes: object) -> PartnerFact:
    fact = PartnerFact(ID, 1, "active", "33.11", "business", RECORDED, listed_on="2021-01-01")
    return msgspec.structs.replace(fact, **changes)


def enrolment(*periods: tuple[str, str | None]) -> EnrollmentFact:
    made = [PeriodFact(start, "33.11", "PU", ("JKK",), Workers(), until) for start, until in periods]
    return EnrollmentFact(ID, 1, "business", tuple(made), RECORDED)


def bounded_timeline(fact: EnrollmentFact) -> bytes:
    return bounds.bounded_enrolment_timeline(fact, int(fact.recorded_at.timestamp()))


@pytest.mark.parametrize("day", ["1944-12-31", "0001-01-01", "2027-01-20", "9999-12-31"])
def test_a_day_of_listing_lies_between_1945_and_a_year_ahead(day: str) -> None:
    with pytest.raises(InvalidValue, match="listed_on"):
        bounds.check_partner(partner(listed_on=day))
    bounds.check_partner(partner(listed_on="1945-01-01"))
    bounds.check_partner(partner(listed_on="2027-01-10"))


@pytest.mark.parametrize("identity", ["", "p", ID.upper(), ID.replace("-", ""), ID + "\n"])
def test_an_identity_is_written_in_one_way(identity: str) -> None:
    with pytest.raises(InvalidValue, match="partner_id"):
        bounds.check_partner(partner(partner_id=identity))


def test_periods_that_overlap_would_count_a_partner_twice() -> None:
    bounded_timeline(enrolment(("2021-01-01", "2021-06-01"), ("2021-06-01", "2022-01-01"), ("2023-01-01", None)))
    bounded_timeline(enrolment(("2021-01-01", "9999-12-31")))
    for periods in (
        [("2021-01-01", "2021-06-01"), ("2021-05-31", None)],
        [("2021-01-01", None), ("2022-01-01", None)],
        [("2022-01-01", "2023-01-01"), ("2021-01-01", "2022-01-01")],
    ):
        with pytest.raises(InvalidValue, match="periods"):
            bounded_timeline(enrolment(*periods))


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 10**12 + 1},
        {"amount": -1},
        {"tenure_months": 2**31},
        {"version": 2**31},
        {"recorded_at": "2026-01-10T00:00:00"},
        {"agency": "\x00"},
        {"status": "lost"},
    ],
)
def test_a_claim_outside_its_bounds_is_none(change: dict[str, object]) -> None:
    claim = {"claim_id": ID, "version": 1, "region": "33.11", "programme": "JKK", "segment": "PU", "amount": 10**12}
    claim |= {"status": "paid", "occurred_on": "2021-01-01", "tenure_months": 5, "agency": "a"}
    claim["recorded_at"] = "2026-01-10T00:00:00Z"
    msgspec.json.decode(msgspec.json.encode(claim), type=ClaimFact)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(claim | change), type=ClaimFact)


def test_a_sum_above_the_ledgers_integers_becomes_several_rows() -> None:
    rows = np.zeros(3, ledger.ROW)
    rows["cell"] = [1, 2, 3]
    rows["workers"] = [7, 3 * 2**31 + 5, -(2**33)]
    rows["labour"] = [0, -1, 2**40]
    split = ledger.within_integers(rows)
    assert ledger.binary_copy(1, split)
    for name in ledger.MEASURES:
        for cell in (1, 2, 3):
            assert split[name][split["cell"] == cell].sum() == rows[name][rows["cell"] == cell].sum()
    few = rows[:1]
    assert ledger.within_integers(few) is few
