"""The completed description, made from FastAPI's."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi.routing import APIRoute

from shared.events.schemas import with_referenced
from shared.fields import EXAMPLES, with_words
from shared.openapi import callers, examples, refused
from shared.openapi.inferred import Inference
from shared.problems import MEDIA_TYPE, SCHEMA
from shared.sessions import COOKIE

Node = dict[str, Any]

KEY: Final = "key"
SESSION: Final = "session"
SCHEMES: Final = {
    KEY: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "pyk_…",
        "description": "The agency's key, as the administrator issued it: `Authorization: Bearer pyk_…`. The same key "
        "works at registration, coverage and notifications. What it may do are its scopes: `publish` (lists), "
        "`enroll` (enrolments and claims), `read` (figures), `figures:detail` (counts from 1 to 4 too), `inbound` "
        "(replies and receipts of messages).",
    },
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The session of somebody who signed in on a page, in a browser. What changes something needs "
        "its CSRF token in the header `X-CSRF-Token` as well. Programs use a key.",
    },
}
"""How a caller may say who it is; every route under `/v1` asks for one of these."""

METHODS: Final = ("get", "post", "put", "patch", "delete")
SERVERS: Final = [{"url": "/", "description": "The service from which this description was read"}]
INFO: Final = (
    "How to begin, step by step, with curl and Python: [/docs](/docs). Events on Kafka: [/docs/kafka](/docs/kafka).\n\n"
    "JSON is UTF-8; dates are `YYYY-MM-DD`, times RFC 3339 with a zone, amounts whole rupiah, regions their codes as "
    "text (`33.10`). Unknown parameters and fields are refused by name. Answers may get new members: ignore those you "
    "do not know. Errors are `application/problem+json` with a stable `code`. Bodies may be compressed "
    "(`Content-Encoding: gzip` or `zstd`). Where there is `GET` there is `HEAD`."
)
DOWNLOAD: Final = {"description": "Of a file: the name to store it under", "schema": {"type": "string"}}
_ADDRESS: Final = re.compile(r"^([A-Z, ]+ )?/v1/[^:]*: ")


def complete(document: Node, routes: Mapping[str, APIRoute]) -> Node:
    """The document with all that follows from the routes, their examples and the words for fields; changed in place."""
    document["info"]["description"] = INFO
    document["servers"] = SERVERS
    document["tags"] = [{"name": tag, "description": text} for tag, text in _tags(routes.values()).items()]
    components = document.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    components["examples"] = refused.examples()
    components.setdefault("schemas", {})["Problem"] = SCHEMA
    given = {name: examples.of_route(route) for name, route in routes.items()}
    inference = _inference(given.values())
    for path, operation in operations(document):
        _complete(operation, path, given[operation["operationId"]], inference)
        if "security" in operation:
            callers.describe(operation, routes[operation["operationId"]].dependant)
    with_referenced(components["schemas"], document["paths"])
    with_words(document)
    return document


def operations(document: Node) -> Iterator[tuple[str, Node]]:
    """(path, operation) of everything described."""
    for path, item in document["paths"].items():
        yield from ((path, item[method]) for method in METHODS if method in item)


def _inference(given: Iterable[examples.OfRoute]) -> Inference:
    """What the examples of all routes show."""
    made = Inference()
    for statuses in given:
        for status, contents in statuses.items():
            for named in contents.values() if status != examples.REQUEST else ():
                made.learn(list(named.values()))
    return made


def _tags(routes: Any) -> dict[str, str]:
    """Tag → what its first module says of itself."""
    found: dict[str, str] = {}
    for route in routes:
        said = (inspect.getdoc(inspect.getmodule(route.endpoint)) or "").replace("\n", " ").partition("  ")[0]
        for tag in route.tags:
            found.setdefault(str(tag), _capitalised(_ADDRESS.sub("", said)))
    return found


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _complete(operation: Node, path: str, given: examples.OfRoute, inference: Inference) -> None:
    if path.startswith("/v1/"):
        operation["security"] = [{scheme: []} for scheme in SCHEMES]
    for parameter in operation.get("parameters", []):
        if parameter["name"] in EXAMPLES and not {"example", "examples"} & parameter.keys():
            parameter["example"] = EXAMPLES[parameter["name"]]
    if examples.REQUEST in given:
        _request(operation.setdefault("requestBody", {"required": True, "content": {}}), given[examples.REQUEST])
    for status, response in operation["responses"].items():
        if int(status) < 400:
            _answer(response, given.get(status, {}), inference)
        else:
            _refusal(int(status), response, given.get(status, {}), inference)


def _request(body: Node, given: examples.Contents) -> None:
    for media_type, named in given.items():
        content = body["content"].setdefault(media_type, {"schema": {"type": "string", "format": "binary"}})
        if named:
            content["examples"] = examples.as_openapi(named)


def _answer(response: Node, given: examples.Contents, inference: Inference) -> None:
    """An answer of success: the media types of its examples, each with a schema."""
    if response["description"] == "Successful Response":
        response["description"] = "What was asked for, or what it led to"
    if not given:
        return
    if any("csv" in media_type or "sheet" in media_type for media_type in given):
        response.setdefault("headers", {})["Content-Disposition"] = DOWNLOAD
    described = response.get("content", {})
    response["content"] = {
        media_type: {"schema": _schema(described.get(media_type, {}).get("schema", {}), media_type, named, inference)}
        | ({"examples": examples.as_openapi(named)} if named else {})
        for media_type, named in given.items()
    }


def _schema(described: Node, media_type: str, named: dict[str, Any], inference: Inference) -> Node:
    if not is_plain(described):
        return described
    if not media_type.endswith("json"):
        return {"type": "string"} if named else {"type": "string", "format": "binary"}
    return inference.schema(list(named.values()))


def is_plain(schema: Node) -> bool:
    """Whether this is FastAPI's for `dict[str, Any]`, a list of them, or a whole `Response`: it says nothing."""
    return not {"$ref", "properties", "oneOf", "anyOf", "allOf"} & (schema.keys() | schema.get("items", {}).keys())


def _refusal(status: int, response: Node, given: examples.Contents, inference: Inference) -> None:
    response.setdefault("headers", {}).update(refused.headers(status))
    for media_type, content in response.get("content", {}).items():
        own = examples.as_openapi(given.get(media_type, {}))
        if media_type == MEDIA_TYPE:
            own |= content.get("examples", {}) | refused.of_status(status)
            content["schema"] = {"$ref": "#/components/schemas/Problem"}
        if own:
            content["examples"] = own
        if is_plain(content.get("schema", {})) and given.get(media_type):
            content["schema"] = inference.schema(list(given[media_type].values()))
    if not response["headers"]:
        del response["headers"]
