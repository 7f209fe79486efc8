"""How events may be sent, for the description of POST /v1/events: the media types, with schemas and examples."""

import json
from typing import Any, Final

from services.registration.writer import cloudevents, envelopes
from shared.events import intake, schemas

ORDER: Final = (
    "partner.listed", "agreement.signed", "briefing.held", "denominator.set", "target.set", "enrollment.registered",
    "enrollment.changed", "claim.filed", "claim.paid", "claim.rejected", "enrollment.lapsed", "partner.delisted",
)  # fmt: skip
"""Of the examples: sent one after the other, each is accepted."""
BINARY_MODE: Final = "Binary mode alone (`application/json`): the event's "
HEADERS: Final = {
    "ce-id": "id",
    "ce-source": "source",
    "ce-type": "type",
    "ce-specversion": "version of CloudEvents, `1.0`",
    "ce-time": "time, not needed",
}
KEY: Final = (
    "A text of your own for this request: sent again with it, the request is not done again, and the answer is the "
    "first one. Of the same agency, at most 200 characters."
)


def description() -> dict[str, Any]:
    """What the route's decorator adds to its description."""
    event = {"$ref": schemas.REF.format(name="Event")}
    every = [schemas.structured(name) for name in ORDER]
    content: dict[str, tuple[schemas.Schema, dict[str, Any]]] = {
        cloudevents.ONE: (event, {each["type"]: each for each in every}),
        cloudevents.BATCH: (
            {"type": "array", "items": event, "maxItems": envelopes.MOST_EVENTS},
            {"One of each type": every},
        ),
        cloudevents.LINES: ({"type": "string"}, {"Two lines": "".join(json.dumps(each) + "\n" for each in every[:2])}),
        "application/json": (
            {"anyOf": list({kind: schemas.data_of(name) for name, kind in intake.TYPES.items()}.values())},
            {each["type"]: each["data"] for each in every[:1]},
        ),
    }
    body = {
        media_type: {"schema": schema, "examples": {name: {"value": value} for name, value in named.items()}}
        for media_type, (schema, named) in content.items()
    }
    return {"requestBody": {"required": True, "content": body}, "parameters": list(_headers())}


def _headers() -> Any:
    yield _header("Idempotency-Key", KEY, "2026-02-02/1")
    one = schemas.structured(ORDER[0])
    for name, text in HEADERS.items():
        yield _header(name, BINARY_MODE + text, one.get(name.removeprefix("ce-"), "2026-02-02T09:15:00+07:00"))


def _header(name: str, text: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": text,
        "schema": {"type": "string"},
        "example": example,
    }
