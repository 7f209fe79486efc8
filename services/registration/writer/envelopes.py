"""A request's body → the events in it: one structured CloudEvent, a batch, or a line each."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from typing import Any

import msgspec

from services.registration.intake import member_events, scopes
from services.registration.intake.commands import Command
from services.registration.intake.event_reader import UNREADABLE, EventReader
from services.registration.intake.values import Refusal
from services.registration.vault import Vault
from services.registration.writer import failures
from services.registration.writer.cloudevents import BATCH, LINES, with_plain_data
from services.registration.writer.items import Item
from shared.events.text_limits import EVENT_ID
from shared.problems import Problem

MOST_EVENTS = 10_000
MOST_BYTES = 8 << 20
DEEPEST = 64
TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
"""RFC 3339."""

_MALFORMED = object()
_NUL = Refusal("malformed", "data", "A text holds the character U+0000.")


def parse(media_type: str, body: bytes) -> list[Any]:
    """The events as sent; for a line that is no JSON a marker, which `items` refuses.

    Raises Problem where the body as a whole is none or too large.
    """
    body = body.removeprefix(BOM_UTF8)
    if media_type == LINES:
        events = [_line(line) for line in body.splitlines() if line.strip()]
    elif media_type == BATCH:
        events = _decode(body)
        if not isinstance(events, list):
            raise Problem(400, "malformed", "A batch is a JSON array of events.")
    else:
        events = [_decode(body)]
    if len(events) > MOST_EVENTS:
        raise Problem(413, "too_large", f"At most {MOST_EVENTS} events a request: send the rest in another.")
    return events


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as problem:
        raise Problem(400, "malformed", "The body is not valid JSON in UTF-8.") from problem


def _line(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except UNREADABLE:
        return _MALFORMED


def items(events: list[Any], agency: str, reader: EventReader, vault: Vault, may: scopes.May) -> list[Item]:
    """Each event with what it asks for or why it is refused; `may` says which scopes the sender has.

    An event with members is an item for each of them. Raises Problem where these are too many.
    """
    found = [item for index, event in enumerate(events) for item in _items(index, event, agency, reader, vault)]
    if len(found) > MOST_EVENTS:
        raise Problem(
            413, "too_large", f"At most {MOST_EVENTS} events and members a request: send the rest in another."
        )
    return [_permitted(item, may) for item in found]


def _items(index: int, given: Any, agency: str, reader: EventReader, vault: Vault) -> list[Item]:
    event = with_plain_data(given) if isinstance(given, dict) else given
    members = member_events.each_of(event) if isinstance(event, dict) and _envelope(event) is None else None
    if members is None:
        return [_item(index, given, agency, reader, vault)]
    items = [_item(index, member, agency, reader, vault) for member in members]
    for number, item in enumerate(items):
        item.member = number
    return items


def _permitted(item: Item, may: scopes.May) -> Item:
    """The item, refused if the sender may not send this type; then nothing else is learned of it."""
    lacking = scopes.lacking(item.type, may)
    if lacking is not None:
        detail = f"You lack the scope '{lacking}', which events of this type need."
        item.command = item.refusal = Refusal("forbidden_type", "type", detail)
    return item


def _item(index: int, given: Any, agency: str, reader: EventReader, vault: Vault) -> Item:
    event = with_plain_data(given) if isinstance(given, dict) else given
    if isinstance(event, Refusal):
        sent = given.get("id")
        return Item(index, sent if isinstance(sent, str) else None, None, None, given, event)
    if event is not _MALFORMED and _too_deep(event):
        return Item(index, None, None, None, None, Refusal("malformed", None, f"Nested deeper than {DEEPEST} levels."))
    if event is _MALFORMED or not isinstance(event, dict):
        raw = None if event is _MALFORMED else event
        return Item(index, None, None, None, raw, Refusal("malformed", None, "Not a JSON object."))
    event_id, source, kind = event.get("id"), event.get("source"), event.get("type")
    refusal = _envelope(event)
    if refusal is not None:
        return Item(index, event_id if isinstance(event_id, str) else None, None, None, event, refusal)
    assert isinstance(event_id, str)
    assert isinstance(source, str)
    data = event.get("data")
    plain = msgspec.json.encode(data, order="deterministic")
    content = vault.hash("event", kind, plain.decode())
    command = _NUL if rb"\u0000" in plain and _holds_nul(data) else _read(reader, kind, data)
    key = vault.hash("event-id", agency, source, event_id)
    return Item(index, event_id, source, str(kind), member_events.without(event), command, key, content)


def _read(reader: EventReader, kind: Any, data: Any) -> Command | Refusal:
    try:
        return reader.read(kind, data)
    except Exception as problem:  # whatever a value makes a reader raise
        return failures.as_refusal(problem, "event")


def _too_deep(value: Any) -> bool:
    """Whether objects and lists are nested deeper than DEEPEST; checked before anything recurses."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inner(each) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _holds_nul(value: Any) -> bool:
    """Whether a text or a key in it holds U+0000, which PostgreSQL cannot store in a text."""
    if isinstance(value, str):
        return "\x00" in value
    keys = value if isinstance(value, dict) else ()
    return any("\x00" in key for key in keys) or any(map(_holds_nul, _inner(value)))


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _envelope(event: dict[str, Any]) -> Refusal | None:
    for name in ("id", "source", "type"):
        value = event.get(name)
        if value is None or value == "":
            return Refusal("missing_field", name, f"A CloudEvent has {name}.")
        if not isinstance(value, str) or "\x00" in value:
            return Refusal("malformed", name, f"{name} is a text.")
        if len(value) > EVENT_ID:
            return Refusal("too_long", name, f"{name} has at most {EVENT_ID} characters.")
    version = event.get("specversion")
    if version is None:
        return Refusal("missing_field", "specversion", "A CloudEvent has specversion 1.0.")
    if version != "1.0":
        return Refusal("malformed", "specversion", "Only CloudEvents 1.0 is accepted.")
    time = event.get("time")
    if time is not None and not (isinstance(time, str) and TIME.fullmatch(time)):
        return Refusal("malformed", "time", "time is a moment with its zone, such as 2026-01-31T08:00:00+07:00.")
    return None
