"""The descriptions of HTTP routes and of Kafka's topics as pages show them: flat rows instead of nested schemas."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Node = dict[str, Any]
DEEPEST: Final = 4
"""Levels of a schema that are shown in one table."""


@dataclass(frozen=True)
class Row:
    """A field with its path (`partner.nib`, `items[].id`), its type in words and its meaning."""

    name: str
    kind: str
    words: str
    is_needed: bool


@dataclass(frozen=True)
class Example:
    """An example as text."""

    name: str
    text: str


@dataclass(frozen=True)
class Body:
    """What a request or an answer holds in one media type."""

    media_type: str
    rows: list[Row]
    examples: list[Example]


@dataclass(frozen=True)
class Answer:
    """An answer of success."""

    status: str
    bodies: list[Body]


@dataclass(frozen=True)
class Refused:
    """A status of refusal and the codes that it comes with."""

    status: str
    codes: list[str]


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    parameters: list[Row]
    bodies: list[Body]
    answers: list[Answer]
    refusals: list[Refused]


@dataclass(frozen=True)
class Tag:
    """The routes about one thing."""

    name: str
    words: str
    routes: list[Route]


@dataclass(frozen=True)
class Message:
    """An event on a topic."""

    name: str
    summary: str
    headers: list[Row]
    rows: list[Row]
    examples: list[Example]


@dataclass(frozen=True)
class Channel:
    """A topic with its events."""

    name: str
    address: str
    description: str
    messages: list[Message]


def tags(document: Node) -> list[Tag]:
    """An OpenAPI document as the reference shows it."""
    routes = [
        (operation["tags"][0], _route(document, path, method, operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return [
        Tag(tag["name"], tag["description"], [route for name, route in routes if name == tag["name"]])
        for tag in document["tags"]
    ]


def channels(document: Node) -> list[Channel]:
    """An AsyncAPI document as the page about Kafka shows it."""
    messages = {name: _message(document, each) for name, each in document["components"]["messages"].items()}
    return [
        Channel(
            name, channel["address"], channel.get("description", ""), [messages[each] for each in channel["messages"]]
        )
        for name, channel in document["channels"].items()
    ]


def rows(document: Node, schema: Node, *, prefix: str = "", depth: int = 0) -> Iterator[Row]:
    """The fields of a schema, those of inner objects behind their own."""
    found = _object_in(document, schema)
    if found is None or depth == DEEPEST:
        return
    inner, suffix = found
    held = prefix + suffix
    for name, each in inner["properties"].items():
        full = f"{held}.{name}" if held else name
        yield Row(full, kind(document, each), each.get("description", ""), name in inner.get("required", ()))
        yield from rows(document, each, prefix=full, depth=depth + 1)


def kind(document: Node, schema: Node) -> str:
    """The type in words: `text, at most 200`, `whole number`, `one of PU, BPU`, `list of objects`, `… or null`."""
    schema = _resolved(document, schema)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(kind(document, each) for each in choices))
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    names = schema.get("type", "any")
    words = " or ".join(_WORDS.get(name, name) for name in ([names] if isinstance(names, str) else names))
    if schema.get("format") in ("date", "date-time", "uuid", "binary"):
        words = words.replace("text", _FORMATS[schema["format"]])
    if schema.get("items"):
        words = words.replace("list", f"list of {kind(document, schema['items'])}")
    return words + (f", at most {schema['maxLength']}" if "maxLength" in schema else "")


_WORDS: Final = {"string": "text", "integer": "whole number", "array": "list", "boolean": "true or false"}
_FORMATS: Final = {"date": "day", "date-time": "time", "uuid": "id", "binary": "file"}


def _object_in(document: Node, schema: Node) -> tuple[Node, str] | None:
    """The object that a schema is or lists, and what that adds to its path: `[]` for a list. None without."""
    schema = _resolved(document, schema)
    if "properties" in schema:
        return schema, ""
    if isinstance(schema.get("items"), dict) and (inner := _object_in(document, schema["items"])):
        return inner[0], "[]" + inner[1]
    for each in schema.get("anyOf", ()):
        if inner := _object_in(document, each):
            return inner
    return None


def _resolved(document: Node, node: Node) -> Node:
    if "$ref" not in node:
        return node
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(document, found)


def _route(document: Node, path: str, method: str, operation: Node) -> Route:
    answers = operation["responses"]
    return Route(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        words=operation.get("description", ""),
        parameters=[_parameter(document, each) for each in operation.get("parameters", [])],
        bodies=_bodies(document, operation.get("requestBody", {})),
        answers=[Answer(status, _bodies(document, each)) for status, each in answers.items() if status < "4"],
        refusals=[Refused(status, _codes(document, each)) for status, each in answers.items() if status >= "4"],
    )


def _parameter(document: Node, parameter: Node) -> Row:
    where = "" if parameter["in"] == "query" else f" ({parameter['in']})"
    words = parameter.get("description", "")
    return Row(parameter["name"], kind(document, parameter["schema"]) + where, words, bool(parameter["required"]))


def _bodies(document: Node, body: Node) -> list[Body]:
    return [
        each for media_type, content in body.get("content", {}).items() for each in _body(document, media_type, content)
    ]


def _body(document: Node, media_type: str, content: Node) -> Iterator[Body]:
    """One; of a body that is one of several types, one for each."""
    schema, examples = _resolved(document, content.get("schema", {})), _examples(document, content)
    if "discriminator" not in schema:
        yield Body(media_type, list(rows(document, schema)), examples)
        return
    for name, reference in schema["discriminator"]["mapping"].items():
        own = [each for each in examples if each.name == name]
        yield Body(f"{media_type} · {name}", list(rows(document, {"$ref": reference})), own)


def _examples(document: Node, content: Node) -> list[Example]:
    return [
        Example(name, text_of(_resolved(document, each)["value"])) for name, each in content.get("examples", {}).items()
    ]


def _codes(document: Node, answer: Node) -> list[str]:
    values = (
        _resolved(document, each)["value"]
        for content in answer.get("content", {}).values()
        for each in content.get("examples", {}).values()
    )
    return list(dict.fromkeys(value["code"] for value in values if isinstance(value, Mapping) and "code" in value))


def _message(document: Node, message: Node) -> Message:
    examples = [
        Example(f"{each['name']}", _with_headers(each["headers"], each["payload"])) for each in message["examples"]
    ]
    headers, payload = (list(rows(document, message[part])) for part in ("headers", "payload"))
    if not payload and "oneOf" in message["payload"]:
        payload = list(rows(document, message["payload"]["oneOf"][0]))
    return Message(message["title"], message.get("summary", ""), headers, payload, examples)


def _with_headers(headers: Mapping[str, str], value: Any) -> str:
    return "".join(f"{name}: {text}\n" for name, text in headers.items()) + "\n" + text_of(value)


def text_of(value: Any) -> str:
    """JSON, indented; a text as it is."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
