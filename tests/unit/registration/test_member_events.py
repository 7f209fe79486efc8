"""An event with members is an event for each; the documents' example is taken as it stands there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from services.registration.intake import columns, member_events
from services.registration.intake.commands import Enrol
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from shared.regions import Regions

EXAMPLE = next(
    event
    for text in re.findall(r"```json\n(.*?)```", Path("docs/sending.md").read_text(), re.S)
    if "members" in (event := json.loads(text))["data"]
)
READER = EventReader(EventContext(Jurisdiction(Regions.load(), ("ID",))))


def split(**changes: Any) -> list[dict[str, Any]] | None:
    return member_events.each_of(EXAMPLE | {"data": EXAMPLE["data"] | changes})


def test_the_documented_event_is_an_enrolment_of_each_member() -> None:
    members = split() or []
    assert [each["id"] for each in members] == ["wadah-7/members/0", "wadah-7/members/1"]
    enrolled = [READER.read(each["type"], each["data"]) for each in members]
    assert all(isinstance(each, Enrol) for each in enrolled)
    assert [each.programmes for each in enrolled if isinstance(each, Enrol)] == [("JKK", "JKM"), ("JKK", "JKM", "JHT")]
    assert {each.cooperative.nik_koperasi for each in enrolled if isinstance(each, Enrol) and each.cooperative} == {
        "3311000000921"
    }


@pytest.mark.parametrize("members", [None, [], {}, "x", [1], [{}] * 1001, [{"members": []}]], ids=lambda m: str(m)[:20])
def test_wrong_members_are_no_events_and_the_event_is_refused(members: Any) -> None:
    assert split(members=members) is None
    answer = READER.read(EXAMPLE["type"], EXAMPLE["data"] | {"members": members})
    assert isinstance(answer, Refusal)
    assert answer.field in ("members", "members.members")


def test_an_event_of_another_type_or_without_members_stays_one() -> None:
    assert member_events.each_of(EXAMPLE | {"type": "enrollment.lapsed"}) is None
    assert member_events.each_of({"type": "enrollment.registered", "data": {}}) is None
    assert member_events.each_of({"type": "enrollment.registered"}) is None


def test_what_is_refused_as_a_whole_is_kept_without_its_members() -> None:
    assert member_events.without(EXAMPLE)["data"].keys() == EXAMPLE["data"].keys() - {"members"}
    assert member_events.without([1]) == [1]


@pytest.mark.parametrize(
    ("kind", "header", "meaning"),
    [
        ("enrollments", "Wadah", "cooperative"),
        ("persons", "Nama Koperasi", "cooperative"),
        ("partners", "Nama Koperasi", "name"),
        ("partners", "Koperasi Induk", "cooperative"),
        ("agreements", "Berlaku Sampai", "until"),
    ],
)
def test_the_columns_of_cooperatives(kind: str, header: str, meaning: str) -> None:
    assert columns.meaning_of(kind, header) == meaning


def test_a_list_of_persons_with_their_cooperative_keeps_its_niks() -> None:
    found = columns.read_as("persons", ("Nama", "NIK", "Kab/Kota", "Nama Koperasi"))
    assert found == ["name", "nik", "region", "cooperative"]
