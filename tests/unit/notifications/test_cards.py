"""What the holder of a task sees: whom, where, why now, and addresses that a phone opens."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.notifications.agents.acting import CLOSED_BY, OF_CHECKS, OF_VISITS
from services.notifications.agents.cards import card
from services.notifications.agents.holding import PRIORITIES
from services.notifications.agents.phones import dialable
from shared.regions import Regions

TODAY = date(2026, 11, 24)


def a_row(**changes: Any) -> dict[str, Any]:
    row = dict.fromkeys(("contact_person", "email", "agent_id", "claimed_at", "snoozed_until", "touch_by"))
    given = {
        "task_id": "t1",
        "partner_id": "p1",
        "kind": "visit",
        "priority": 2,
        "reason": "unanswered",
        "region": "36.71",
        "partner_kind": "business",
        "name": "Toko <b>\u202eManis</b> & Anak",
        "phone": "0812-3456-789",
        "is_phone_wrong": None,
        "language": "id",
        "reminders": 3,
        "last_reminded_at": datetime(2026, 11, 23, 18, tzinfo=UTC),
        "opened_at": datetime(2026, 11, 24, tzinfo=UTC),
        "level": "agent",
    }
    return row | given | changes


def test_a_card_says_whom_where_and_why_now() -> None:
    shown = card(a_row(), Regions.load(), TODAY)
    assert shown["why"] == "Reminded 3 times, the last time on 2026-11-24, and still not registered."
    assert shown["business"]["place"] == Regions.load()["36.71"].name
    assert "\u202e" not in shown["business"]["name"]
    assert shown["links"]["call"] == "tel:+628123456789"
    assert shown["links"]["whatsapp"] == "https://wa.me/628123456789"
    assert shown["links"]["route"].startswith("geo:0,0?q=Toko%20b")


def test_a_number_that_is_wrong_or_none_is_not_offered() -> None:
    for row in (a_row(is_phone_wrong=True), a_row(phone="tidak ada"), a_row(phone=None)):
        shown = card(row, Regions.load(), TODAY)
        assert (shown["business"]["phone"], shown["links"]["call"], shown["links"]["whatsapp"]) == (None, None, None)


@pytest.mark.parametrize("reason", sorted(PRIORITIES))
def test_every_reason_has_a_sentence(reason: str) -> None:
    shown = card(a_row(reason=reason, reminders=0, last_reminded_at=None), Regions.load(), TODAY)
    assert shown["why"].endswith(".")


def test_it_rests_until_its_day_and_no_longer() -> None:
    assert card(a_row(snoozed_until=date(2026, 11, 25)), Regions.load(), TODAY)["snoozed_until"] == date(2026, 11, 25)
    assert card(a_row(snoozed_until=TODAY), Regions.load(), TODAY)["snoozed_until"] is None


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0812 3456 789", "+628123456789"),
        ("(0812) 3456.789", "+628123456789"),
        ("62812-3456-789", "+628123456789"),
        ("+62 812 3456 789", "+628123456789"),
        ("021-5550 123", "+62215550123"),
        ("+60 12 345 6789", "+60123456789"),
        ("12", None),
        ("0812 3456 789 / 0813 1111 222", None),
        ("\u0660812345678", None),
        ("", None),
        (None, None),
    ],
)
def test_numbers_as_a_phone_dials_them(written: str | None, number: str | None) -> None:
    assert dialable(written) == number


def test_what_a_person_finds_is_not_what_closes_a_task_by_itself() -> None:
    assert not set(CLOSED_BY) & {*OF_VISITS, *OF_CHECKS}
