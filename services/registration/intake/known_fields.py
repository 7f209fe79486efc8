"""The names of all fields that an event's data may have: one that is not known would otherwise be ignored silently."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

from msgspec import inspect

from services.registration.intake.values import Refusal
from shared.events import intake

Fields = Mapping[str, "Fields | None"]
"""Name → the fields of the object or of the objects in the list that it holds, None for any other value."""

Leaf = Literal["text", "number", "list"]

LONGEST_SHOWN = 60


def unknown_field(kind: str, data: Mapping[str, Any]) -> Refusal | None:
    """Refuses the first field that events of this type do not have, at any depth, and names the nearest they have."""
    found = next(_unknown(data, _fields(kind), ""), None)
    if found is None:
        return None
    path, known = found
    near = get_close_matches(path.rpartition(".")[2], known, n=1)
    instead = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    return Refusal("unknown_field", path, f"{kind} has no field {path}; {instead}")


def _unknown(data: Mapping[str, Any], known: Fields, path: str) -> Iterator[tuple[str, list[str]]]:
    for name, value in data.items():
        if name not in known:
            yield f"{path}{name[:LONGEST_SHOWN]}", list(known)
        elif (inner := known[name]) is not None:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield from _unknown(each, inner, f"{path}{name}.")


@cache
def leaves(kind: str) -> Mapping[str, Leaf]:
    """`partner.nib` → text: every field of events of this type that holds one value; none for an unknown type."""
    return dict(_leaves(inspect.type_info(intake.TYPES[kind]), "")) if kind in intake.TYPES else {}


def _leaves(described: inspect.Type, path: str) -> Iterator[tuple[str, Leaf]]:
    match described:
        case inspect.StructType():
            for field in described.fields:
                yield from _leaves(field.type, f"{path}.{field.encode_name}" if path else field.encode_name)
        case inspect.UnionType():
            held = [each for each in described.types if not isinstance(each, inspect.NoneType)]
            yield from _leaves(next((each for each in held if isinstance(each, inspect.StructType)), held[0]), path)
        case inspect.Metadata():
            yield from _leaves(described.type, path)
        case inspect.VarTupleType() | inspect.ListType():
            if _inner(described) is None:
                yield path, "list"
        case inspect.IntType() | inspect.FloatType():
            yield path, "number"
        case _:
            yield path, "text"


@cache
def _fields(kind: str) -> Fields:
    found = _inner(inspect.type_info(intake.TYPES[kind]))
    assert found is not None
    return found


def _inner(described: inspect.Type) -> Fields | None:
    match described:
        case inspect.StructType():
            return {field.encode_name: _inner(field.type) for field in described.fields}
        case inspect.UnionType():
            return next((fields for each in described.types if (fields := _inner(each)) is not None), None)
        case inspect.VarTupleType() | inspect.ListType():
            return _inner(described.item_type)
        case inspect.Metadata():
            return _inner(described.type)
    return None
