"""Days that nobody can have meant are refused, at the same bounds for every command."""

from datetime import date, timedelta

import pytest

from services.registration.intake import day_bounds
from services.registration.intake.commands import Enrol, FileClaim, ListPartner, RecordStatement, Reference
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from shared.regions import Regions
from tests.unit.registration import reading

TODAY = date(2026, 2, 28)


def listing(day: date) -> ListPartner:
    return ListPartner(Reference(), "Toko", "business", "33.11", "l", day)


def claim(day: date, paid_on: date | None = None) -> FileClaim:
    return FileClaim("k-1", "P1", "JKK", 1, day, "filed", paid_on)


def target(day: date) -> RecordStatement:
    return RecordStatement("target.set", "k", {"region": "33.11", "start": TODAY, "until": day})


@pytest.mark.parametrize(("command", "field"), [
    (listing, "listed_on"), (lambda day: Enrol("P1", day), "effective_on"),
    (lambda day: claim(date(1945, 1, 1), day), "paid_on"),
])  # fmt: skip
def test_from_1945_to_a_year_ahead(command, field: str) -> None:
    for good in (date(1945, 1, 1), TODAY, TODAY + timedelta(days=366)):
        assert day_bounds.refusal(command(good), day_bounds.year_ahead(TODAY)) is None
    for bad in (date(1, 1, 1), date(1944, 12, 31), TODAY + timedelta(days=367), date(2098, 1, 1), date.max):
        refusal = day_bounds.refusal(command(bad), day_bounds.year_ahead(TODAY))
        assert refusal is not None
        assert (refusal.code, refusal.field) == ("invalid_date", field)


def test_a_claim_is_about_what_has_happened_and_is_paid_after_that() -> None:
    last_day = day_bounds.year_ahead(TODAY)
    for good in (claim(TODAY), claim(date(1945, 1, 1)), claim(TODAY, TODAY), claim(TODAY, TODAY + timedelta(days=9))):
        assert day_bounds.refusal(good, last_day) is None
    tomorrow, yesterday = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
    for bad, field in ((claim(tomorrow), "occurred_on"), (claim(date.max), "occurred_on"),
                       (claim(date(1944, 12, 31)), "occurred_on"), (claim(TODAY, yesterday), "paid_on")):  # fmt: skip
        refusal = day_bounds.refusal(bad, last_day)
        assert refusal is not None
        assert (refusal.code, refusal.field) == ("invalid_date", field)


def test_a_statement_may_reach_far_ahead_but_not_without_end() -> None:
    assert day_bounds.refusal(target(date(2199, 12, 31)), day_bounds.year_ahead(TODAY)) is None
    for bad in (date(1944, 1, 1), date(2200, 1, 1)):
        refusal = day_bounds.refusal(target(bad), day_bounds.year_ahead(TODAY))
        assert refusal is not None
        assert (refusal.code, refusal.field) == ("invalid_date", "until")


@pytest.mark.parametrize(
    ("status", "paid_on", "warnings"),
    [
        ("DIBAYAR", "", ("paid_on_missing",)),
        ("DIBAYAR", "2020-02-01", ()),
        ("PROSES", "", ()),
        ("DITOLAK", "", ()),
    ],
)
def test_a_paid_claim_without_its_day_of_payment_is_taken_with_a_warning(
    status: str, paid_on: str, warnings: tuple[str, ...]
) -> None:
    header = "No Klaim;No Peserta;Program;Tgl Kejadian;Nilai;Status;Tgl Bayar"
    (answer,) = reading.read("claims", header, [f"K1;P1;JKK;2020-01-31;1000;{status};{paid_on}"])
    assert isinstance(answer, FileClaim)
    assert answer.warnings == warnings
    name = {"DIBAYAR": "claim.paid", "PROSES": "claim.filed", "DITOLAK": "claim.rejected"}[status]
    data = {"claim_ref": "K1", "participant_no": "P1", "programme": "JKK", "amount": 1000, "occurred_on": "2020-01-31"}
    event = EventReader(EventContext(Jurisdiction(Regions.load(), ("ID",)))).read(
        name, data | ({"paid_on": paid_on} if paid_on else {})
    )
    assert isinstance(event, FileClaim)
    assert event.warnings == warnings
