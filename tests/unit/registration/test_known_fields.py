"""A field that events do not have is refused by name, with the nearest there is; all others are known."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.registration.intake.known_fields import unknown_field
from services.registration.intake.values import Refusal

EXAMPLES = sorted(Path("shared/events/examples/intake").glob("*.json"))
LISTED: dict[str, Any] = json.loads(Path("shared/events/examples/intake/partner.listed.json").read_text())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_fields_of_the_examples_are_known_and_no_other_at_any_depth(path: Path) -> None:
    example = json.loads(path.read_text())
    assert unknown_field(path.stem, example) is None
    for name, value in example.items():
        wrong = refusal(path.stem, {f"{name}x": value} | {each: example[each] for each in example if each != name})
        assert (wrong.code, wrong.field) == ("unknown_field", f"{name}x")
        assert f"did you mean {name}?" in wrong.detail
        if isinstance(value, dict):
            assert refusal(path.stem, example | {name: value | {"quux": 1}}).field == f"{name}.quux"


def test_objects_in_lists_and_alternatives_are_looked_into() -> None:
    held = {"attendees": [{"nib": "1"}, {"nibb": "2"}]}
    assert "did you mean nib?" in refusal("briefing.held", held).detail
    assert refusal("partner.listed", {"workers": {"staff": 1, "labor": 2}}).field == "workers.labor"
    assert unknown_field("partner.listed", {"workers": 3, "contact": None, "partner": "x"}) is None


def test_a_long_name_is_shown_in_part() -> None:
    assert len(refusal("partner.listed", {"x" * 5000: 1}).detail) < 400


def refusal(kind: str, data: dict[str, Any]) -> Refusal:
    found = unknown_field(kind, data)
    assert found is not None
    return found
