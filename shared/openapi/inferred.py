"""The JSON Schema of answers whose code names no type: what their examples have in common.

A member is required if all examples have it. A name has one meaning within a service, so what is null in one example of
it may be null everywhere. Tests compare the answers of the running services with these schemas.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.fields import MAPS

Schema = dict[str, Any]


@dataclass
class Inference:
    """What all examples of a service together show of each member."""

    nullable: set[str] = field(default_factory=set)
    held: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, value: Any) -> None:
        """Take an example of any answer in."""
        for name, inner in _members(value):
            if inner is None:
                self.nullable.add(name)
            else:
                self.held[name].append(inner)

    def schema(self, values: Sequence[Any], name: str = "") -> Schema:
        """A schema that all of these values are valid against; `name` is the member that holds them."""
        held = [value for value in values if value is not None] or self.held.get(name, [])
        kinds = {_kind(value) for value in held}
        kind = "number" if kinds == {"integer", "number"} else kinds.pop() if len(kinds) == 1 else None
        if kind is None:
            return {}
        may_be_null = name in self.nullable or None in values
        found: Schema = {"type": [kind, "null"] if may_be_null else kind}
        if kind == "array":
            found["items"] = self.schema([item for value in held for item in value])
        elif kind == "object":
            found |= self._map(held) if name in MAPS else self._object(held)
        return found

    def _object(self, values: Sequence[dict[str, Any]]) -> Schema:
        names = list(dict.fromkeys(name for value in values for name in value))
        properties = {name: self.schema([value[name] for value in values if name in value], name) for name in names}
        return {
            "properties": properties,
            "required": [name for name in names if all(name in value for value in values)],
        }

    def _map(self, values: Sequence[dict[str, Any]]) -> Schema:
        found = self.schema([each for value in values for each in value.values()])
        return {"additionalProperties": {name: found[name] for name in ("type", "items") if name in found}}


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """(name, value) of every member at any depth."""
    if isinstance(value, dict):
        yield from value.items()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _members(inner)


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
