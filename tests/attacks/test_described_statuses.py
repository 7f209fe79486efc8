"""Each service's description names every refusal that a route gives; each is provoked where that can be done."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests import stack
from tests.attacks.three_services import ADMIN, PROBLEM, Operation, Service, check, three_services

EVERYWHERE = {400, 431}
BEHIND_A_KEY = {401, 403, 404, 413, 422, 429, 503}
ONE_OF_A_KIND = {
    415: {"POST /v1/events", "POST /v1/imports", "PATCH /v1/uploads/{upload_id}"},
    409: {
        *("POST /v1/events", "POST /v1/imports", "PATCH /v1/uploads/{upload_id}"),
        *("POST /v1/imports/{import_id}/undo", "POST /v1/imports/{import_id}/confirm", "POST /v1/agencies"),
        *("POST /v1/webhooks", "POST /v1/agencies/{slug}/keys", "POST /v1/agencies/{slug}/keys/{key_id}/rotate"),
        *("POST /v1/keys/{key_id}/rotate", "POST /v1/alert-rules"),
        *("PUT /v1/quarantine/{entry_id}", "POST /v1/quarantine/{entry_id}/retry"),
        *(f"POST /v1/tasks/{{task_id}}/{verb}" for verb in ("claim", "snooze", "done")),
    },
    410: {"GET /v1/changes"},
    412: {
        *("POST /v1/uploads", "GET /v1/uploads", "GET /v1/uploads/{upload_id}"),
        *("PATCH /v1/uploads/{upload_id}", "DELETE /v1/uploads/{upload_id}"),
    },
}


@pytest.fixture(scope="module")
async def services(kafka: str, postgres: str) -> AsyncIterator[list[Service]]:
    databases = {name: await stack.clone(postgres) for name in ("registration", "coverage", "notifications")}
    async with three_services(databases, kafka, "statuses.") as made:
        yield made
    for database in databases.values():
        await stack.drop(postgres, database)


@pytest.fixture
def operations(services: list[Service]) -> list[Operation]:
    return [operation for service in services for operation in service.operations]


def is_open(operation: Operation) -> bool:
    return not operation.path.startswith("/v1/")


async def ask(operation: Operation, headers: dict[str, str], content: bytes = b"") -> int:
    async with httpx.AsyncClient(base_url=operation.service.url, timeout=30) as client:
        answer = await client.request(operation.method, operation.known_path(), headers=headers, content=content)
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    check(operation, headers, answer.status_code, media_type, answer.content)
    return answer.status_code


async def announce(operation: Operation, headers: dict[str, str], length: int) -> int:
    """The status of the answer to a body of this length, of which nothing is sent."""
    fields = headers | {"Host": "here", "Content-Length": str(length), "Connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    answer = await operation.service.exchange(
        f"{operation.method} {operation.known_path()} HTTP/1.1\r\n{head}\r\n".encode()
    )
    return int(answer.split()[1])


async def test_every_refusal_is_described_as_a_problem(operations: list[Operation]) -> None:
    for operation in operations:
        assert operation.statuses >= EVERYWHERE | (set() if is_open(operation) else BEHIND_A_KEY), str(operation)
        for status in operation.statuses - {200, 201, 202, 204}:
            is_health = is_open(operation) and status == 503
            media_type = "application/json" if is_health else PROBLEM
            assert list(operation.described["responses"][str(status)]["content"]) == [media_type], str(operation)


@pytest.mark.parametrize(("status", "routes"), ONE_OF_A_KIND.items())
async def test_a_refusal_of_few_routes_is_described_there(
    operations: list[Operation], status: int, routes: set[str]
) -> None:
    assert {f"{each.method} {each.path}" for each in operations if status in each.statuses} == routes


async def test_without_a_key_it_is_401(operations: list[Operation]) -> None:
    """However many there are: without a key nothing is guessed, so no address asks too often."""
    for operation in operations:
        if not is_open(operation):
            assert await ask(operation, {}) == 401


async def test_a_head_that_is_too_large_is_431(operations: list[Operation]) -> None:
    for operation in operations:
        assert await ask(operation, {"X-Odd": "a" * 40_000}) == 431


async def test_a_body_that_is_too_large_is_413(operations: list[Operation]) -> None:
    for operation in operations:
        for media_type in operation.body_schemas():
            typed = f"{media_type}; boundary=x" if media_type.startswith("multipart/") else media_type
            key = operation.service.agency_key
            if operation.path.startswith(("/v1/agencies", "/v1/policy", "/v1/opt-outs", "/v1/sign-in-links")):
                key = ADMIN
            headers = operation.headers_of(media_type) | {"Content-Type": typed, "Upload-Offset": "0"}
            headers["Authorization"] = f"Bearer {key}"
            assert await announce(operation, headers, 2 << 30) == 413, str(operation)


async def test_a_type_that_is_not_read_is_415(operations: list[Operation]) -> None:
    for operation in operations:
        if f"{operation.method} {operation.path}" in ("POST /v1/events", "POST /v1/imports"):
            headers = {"Authorization": f"Bearer {operation.service.agency_key}", "Content-Type": "text/plain"}
            assert await ask(operation, headers, b"{}") == 415
