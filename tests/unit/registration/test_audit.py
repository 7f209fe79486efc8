"""The audit trail's hashes: any change of an entry, of its order or of its number shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.registration.audit import BEGINNING, Entry

ENTRY = Entry(1, datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "agency", "k1", "dinas", "key.issued", {"key": "k2"}, "")


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENTRY, number=2),
        replace(ENTRY, at=ENTRY.at + timedelta(microseconds=1)),
        replace(ENTRY, actor="administrator"),
        replace(ENTRY, key_id=None),
        replace(ENTRY, agency="lain"),
        replace(ENTRY, action="key.revoked"),
        replace(ENTRY, subjects={"key": "k3"}),
        replace(ENTRY, subjects={}),
    ],
)
def test_any_change_of_an_entry_gives_another_hash(changed: Entry) -> None:
    assert changed.hash_after(BEGINNING) != ENTRY.hash_after(BEGINNING)
    assert ENTRY.hash_after("a") != ENTRY.hash_after("b")


def test_the_same_moment_and_subjects_in_another_form_are_the_same_entry() -> None:
    jakarta = replace(ENTRY, at=ENTRY.at.astimezone(timezone(timedelta(hours=7))), subjects={"b": 1, "a": 2})
    assert jakarta.hash_after("") == replace(ENTRY, subjects={"a": 2, "b": 1}).hash_after("")
