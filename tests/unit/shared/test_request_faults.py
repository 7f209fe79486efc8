"""What is missing, unknown or in the wrong place is said in a sentence that names the values there are."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Form, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from shared import problems

JSON_MEMBER = "send it as a member of the JSON body."


class Fell(BaseModel):
    kind: Literal["fell"]


class Jumped(BaseModel):
    kind: Literal["jumped"]


@dataclass(config=ConfigDict(extra="forbid"))
class Hours:
    start: int = 8


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Literal["visited", "agreed"]
    name: str | None = None
    scopes: list[Literal["publish", "read"]] = []
    conditions: list[Annotated[Fell | Jumped, Field(discriminator="kind")]] = []
    hours: Hours | None = None
    owner: UUID | None = None


class Scopes(BaseModel):
    scopes: list[Literal["publish", "read"]]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)

    @app.post("/form")
    async def form(kind: Annotated[str, Form(json_schema_extra={"enum": ["partners", "claims"]})]) -> None: ...

    @app.post("/rules")
    async def rules(rule: Rule, dry_run: Annotated[bool, Query()] = False) -> None: ...

    @app.post("/scopes")
    async def scopes(given: Scopes) -> None: ...

    @app.get("/lists")
    async def lists(of: Annotated[str, Query(alias="list")], state: Literal["open", "closed"]) -> None: ...

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://payung") as made:
        yield made


async def test_a_form_field_that_is_missing_is_named_with_its_values(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/form", data={"list": "x"})).json()
    assert (answer["status"], answer["code"], answer["field"]) == (422, "missing_field", "kind")
    assert answer["detail"] == "kind is missing: send it as a field of the form. It is one of partners, claims."


@pytest.mark.parametrize(("path", "body", "field", "detail"), [
    ("/rules", {}, "outcome", f"outcome is missing: {JSON_MEMBER} It is one of visited, agreed."),
    ("/scopes", {}, "scopes", f"scopes is missing: {JSON_MEMBER} It is a list of publish, read."),
    ("/rules", {"outcome": "agreed", "conditions": [{}]}, "conditions.0.kind",
     f"conditions.0.kind is missing: {JSON_MEMBER} It is one of fell, jumped."),
    ("/rules", {"outcome": "agreed", "nmae": "x"}, "nmae", "There is no member 'nmae'; did you mean name?"),
    ("/rules", {"outcome": "agreed", "dry_run": True}, "dry_run",
     "dry_run is a parameter of the address, not a member of the JSON body: send it there."),
    ("/rules", {"outcome": "agreed", "conditions": [{"kind": "3571010101010001"}]}, "conditions.0.kind",
     "conditions.0.kind: Input should be 'fell', 'jumped'"),
    ("/rules", {"outcome": "agreed", "hours": {"strat": 9}}, "hours.strat",
     "There is no member 'strat'; did you mean start?"),
    ("/rules", {"outcome": "agreed", "hours": 8}, "hours", "hours: Input should be a valid dictionary"),
    ("/rules", {"outcome": "agreed", "owner": "Budi"}, "owner", "owner: Input should be a valid UUID"),
    ("/rules", [], "body", "The body is no JSON object: send one, as application/json."),
    ("/rules", None, "body", "The request has no body: send a JSON object, as application/json."),
])  # fmt: skip
async def test_a_body_that_is_not_as_it_should_be(
    client: httpx.AsyncClient, path: str, body: object, field: str, detail: str
) -> None:
    answer = await (client.post(path) if body is None else client.post(path, json=body))
    assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, field, detail)


async def test_a_parameter_that_is_missing_is_one_of_the_address(client: httpx.AsyncClient) -> None:
    first, second = (await client.get("/lists")).json()["errors"]
    assert first["detail"] == "list is missing: send it as a parameter of the address."
    assert second["detail"] == "state is missing: send it as a parameter of the address. It is one of open, closed."


async def test_what_is_no_form_is_refused_by_its_type(client: httpx.AsyncClient) -> None:
    answer = await client.post("/form", json={"kind": "partners"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
