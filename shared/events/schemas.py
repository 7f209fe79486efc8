"""JSON Schemas of what is written to Kafka and of what agencies send, with their examples: for both descriptions."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.events import TYPES, intake
from shared.events.text_limits import EVENT_ID
from shared.fields import with_words

EXAMPLES: Final = Path(__file__).parent / "examples"
REF: Final = "#/components/schemas/{name}"
SOURCE: Final = "urn:dinkop-contoh:sibakul"
"""The CloudEvents source of the examples."""

Schema = dict[str, Any]


@cache
def values() -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """(type of a value → reference to its schema, name → schema), of every type of event."""
    kinds = list(dict.fromkeys(kind.value for kind in TYPES.values()))
    references, components = msgspec.json.schema_components(kinds, ref_template=REF)
    sent = {kind.__name__ for kind in (*intake.TYPES.values(), intake.PartnerRef, intake.ContactDetails)}
    for name in sent:
        components[name]["additionalProperties"] = False  # a field that is not known is refused by name
    with_words(components)
    return dict(zip(kinds, references, strict=True)), components


@cache
def events() -> dict[str, Schema]:
    """Name → schema of what may be sent: `Event`, a CloudEvent in structured mode, and one for each type."""
    by_type = {name: f"Event.{name}" for name in intake.TYPES}
    references = {name: REF.format(name=schema) for name, schema in by_type.items()}
    event = {
        "description": "A CloudEvent 1.0 in structured mode, of one of these types.",
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "type", "mapping": references},
    }
    return {"Event": event} | {schema: _event(name) for name, schema in by_type.items()} | values()[1]


def data_of(name: str) -> Schema:
    """A reference to the schema of the data of this type, as agencies send them."""
    return values()[0][intake.TYPES[name]]


def example(topic: str, name: str) -> Any:
    return json.loads((EXAMPLES / topic / f"{name}.json").read_text(encoding="utf-8"))


def structured(name: str, event_id: str | None = None) -> dict[str, Any]:
    """The example of this type as an agency sends it."""
    attributes = {"specversion": "1.0", "id": event_id or f"{name}-1", "source": SOURCE, "type": name}
    return attributes | {"data": example("intake", name)}


def with_referenced(schemas: dict[str, Schema], node: Any) -> None:
    """Add to `schemas` those of events to which this node refers, and those to which they refer."""
    known = events()
    for name in _referenced(node):
        if name not in schemas and name in known:
            schemas[name] = known[name]
            with_referenced(schemas, known[name])


def _referenced(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for each in node.values():
            yield from _referenced(each)
    elif isinstance(node, list):
        for each in node:
            yield from _referenced(each)


def _event(name: str) -> Schema:
    text: Schema = {"type": "string", "minLength": 1, "maxLength": EVENT_ID}
    properties: dict[str, Schema] = {
        "specversion": {"const": "1.0"},
        "id": text,
        "source": text,
        "type": {"const": name},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "data": data_of(name),
        "data_base64": {"type": "string", "contentEncoding": "base64"},
    }
    found: Schema = {
        "title": name,
        "description": intake.TYPES[name].__doc__,
        "type": "object",
        "required": ["specversion", "id", "source", "type"],
        "oneOf": [{"required": ["data"]}, {"required": ["data_base64"]}],
        "properties": {each: dict(schema) for each, schema in properties.items()},
    }
    with_words(found)
    return found
