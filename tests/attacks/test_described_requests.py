"""Requests made from each service's own description, good ones and bad ones, are answered as the description says.

The same requests every time; `./payung test --long` makes many more.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from tests import stack
from tests.attacks.three_services import ADMIN, Operation, Service, check, three_services

MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
LONG = bool(os.environ.get("PAYUNG_TEST_LONG"))
EXAMPLES = 1_000 if LONG else 10
"""Requests a route, mode and key."""


UNFIT = {
    "correct All its cells",  # the entry is of a file with fewer columns
    "correct An event anew",  # the entry is a row
    "decide_case Two of several sides are two",  # others are at odds here
    "decide_case The region that holds",  # the case is about who is one
    "issue_key With access to Kafka",  # this Kafka is open
    "add_agent Of one list and one cooperative",  # no cooperative has this id
    "snooze Until Monday",  # that Monday is far from this clock's today
    "new_link For the holder of a key",  # there is no such key
}
"""Examples that are refused for what they are about here: for them alone 422 is right."""


@pytest.fixture(scope="module")
async def services(kafka: str, postgres: str) -> AsyncIterator[list[Service]]:
    databases = {name: await stack.clone(postgres) for name in ("registration", "coverage", "notifications")}
    async with three_services(databases, kafka, "described.") as made:
        yield made
    for database in databases.values():
        await stack.drop(postgres, database)


async def test_the_examples_of_requests_are_accepted(services: list[Service]) -> None:
    """Or refused for what is not there (404) or in the way (409): never for how they are written."""
    for service in services:
        async with httpx.AsyncClient(base_url=service.url, timeout=30) as client:
            for operation in service.operations:
                for name, sent in example_requests(operation):
                    where = f"{operation.described['operationId']} {name}"
                    answer = await sent_as_who_may(client, operation, sent)
                    allowed = {422} if where in UNFIT else {200, 201, 202, 204, 404, 409}
                    if operation.described["x-callers"] == ["agent"]:  # none is signed in here
                        allowed = {403}
                    assert answer.status_code in allowed, (where, answer.text)
                    assert answer.status_code != 202 or not answer.json().get("rejected"), answer.text


@pytest.mark.timeout(7200 if LONG else 300)
@pytest.mark.parametrize("name", ["registration", "coverage", "notifications"])
async def test_requests_made_from_the_description_are_answered_as_it_says(services: list[Service], name: str) -> None:
    service = next(each for each in services if each.name == name)
    made = list(all_requests(service))  # here, not in the thread: hypothesis checks who else uses `random` meanwhile
    seen = await asyncio.to_thread(answers, service, made)
    assert seen.total() > 5 * len(service.operations)
    assert {status // 100 for _, status in seen} >= {2, 4}, "both good and bad requests were made"


def all_requests(service: Service) -> Iterator[tuple[Operation, requests.PreparedRequest]]:
    known = {(operation.method, operation.path): operation for operation in service.operations}
    for each in schemathesis.openapi.from_dict(service.description).get_all_operations():
        made = each.ok()
        operation = known[made.method.upper(), made.path]
        for mode in MODES:
            yield from ((operation, request) for request in described_requests(operation, made, mode))


def answers(service: Service, made: list[tuple[Operation, requests.PreparedRequest]]) -> "Counter[tuple[str, int]]":
    """(operation, status) → how often it was the answer; each was checked."""
    seen: Counter[tuple[str, int]] = Counter()
    with requests.Session() as client:
        for operation, request in made:
            for key in (ADMIN, service.agency_key):
                if (status := ask(client, operation, request, key)) is not None:
                    seen[str(operation), status] += 1
    return seen


def described_requests(
    operation: Operation, made: Any, mode: schemathesis.GenerationMode
) -> list[requests.PreparedRequest]:
    """Requests to this operation; none where nothing about it can be wrong. Each also with ids that exist."""
    found: list[requests.PreparedRequest] = []

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(made.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        found.extend(written(case, operation.service))
        if case.path_parameters:
            case.path_parameters = {name: operation.service.ids[name] for name in operation.parameters("path")}
            found.extend(written(case, operation.service))

    with suppress(Unsatisfiable):
        collect()
    return found


def written(case: Any, service: Service) -> Iterator[requests.PreparedRequest]:
    """The request in the bytes that are sent; none for what no client can write."""
    parts = case.as_transport_kwargs(base_url=service.url)
    with suppress(requests.RequestException, UnicodeError):
        yield requests.Request(**parts).prepare()


def ask(client: requests.Session, operation: Operation, request: requests.PreparedRequest, key: str) -> int | None:
    """The status of the answer, which was checked; None for what the client itself cannot send."""
    request.headers["Authorization"] = f"Bearer {key}"
    try:
        answer = client.send(request, stream=True, timeout=30, allow_redirects=False)
    except (requests.exceptions.InvalidHeader, UnicodeError):
        return None
    with answer:
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        body = b"" if media_type == "text/event-stream" else answer.content
    check(operation, (request.url, request.headers, request.body), answer.status_code, media_type, body)
    return answer.status_code


def example_requests(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, the request's parts) of each example of a body that the description gives."""
    content = operation.described.get("requestBody", {}).get("content", {})
    for media_type, described in content.items():
        for name, example in described.get("examples", {}).items():
            value, headers = example["value"], operation.headers_of(media_type)
            if media_type == "multipart/form-data":
                fields = {field: text for field, text in value.items() if field != "file"}
                yield name, {"data": fields, "files": {"file": ("daftar.csv", value["file"])}, "headers": {}}
            else:
                text = value if isinstance(value, str) else json.dumps(_later(value))
                yield name, {"content": text, "headers": headers}


def _later(value: Any) -> Any:
    """A body whose ends lie ahead on every day."""
    if not isinstance(value, dict):
        return value
    soon = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    return {name: soon if name in ("ends_at", "expires_at") and held else held for name, held in value.items()}


async def sent_as_who_may(client: httpx.AsyncClient, operation: Operation, sent: dict[str, Any]) -> httpx.Response:
    """The answer to the agency, or to the administrator where an agency may not."""
    for key in (operation.service.agency_key, ADMIN):
        headers = sent["headers"] | {"Authorization": f"Bearer {key}"}
        answer = await client.request(operation.method, operation.known_path(), **sent | {"headers": headers})
        if answer.status_code != 403:
            break
    return answer
