"""Writes docs/asyncapi.yaml from the event types: `python -m shared.events.asyncapi`."""

import json
from pathlib import Path
from typing import Any

import msgspec

from shared.events import TOPICS, TYPES
from shared.events.model import Topic

PATH = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"

HEADERS = ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "content-type")

AGENCY = "The agency's slug. Kafka lets an agency write its own topic alone; records stay a day. Structured mode too."


def document() -> dict[str, Any]:
    """The AsyncAPI 3.0 description of every topic, type and value."""
    kinds = list(dict.fromkeys(kind.value for kind in TYPES.values()))
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    refs = dict(zip(kinds, schemas, strict=True))
    channels = {name: _channel(topic) for name, topic in TOPICS.items()}
    messages = {}
    for (topic, name), event in TYPES.items():
        message_id = f"{topic}.{name}"
        channels[topic]["messages"][message_id] = {"$ref": f"#/components/messages/{message_id}"}
        messages[message_id] = {
            "name": name,
            "contentType": "application/json",
            "headers": {
                "type": "object",
                "required": list(HEADERS),
                "properties": {header: {"type": "string"} for header in HEADERS},
            },
            "payload": refs[event.value],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Payung's events on Kafka",
            "version": "1",
            "description": "CloudEvents 1.0 in binary content mode. The record key is the entity's id.",
        },
        "channels": channels,
        "components": {"messages": messages, "schemas": components},
    }


def rendered() -> str:
    """As text: JSON, which is YAML too, so that no YAML library is needed at run time."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _channel(topic: Topic) -> dict[str, Any]:
    configuration: dict[str, Any] = {"cleanup.policy": ["compact" if topic.compacted else "delete"]}
    if not topic.compacted:
        configuration["retention.ms"] = topic.retention_ms
    if topic.name == "intake":
        return {"address": "intake.{agency}", "parameters": {"agency": {"description": AGENCY}}, "messages": {}}
    binding = {"kafka": {"topic": topic.name, "topicConfiguration": configuration}}
    return {"address": topic.name, "messages": {}, "bindings": binding}


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="utf-8")
