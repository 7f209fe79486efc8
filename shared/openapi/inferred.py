"""The JSON Schema of answers whose code names no type: what their examples have in common.

A member is required if all examples have it. What may be null is null in one of the examples; tests compare the answers
of the running services with the schema.
"""

from collections.abc import Sequence
from typing import Any

from shared.fields import MAPS

Schema = dict[str, Any]


def schema(values: Sequence[Any], name: str = "") -> Schema:
    """A schema that all of these values are valid against; `name` is the member that holds them."""
    held = [value for value in values if value is not None]
    kinds = sorted({_kind(value) for value in held})
    if kinds == ["integer", "number"]:
        kinds = ["number"]
    if not kinds or len(kinds) > 1:
        return {}
    (kind,) = kinds
    found: Schema = {"type": kind if len(held) == len(values) else [kind, "null"]}
    if kind == "array":
        items = [item for value in held for item in value]
        found["items"] = schema(items) if items else {}
    elif kind == "object":
        found |= _map(held) if name in MAPS else _members(held)
    return found


def _members(values: Sequence[dict[str, Any]]) -> Schema:
    names = list(dict.fromkeys(name for value in values for name in value))
    properties = {name: schema([value[name] for value in values if name in value], name) for name in names}
    required = [name for name in names if all(name in value for value in values)]
    return {"properties": properties, "required": required}


def _map(values: Sequence[dict[str, Any]]) -> Schema:
    inner = [each for value in values for each in value.values()]
    return {"additionalProperties": schema(inner) if inner else True}


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
