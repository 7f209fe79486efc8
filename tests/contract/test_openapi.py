"""`/openapi.json` of each service is complete: a new route that lacks something fails here, and the message says what.

What a route needs is in shared/openapi/__init__.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from services.coverage import app as coverage
from services.notifications import app as notifications
from services.registration import app as registration
from shared import openapi
from shared.events import intake
from shared.fields import undescribed
from shared.openapi import examples
from shared.openapi.document import operations
from shared.refusals import REFUSALS
from shared.scope_words import SCOPES
from shared.service import build_app
from tests.descriptions import faults

APPS = {"registration": registration, "coverage": coverage, "notifications": notifications}
DOCUMENTS = {name: build_app(name, routers=app.ROUTERS).openapi() for name, app in APPS.items()}
OPERATIONS = {
    f"{name} {operation['operationId']}": (document, path, operation)
    for name, document in DOCUMENTS.items()
    for path, operation in operations(document)
}
each_service = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
each_operation = pytest.mark.parametrize(("document", "path", "operation"), OPERATIONS.values(), ids=OPERATIONS)


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(request or status, media type, what is said of it) of all bodies."""
    bodies = {"request": operation.get("requestBody", {})} | operation["responses"]
    for where, body in bodies.items():
        yield from ((where, media_type, content) for media_type, content in body.get("content", {}).items())


@each_service
def test_it_is_openapi(document: dict[str, Any]) -> None:
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []


@each_service
def test_tags_servers_and_the_key_are_described(document: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(tags.values())
    for path, operation in operations(document):
        assert set(operation["tags"]) <= tags.keys(), path
        assert ("security" in operation) == path.startswith("/v1/"), path
        assert {scheme for each in operation.get("security", []) for scheme in each} <= document["components"][
            "securitySchemes"
        ].keys()
    assert document["servers"]
    assert document["info"]["description"]


@each_service
def test_every_field_and_parameter_has_words(document: dict[str, Any]) -> None:
    described = {name: part for name, part in document["components"].items() if name != "examples"}
    missing = undescribed(document["paths"]) | undescribed(described)
    assert missing == set(), "give it a description, or its name one in shared/fields.py"


@each_operation
def test_a_route_has_a_summary(document: dict[str, Any], path: str, operation: dict[str, Any]) -> None:
    assert operation.get("summary", "").strip()
    generated = operation["operationId"].replace("_", " ").title()
    assert operation["summary"] != generated, "say in `summary` what the route does"


@each_operation
def test_a_route_says_who_may_call_it(document: dict[str, Any], path: str, operation: dict[str, Any]) -> None:
    known = {*SCOPES, "agency", "agent", "administrator"}
    assert bool(operation.get("x-callers")) == path.startswith("/v1/"), "give it a dependency: shared.security.Callers"
    assert set(operation.get("x-callers", [])) <= known


@each_operation
def test_a_parameter_that_must_be_given_has_an_example(
    document: dict[str, Any], path: str, operation: dict[str, Any]
) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["required"]:
            given = [parameter["example"]] if "example" in parameter else parameter["schema"].get("examples", [])
            assert given, f"{parameter['name']}: an example in shared.fields.EXAMPLES"
            assert [fault for value in given for fault in faults(document, parameter["schema"], value)] == []


@each_operation
def test_every_body_has_examples_that_are_valid(document: dict[str, Any], path: str, operation: dict[str, Any]) -> None:
    for where, media_type, content in contents(operation):
        found = [resolved(document, each) for each in content.get("examples", {}).values()]
        is_binary = content["schema"].get("format") == "binary"
        assert found or is_binary, f"{where}, {media_type}: an example in {operation['operationId']}.json"
        for example in found:
            assert faults(document, content["schema"], example["value"]) == [], (where, media_type)


@each_operation
def test_an_unknown_member_of_a_body_is_refused(document: dict[str, Any], path: str, operation: dict[str, Any]) -> None:
    for where, media_type, content in contents(operation):
        if where == "request" and media_type == "application/json" and "$ref" in content["schema"]:
            name = content["schema"]["$ref"].rpartition("/")[2]
            schema = document["components"]["schemas"][name]
            assert schema.get("type") != "object" or schema.get("additionalProperties") is False, f"{path}: {name}"


@each_operation
def test_a_success_says_what_its_answer_holds(document: dict[str, Any], path: str, operation: dict[str, Any]) -> None:
    for where, media_type, content in contents(operation):
        assert content["schema"], (where, media_type)
    for status, answer in operation["responses"].items():
        assert answer.get("content") or status == "204", status


@each_operation
def test_headers_are_described(document: dict[str, Any], path: str, operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        headers = answer.get("headers", {})
        assert all(header["description"] for header in headers.values())
        assert ("Retry-After" in headers) >= (status in ("429", "503") and path.startswith("/v1/"))
        assert ("WWW-Authenticate" in headers) == (status == "401")
        assert ("Content-Disposition" in headers) == any(
            "csv" in each or "sheet" in each for each in answer.get("content", {})
        )
        assert ("Location" in headers) == (f"{operation['operationId']} {status}" in ("begin_import 202", "begin 201"))


def resolved(document: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in example:
        return example
    found: dict[str, Any] = document["components"]["examples"][example["$ref"].rpartition("/")[2]]
    return found


def test_no_example_is_of_no_route() -> None:
    routes = [route for app in APPS.values() for router in app.ROUTERS for route in router.routes]
    used = {examples.path_of(route) for route in routes if isinstance(route, APIRoute)}
    stored = {path.resolve() for path in Path("services").glob("*/api/examples/*.json")}
    assert stored <= used


def test_functions_of_routes_have_names_of_their_own() -> None:
    for app in APPS.values():
        names = [openapi.operation_id(each) for router in app.ROUTERS for each in router.routes]  # type: ignore[arg-type]
        assert len(names) == len(set(names))


def test_events_are_told_apart_by_their_type() -> None:
    schemas = DOCUMENTS["registration"]["components"]["schemas"]
    event = schemas["Event"]
    assert event["discriminator"]["propertyName"] == "type"
    assert event["discriminator"]["mapping"].keys() == intake.TYPES.keys()
    for name, reference in event["discriminator"]["mapping"].items():
        assert schemas[reference.rpartition("/")[2]]["properties"]["type"] == {
            "const": name,
            "description": schemas[reference.rpartition("/")[2]]["properties"]["type"]["description"],
        }


def test_an_event_with_an_unknown_field_or_type_is_not_valid() -> None:
    document = DOCUMENTS["registration"]
    schema = {"$ref": "#/components/schemas/Event"}
    good = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/cloudevents+json"]["examples"]
    event = good["partner.listed"]["value"]
    assert faults(document, schema, event) == []
    assert faults(document, schema, event | {"type": "partner.heard"}) != []
    assert faults(document, schema, event | {"data": event["data"] | {"worker": 3}}) != []
    assert faults(document, schema, {name: value for name, value in event.items() if name != "source"}) != []


@pytest.mark.parametrize("path", ["/v1/events", "/v1/quarantine/{entry_id}/retry"])
def test_every_reason_to_refuse_an_event_has_an_example(path: str) -> None:
    document = DOCUMENTS["registration"]
    examples = document["paths"][path]["post"]["responses"]["422"]["content"]["application/problem+json"]["examples"]
    assert {resolved(document, each)["value"]["code"] for each in examples.values()} >= REFUSALS.keys()
