"""The schema of answers is what their examples have in common."""

from hypothesis import given
from hypothesis import strategies as st

from shared.openapi.inferred import Inference
from tests.descriptions import faults

NOTHING = {"components": {"schemas": {}}}


def schema(values: list[object]) -> dict[str, object]:
    made = Inference()
    made.learn(values)
    return made.schema(values)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_every_example_is_valid(values: list[object]) -> None:
    found = schema(values)
    assert [fault for value in values for fault in faults(NOTHING, found, value)] == []


def test_a_member_that_one_example_lacks_may_be_missing_and_one_that_is_null_may_be_null() -> None:
    found = schema([{"id": "a", "next": None}, {"id": "b", "next": "c", "preview": {}}])
    assert found["required"] == ["id", "next"]
    assert found["properties"]["next"] == {"type": ["string", "null"]}


def test_what_another_type_takes_is_a_fault() -> None:
    found = schema([[{"rows": 3}], []])
    assert faults(NOTHING, found, [{"rows": "three"}]) != []
    assert faults(NOTHING, found, {"rows": 3}) != []


def test_whole_and_broken_numbers_are_numbers() -> None:
    assert schema([1, 0.5]) == {"type": "number"}


def test_codes_are_no_members() -> None:
    found = schema([{"rejected_by": {"invalid_nib": 1}}])
    assert found["properties"]["rejected_by"] == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_what_is_null_in_another_answer_may_be_null_here_and_is_of_the_type_that_it_has_there() -> None:
    made = Inference()
    made.learn([{"undo": None, "ended": "now"}, {"undo": {"kept": 3}, "ended": None}])
    found = made.schema([{"undo": None, "ended": "then"}])
    assert found["properties"]["ended"] == {"type": ["string", "null"]}
    assert found["properties"]["undo"]["properties"] == {"kept": {"type": "integer"}}
