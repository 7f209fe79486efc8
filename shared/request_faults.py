"""What the framework finds wrong with a request, in sentences that say what to send instead."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from fastapi import Request, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from shared.refusals import ProblemCode, RefusalCode

LONGEST_FIELD: Final = 200
LONGEST_SHOWN: Final = 40
NO_OBJECT: Final = ("model_attributes_type", "model_type", "dataclass_type", "dict_type")
UNKNOWN: Final = ("extra_forbidden", "unexpected_keyword_argument")
FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")

Place = tuple[str | int, ...]
"""Where something is: `("query", "region")`, `("body", "contact", "phone")`."""
Schema = Mapping[str, Any]


class Fault(NamedTuple):
    """`detail` is a sentence of its own if `is_whole`, else it is about the field."""

    code: ProblemCode | RefusalCode
    field: str
    detail: str
    is_whole: bool


def faults(request: Request, problem: RequestValidationError) -> list[Fault]:
    return [_fault(request, *_plain(error)) for error in problem.errors()]


def instead_of(name: str, known: Collection[str]) -> str:
    """What to say of a name that is not known: the nearest one that is, or all."""
    near = get_close_matches(name, known, n=1)
    known_here = f"known are {', '.join(known)}" if known else "there are none here"
    return f"did you mean {near[0]}?" if near else f"{known_here}."


def members(request: Request) -> tuple[str, ...]:
    """The fields of the form, or members of the JSON object, that the route's body has."""
    return tuple(_schema(request, ("body",)).get("properties", ()))


def takes_form(request: Request) -> bool:
    route = request.scope.get("route")
    declared = route.dependant.body_params if isinstance(route, APIRoute) else ()
    return any(isinstance(each.field_info, params.Form) for each in declared)


def is_another_type(request: Request) -> bool:
    """Whether a form is asked for and what was sent says that it is something else."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return sent not in ("", *FORMS) and takes_form(request)


def _plain(error: Mapping[str, Any]) -> tuple[Place, str, str]:
    """Where the fault is, the framework's name for it, and its message without what was sent or a class of ours. If it
    is about which of several objects this is, it is about the member that says so."""
    place, kind, context = tuple(error["loc"]), error["type"], error.get("ctx", {})
    which = context.get("discriminator", "").strip("'")
    if kind == "union_tag_not_found":
        return (*place, which), "missing", ""
    if kind == "union_tag_invalid":
        return (*place, which), kind, f"Input should be {context['expected_tags']}"
    if kind in NO_OBJECT:
        return place, kind, "Input should be a valid dictionary"
    if kind == "uuid_parsing":
        return place, kind, "Input should be a valid UUID"
    return place, kind, _readable(error["msg"])


def _fault(request: Request, place: Place, kind: str, message: str) -> Fault:
    field = _encodable(".".join(map(str, place[1:])) or str(place[0]))
    if kind == "missing":
        return Fault("missing_field", field, _missing(request, place, field), True)
    if kind in UNKNOWN:
        return Fault("invalid_value", field, _unknown(request, place), True)
    if place == ("body",) and kind in NO_OBJECT:
        return Fault("invalid_value", field, "The body is no JSON object: send one, as application/json.", True)
    return Fault("invalid_value", field, message, False)


def _missing(request: Request, place: Place, field: str) -> str:
    if place == ("body",):
        return "The request has no body: send a JSON object, as application/json."
    if place[0] != "body":
        sentence = f"{field} is missing: send it as a parameter of the address."
    elif takes_form(request):
        sentence = f"{field} is missing: send it as a field of the form."
    else:
        sentence = f"{field} is missing: send it as a member of the JSON body."
    schema = _schema(request, place)
    if choices := ", ".join(map(str, schema.get("enum", ()))):
        return f"{sentence} It is one of {choices}."
    if choices := ", ".join(map(str, schema.get("items", {}).get("enum", ()))):
        return f"{sentence} It is a list of {choices}."
    return sentence


def _unknown(request: Request, place: Place) -> str:
    name = _encodable(str(place[-1]))[:LONGEST_SHOWN]
    if _schema(request, ("query", name)):
        return f"{name} is a parameter of the address, not a member of the JSON body: send it there."
    return f"There is no member {name!r}; {instead_of(name, tuple(_schema(request, place[:-1]).get('properties', ())))}"


def _schema(request: Request, place: Place) -> Schema:
    """What the service's description says of this place; empty where it says nothing."""
    document, route = request.app.openapi(), request.scope["route"]
    operation = document["paths"].get(route.path, {}).get(request.method.lower(), {})
    if place[0] != "body":
        parameters = operation.get("parameters", ())
        return next((each["schema"] for each in parameters if (each["in"], each["name"]) == place), {})
    contents = operation.get("requestBody", {}).get("content", {}).values()
    content: Schema = next(iter(contents), {})
    schema = _referenced(document, content.get("schema", {}))
    for part in place[1:]:
        schema = _referenced(document, _within(schema, part))
    return schema


def _within(schema: Schema, part: str | int) -> Schema:
    if isinstance(part, int):
        found: Schema = schema.get("items", {})
        return found
    which = schema.get("discriminator", {})
    return {"enum": [*which["mapping"]]} if part == which.get("propertyName", "") else _member(schema, part)


def _member(schema: Schema, name: str) -> Schema:
    found: Schema = schema.get("properties", {}).get(name, {})
    return found


def _referenced(document: Schema, schema: Schema) -> Schema:
    """The schema that is meant: of one or null the one."""
    for each in schema.get("anyOf", ()):
        if each.get("type") != "null":
            return _referenced(document, each)
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _encodable(field: str) -> str:
    """A field's name as an answer can hold it: a misspelt one may be long, or have halves of surrogate pairs."""
    return field.encode(errors="replace").decode()[:LONGEST_FIELD]


def _readable(message: str) -> str:
    """The framework's message, in words that name no class of ours."""
    return "Send a file here, not a text." if "UploadFile" in message else message.removeprefix("Value error, ")
