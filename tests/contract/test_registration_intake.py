"""The examples of what agencies send are accepted unchanged, and only codes of the contract are emitted."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from services.registration.intake.commands import Command
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from shared.events import intake
from shared.regions import Regions

EXAMPLES = sorted(Path("shared/events/examples/intake").glob("*.json"))
CODES = [
    "malformed",
    "wrong_column_count",
    "unknown_type",
    "missing_field",
    "missing_name",
    "missing_nik",
    "nik_excel_damaged",
    "invalid_nik",
    "invalid_nib",
    "invalid_date",
    "ambiguous_date",
    "invalid_worker_count",
    "invalid_amount",
    "invalid_value",
    "inactive",
    "unknown_region",
    "ambiguous_region",
    "outside_jurisdiction",
    "unknown_field",
    "missing_participant_no",
    "unknown_participant",
    "unknown_programme",
    "programme_not_allowed",
    "programme_dropped",
    "programme_not_held",
    "event_outside_membership",
    "partner_unknown",
    "conflict",
    "id_reused",
    "health_data",
    "too_long",
    "too_large",
    "failed",
    "forbidden_type",
    "too_many_sources",
]
WARNINGS = [
    "nik_unknown_prefix",
    "nik_bad_birth_date",
    "phone_unusable",
    "personal_number_in_text",
    "number_left_out",
    "paid_on_missing",
]


def reader() -> EventReader:
    return EventReader(EventContext(Jurisdiction(Regions.load(), ("ID",))))


def test_every_type_has_an_example() -> None:
    assert {path.stem for path in EXAMPLES} == set(intake.TYPES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_taken(path: Path) -> None:
    answer: Command | Refusal = reader().read(path.stem, json.loads(path.read_text()))
    assert not isinstance(answer, Refusal), answer


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_whatever_is_missing_or_of_another_type_is_a_refusal_and_never_an_error(path: Path) -> None:
    example: dict[str, Any] = json.loads(path.read_text())
    for field in example:
        for value in (None, "", 1, -1.5, True, [], [1], {}, {"x": 1}, "x" * 600, "\x00"):
            answer = reader().read(path.stem, example | {field: value})
            assert not isinstance(answer, Refusal) or answer.code in CODES


def test_no_code_is_used_that_is_not_in_the_contract() -> None:
    source = "\n".join(path.read_text() for path in Path("services/registration").rglob("*.py"))
    used = set(re.findall(r'(?:Refusal|Refused)\(\s*"([a-z_]+)"', source))
    assert used <= set(CODES)
    assert all(warning in source for warning in WARNINGS)
