"""The reference's rows say what a schema says, in words."""

from typing import Any

import pytest

from shared.web.reference import Row, kind, rows, text_of

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Reference": {"properties": {"nib": {"type": "string", "maxLength": 13, "description": "13 digits"}}},
            "Loop": {"properties": {"inner": {"$ref": "#/components/schemas/Loop"}}},
        }
    }
}
REFERENCE = {"$ref": "#/components/schemas/Reference"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 200}, "text, at most 200"),
        ({"type": "string", "format": "date"}, "day"),
        ({"type": ["string", "null"], "format": "date-time"}, "time or null"),
        ({"type": "integer"}, "whole number"),
        ({"enum": ["PU", "BPU"]}, "one of PU, BPU"),
        ({"const": "1.0"}, "1.0"),
        ({"anyOf": [{"type": "integer"}, REFERENCE, {"type": "null"}]}, "whole number or object or null"),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({}, "any"),
    ],
)
def test_a_type_in_words(schema: dict[str, Any], words: str) -> None:
    document = {"components": {"schemas": {"Reference": {"type": "object"}}}}
    assert kind(document, schema) == words


def test_inner_objects_and_lists_are_rows_behind_their_own() -> None:
    schema = {
        "required": ["partner"],
        "properties": {
            "partner": REFERENCE | {"description": "Who"},
            "guests": {"type": "array", "items": REFERENCE},
        },
    }
    assert list(rows(DOCUMENT, schema)) == [
        Row("partner", "any", "Who", True),
        Row("partner.nib", "text, at most 13", "13 digits", False),
        Row("guests", "list of any", "", False),
        Row("guests[].nib", "text, at most 13", "13 digits", False),
    ]


def test_a_schema_within_itself_ends() -> None:
    assert [row.name for row in rows(DOCUMENT, {"$ref": "#/components/schemas/Loop"})][-1] == "inner.inner.inner.inner"


def test_examples_are_shown_as_they_are() -> None:
    assert text_of("a;b\r\n") == "a;b\r\n"
    assert text_of({"name": "Warung é"}) == '{\n  "name": "Warung é"\n}'
