"""CloudEvents 1.0 in its modes: structured (one JSON object holds all) and binary (its attributes are headers)."""

import re
from base64 import b64decode
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from services.registration.intake.event_reader import UNREADABLE
from services.registration.intake.values import Refusal

ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
LINES: Final = "application/x-ndjson"

_JSON = re.compile(r"(application|text)/json|[^/;]+/[^/;]+\+json")


def media_type(content_type: str) -> str:
    """Without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """Whether data of this type are JSON; so are data without a type."""
    return not content_type or bool(_JSON.fullmatch(media_type(content_type)))


def from_binary(attributes: Iterable[tuple[str, str]], value: bytes) -> dict[str, Any]:
    """The event whose attributes came beside its data. Raises one of UNREADABLE where these are no JSON."""
    given = {name: text for name, text in attributes if text}
    return given | ({"data": msgspec.json.decode(value)} if value.strip() else {})


def with_plain_data(event: dict[str, Any]) -> dict[str, Any] | Refusal:
    """The event with its data as JSON under `data`, or why they are none; as it is, if it has no data at all."""
    content_type = event.get("datacontenttype")
    if content_type is not None and not (isinstance(content_type, str) and is_json(content_type)):
        return Refusal(
            "malformed", "datacontenttype", "The data of an event are JSON: leave it out or say application/json."
        )
    if "data_base64" not in event:
        return event
    if "data" in event:
        return Refusal("malformed", "data_base64", "An event has either data or data_base64.")
    try:
        data = msgspec.json.decode(b64decode(event["data_base64"], validate=True))
    except (TypeError, ValueError, *UNREADABLE):
        return Refusal("malformed", "data_base64", "data_base64 is JSON in base 64.")
    return {name: value for name, value in event.items() if name != "data_base64"} | {"data": data}
