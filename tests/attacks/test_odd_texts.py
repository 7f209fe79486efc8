"""NUL and halves of surrogate pairs in paths, questions, headers and bodies of every route: refused, never a 500."""

import json
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from itertools import cycle, islice, product
from typing import Any

import pytest

from deploy.local.directory import ROOT
from services.registration.writer.cloudevents import ONE
from tests import stack
from tests.attacks.three_services import ADMIN, Operation, Service, check, three_services

IN_ADDRESSES = [b"%00", b"a%00b", b"%ED%A0%80", b"%ed%b8%80", b"%ED%A0%BD%ED%B8%80", b"%FF", b"%C3"]
"""NUL, a lone surrogate, a pair of them, bytes that are no UTF-8."""
RAW = [b"\x00", b"a\x00b", b"\xed\xa0\x80", b"\xff"]
IN_TEXTS = ["\x00", "a\x00b", "\ud800", "a\udfffb"]
HEADERS = [b"Accept", b"Content-Type", b"Idempotency-Key", b"Accept-Language", b"traceparent", b"User-Agent", b"X-Odd"]
EXAMPLES = [json.loads(file.read_text()) for file in sorted((ROOT / "shared/events/examples/intake").glob("*.json"))]


@pytest.fixture(scope="module")
async def services(kafka: str, postgres: str) -> AsyncIterator[list[Service]]:
    databases = {name: await stack.clone(postgres) for name in ("registration", "coverage", "notifications")}
    async with three_services(databases, kafka, "odd.") as made:
        yield made
    for database in databases.values():
        await stack.drop(postgres, database)


async def ask(operation: Operation, target: bytes, *headers: bytes, body: bytes = b"", key: str = ADMIN) -> int:
    """The status of the answer, which was checked."""
    lines = [
        operation.method.encode() + b" " + target + b" HTTP/1.1",
        b"Host: here",
        b"Connection: close",
        b"Authorization: Bearer " + key.encode(),
        b"Content-Length: " + str(len(body)).encode(),
        *headers,
    ]
    answer = await operation.service.exchange(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    head, _, content = answer.partition(b"\r\n\r\n")
    status_line, *fields = head.decode("latin-1").split("\r\n")
    media_type = next((each.split(":", 1)[1] for each in fields if each.lower().startswith("content-type:")), "")
    status = int(status_line.split()[1])
    if status == 202 and json.loads(content).get("rejected"):  # of several events, the answer names those refused
        return 422
    check(operation, (target, headers, body), status, media_type.partition(";")[0].strip(), content)
    return status


def is_endless(operation: Operation) -> bool:
    return operation.path == "/v1/stream"


def operations(services: list[Service]) -> list[Operation]:
    found = [operation for service in services for operation in service.operations]
    assert len(found) > 30
    return found


async def test_in_a_path_they_are_refused(services: list[Service]) -> None:
    for operation in operations(services):
        for odd in IN_ADDRESSES:
            targets = [operation.path.replace(f"{{{name}}}", odd.decode()) for name in operation.parameters("path")]
            for target in [*targets, f"{operation.path.replace('{', '').replace('}', '')}/{odd.decode()}"]:
                assert await ask(operation, target.encode()) == 400


async def test_in_a_question_they_are_refused(services: list[Service]) -> None:
    for operation in operations(services):
        for odd in IN_ADDRESSES:
            for name in [*operation.parameters("query"), "unknown"]:
                path = operation.known_path().encode()
                assert await ask(operation, path + b"?" + name.encode() + b"=" + odd) == 400
            assert await ask(operation, path + b"?" + odd + b"=1") == 400


async def test_raw_in_an_address_they_are_refused(services: list[Service]) -> None:
    for operation in operations(services):
        for odd in RAW:
            for target in (b"/v1/" + odd, operation.known_path().encode() + b"?region=" + odd):
                assert await ask(operation, target) == 400


async def test_in_a_header_they_are_no_failure(services: list[Service]) -> None:
    """Each route is asked with every odd text, the headers taking turns: each pair is tried on many routes."""
    pairs = cycle(product(HEADERS, RAW))
    for operation in operations(services):
        if is_endless(operation) or operation.method == "DELETE":
            continue
        for name, odd in islice(pairs, len(RAW) + 1):
            status = await ask(operation, operation.known_path().encode(), name + b": " + odd, key=key_for(operation))
            assert status == 400 or b"\x00" not in odd


def key_for(operation: Operation) -> str:
    """The key with which a route's body is looked at."""
    is_an_agencys = operation.path.startswith(("/v1/events", "/v1/imports", "/v1/quarantine", "/v1/uploads"))
    return operation.service.agency_key if is_an_agencys else ADMIN


async def test_in_a_body_they_are_refused(services: list[Service]) -> None:
    asked = 0
    for operation in operations(services):
        for media_type, body in odd_bodies(operation):
            headers = [f"{name}: {value}".encode() for name, value in operation.headers_of(media_type).items()]
            status = await ask(operation, operation.known_path().encode(), *headers, body=body, key=key_for(operation))
            assert status in (400, 404, 422), (str(operation), body)
            asked += 1
    assert asked > 300


def odd_bodies(operation: Operation) -> Iterator[tuple[str, bytes]]:
    """(media type, body): every text of a good body replaced by an odd one, and bodies that are nothing else."""
    for media_type, schema in operation.body_schemas().items():
        for raw in RAW:
            yield media_type, raw
            yield media_type, b'"' + raw + b'"'
        if media_type == ONE:
            good = [{"specversion": "1.0", "id": "1", "source": "/odd", **example} for example in EXAMPLES]
        elif media_type.endswith("json"):
            good = [sample(operation, schema)]
        else:
            continue
        for each in good:
            for odd in IN_TEXTS:
                for changed in replaced(each, odd):
                    yield media_type, json.dumps(changed).encode()
                    yield media_type, json.dumps(changed, ensure_ascii=False).encode(errors="surrogatepass")


def sample(operation: Operation, schema: dict[str, Any]) -> Any:
    """A value of the schema, with all its members."""
    schema = operation.resolved(schema)
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if operation.resolved(choice).get("type") != "null":
            return sample(operation, choice)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            return {name: sample(operation, inner) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [sample(operation, schema.get("items", {}))]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return {"date": "2030-01-01", "uuid": "0190aaaa-0000-7000-8000-000000000001"}.get(schema.get("format"), "x")


def replaced(value: Any, odd: str) -> Iterator[Any]:
    """The value once for every text in it and every name of a member, with that one odd."""
    if isinstance(value, str):
        yield odd
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for changed in replaced(inner, odd):
                yield [*value[:index], changed, *value[index + 1 :]]
    elif isinstance(value, dict):
        for name, inner in value.items():
            for changed in replaced(inner, odd):
                yield deepcopy(value) | {name: changed}
            yield {odd if each == name else each: other for each, other in value.items()}
