"""Writes docs/asyncapi.yaml from the event types and their examples: `python -m shared.events.asyncapi`.

Operations are those of the systems around Payung: an agency's system sends to its own topic, whoever may read the
facts receives them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shared.events import TOPICS, TYPES, intake, schemas
from shared.events.model import EventType, Topic
from shared.events.schemas import Schema
from shared.fields import with_words

PATH: Final = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"

NEEDED: Final = ("ce_specversion", "ce_id", "ce_type", "ce_source")
OPTIONAL: Final = ("ce_time", "ce_subject", "content-type", "traceparent")
"""Headers that a fact always has but for traceparent, and an agency need not send."""
STRUCTURED: Final = "application/cloudevents+json"
JSON: Final = "application/json"

INFO: Final = (
    "CloudEvents 1.0. What an agency sends goes to its own topic `intake.SLUG`, in binary mode (attributes as headers "
    "`ce_…`, the data as value) or structured mode (all in the value, `content-type: application/cloudevents+json`). "
    "The facts are in binary mode; each has the whole current state of its entity and a `version` that counts 1, 2, 3 "
    "… for each key: ignore one that is not newer than what you have. Times are RFC 3339. New members may be added: "
    "ignore those you do not know."
)
SCRAM: Final = (
    "User and password, shown once when the administrator issues a key with access to Kafka (`./payung key issue SLUG "
    "--kafka`). An agency may write its own topic and nothing else; reading facts is granted by the operator."
)
SERVERS: Final = {
    "kafka": ("kafka", "localhost:9092", "SASL_PLAINTEXT: within a network of your own, as ./payung up starts it."),
    "kafka-tls": ("kafka-secure", "kafka.example.go.id:9093", "SASL_SSL: the same over TLS."),
}
AGENCY: Final = "The agency's slug. Kafka lets an agency write its own topic alone."
INTAKE: Final = (
    "What the agency reports. Records stay a day. The key may be anything: one entity's events stay in order under one "
    "key. What is refused is in the agency's quarantine (GET /v1/quarantine), what is no event in intake.SLUG.dlq."
)


def document() -> dict[str, Any]:
    """The AsyncAPI 3.0 description of every topic, type and value."""
    messages = {
        message_id: _message(event, mode) for event in TYPES.values() for message_id, mode in _messages_of(event)
    }
    components: dict[str, Schema] = {}
    schemas.with_referenced(components, messages)
    found = {
        "asyncapi": "3.0.0",
        "info": {"title": "Payung's events on Kafka", "version": "1", "description": INFO},
        "defaultContentType": JSON,
        "servers": {name: _server(*server) for name, server in SERVERS.items()},
        "channels": {name: _channel(topic) for name, topic in TOPICS.items()},
        "operations": {_operation_id(topic): _operation(topic) for topic in TOPICS.values()},
        "components": {
            "messages": messages,
            "schemas": components,
            "securitySchemes": {"scram": {"type": "scramSha512", "description": SCRAM}},
        },
    }
    with_words(found)
    return found


def rendered() -> str:
    """As text: JSON, which is YAML too, so that no YAML library is needed at run time."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _server(protocol: str, host: str, text: str) -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": protocol,
        "description": text,
        "variables": {"host": {"default": host, "description": "host:port of a broker; the operator names it."}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _channel(topic: Topic) -> dict[str, Any]:
    types = [event for event in TYPES.values() if event.topic == topic.name]
    ids = [message_id for event in types for message_id, _ in _messages_of(event)]
    channel: dict[str, Any] = {
        "address": topic.name,
        "messages": {each: {"$ref": f"#/components/messages/{each}"} for each in ids},
    }
    if topic.name == intake.TOPIC.name:
        parameters = {"agency": {"description": AGENCY, "examples": ["dinkop-contoh"]}}
        return channel | {"address": "intake.{agency}", "description": INTAKE, "parameters": parameters}
    configuration: dict[str, Any] = {"cleanup.policy": ["compact" if topic.compacted else "delete"]}
    if not topic.compacted:
        configuration["retention.ms"] = topic.retention_ms
    return channel | {"bindings": {"kafka": {"topic": topic.name, "topicConfiguration": configuration}}}


def _operation_id(topic: Topic) -> str:
    return "sendIntake" if topic.name == intake.TOPIC.name else f"receive{topic.name.capitalize()}"


def _operation(topic: Topic) -> dict[str, Any]:
    is_intake = topic.name == intake.TOPIC.name
    return {
        "action": "send" if is_intake else "receive",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": "An agency's system reports an event" if is_intake else f"A reader follows the topic {topic.name}",
    }


def _messages_of(event: EventType) -> Iterator[tuple[str, str]]:
    """(id of the message, its media type): what agencies send comes in two modes."""
    yield f"{event.topic}.{event.name}", JSON
    if event.topic == intake.TOPIC.name:
        yield f"{event.topic}.{event.name}.structured", STRUCTURED


def _message(event: EventType, mode: str) -> dict[str, Any]:
    of_intake = event.topic == intake.TOPIC.name
    found: dict[str, Any] = {
        "name": event.name,
        "title": f"{event.name}, structured mode" if mode == STRUCTURED else event.name,
        "summary": " ".join((event.value.__doc__ or "").split()),
        "contentType": mode,
        "headers": _headers(mode),
        "payload": _payload(event, mode),
        "examples": _intake_examples(event, mode) if of_intake else _fact_examples(event),
    }
    if not of_intake:
        key = {"type": "string", "description": "The entity's id: all facts of it are in order."}
        found["bindings"] = {"kafka": {"key": key}}
    return found


def _headers(mode: str) -> Schema:
    """All headers are text; in structured mode the value says it all but its media type."""
    if mode == STRUCTURED:
        return _texts(("content-type",), ("traceparent",))
    return _texts(NEEDED, OPTIONAL)


def _texts(needed: tuple[str, ...], optional: tuple[str, ...]) -> Schema:
    properties: dict[str, Schema] = {name: {"type": "string"} for name in (*needed, *optional)}
    return {"type": "object", "required": list(needed), "properties": properties}


def _payload(event: EventType, mode: str) -> Schema:
    if mode == STRUCTURED:
        return {"$ref": schemas.REF.format(name=f"Event.{event.name}")}
    value = schemas.values()[0][event.value]
    return {"oneOf": [value, {"type": "null"}]} if len(_examples_of(event)) > 1 else value


def _examples_of(event: EventType) -> list[str]:
    """The example, and the tombstone of a type that has one."""
    names = (event.name, f"{event.name}.tombstone")
    return [name for name in names if (schemas.EXAMPLES / event.topic / f"{name}.json").exists()]


def _fact_examples(event: EventType) -> list[dict[str, Any]]:
    examples = {name: schemas.example(event.topic, name) for name in _examples_of(event)}
    return [{"name": name, "headers": each["headers"], "payload": each["value"]} for name, each in examples.items()]


def _intake_examples(event: EventType, mode: str) -> list[dict[str, Any]]:
    whole = schemas.structured(event.name)
    if mode == STRUCTURED:
        return [{"name": event.name, "headers": {"content-type": STRUCTURED}, "payload": whole}]
    headers = {f"ce_{name}": value for name, value in whole.items() if name != "data"}
    return [{"name": event.name, "headers": headers, "payload": whole["data"]}]


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="utf-8")
