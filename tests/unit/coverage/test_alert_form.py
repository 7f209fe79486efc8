"""What a form says of a rule is what its words say, in either language; else nothing is added."""

import pytest
from pydantic import ValidationError

from services.coverage.web.alert_rules import _rule


def test_numbers_are_read_as_people_write_them() -> None:
    given = {"name": "Turun", "points": "0,5", "days": "14", "listed_at_least": "1.000", "region": "33.11", "level": ""}
    rule = _rule("coverage_fell", given | {"clear_after_hours": "48"})
    assert rule.condition.model_dump() == {
        "kind": "coverage_fell",
        "region": "33.11",
        "level": "self",
        "points": 0.5,
        "days": 14,
        "listed_at_least": 1000,
    }
    assert (rule.clear_after_hours, rule.enabled) == (48, True)
    silent = _rule("agency_silent", {"name": "a", "agency": "bpjstk.1,5", "times": "2"})
    assert silent.condition.model_dump() == {"kind": "agency_silent", "agency": "bpjstk.1,5", "times": 2.0}


@pytest.mark.parametrize(
    ("field", "text"),
    [("name", " "), ("points", "101"), ("points", "dua"), ("days", "7,5"), ("days", "0"), ("level", "village")],
)
def test_what_a_field_does_not_take_is_named(field: str, text: str) -> None:
    with pytest.raises(ValidationError) as problem:
        _rule("coverage_fell", {"name": "Turun", field: text})
    assert [each["loc"][-1] for each in problem.value.errors()] == [field]
