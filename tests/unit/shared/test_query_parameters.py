"""A parameter that a route does not know is refused by name; no router of a service is left out."""

from importlib import import_module
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Form, Request
from pydantic import BaseModel

from services.notifications.api import inbound
from shared import problems
from shared.problems import Problem
from shared.query_parameters import only_known, only_known_fields, refuse_unknown
from shared.security import PRINCIPAL, Principal

MODULES = sorted(
    str(path.with_suffix("")).replace("/", ".")
    for path in Path("services").glob("*/api/*.py")
    if "= APIRouter(" in path.read_text() or "= routes()" in path.read_text()
)


def test_the_nearest_or_all_are_named() -> None:
    refuse_unknown(["region"], ["region", "until"])
    with pytest.raises(Problem) as near:
        refuse_unknown(["regoin"], ["region", "until"])
    assert (near.value.status, near.value.code, near.value.extra["field"]) == (422, "unknown_parameter", "regoin")
    assert "did you mean region?" in near.value.detail
    with pytest.raises(Problem) as far:
        refuse_unknown(["x" * 500], ["region", "until"])
    assert "known are region, until." in far.value.detail
    assert len(far.value.detail) < 200
    with pytest.raises(Problem, match="there are none here"):
        refuse_unknown(["a"], [])


@pytest.mark.parametrize("module", MODULES)
def test_every_route_refuses_what_it_does_not_know(module: str) -> None:
    """A provider's delivery needs no key, so what says who may deliver looks at the parameters too."""
    router: APIRouter = import_module(module).router
    assert router.routes
    for route in router.routes:
        checks = {each.call for each in route.dependant.dependencies}  # type: ignore[attr-defined]
        described = {getattr(check, "__qualname__", "") for check in checks}
        assert checks & {only_known, inbound.provider} or any(
            name.startswith("_no_other_than") for name in described
        ), route


class OptOut(BaseModel):
    partner_id: str


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(dependencies=[Depends(only_known)])
    problems.install(app)

    @app.get("/plan")
    async def plan(region: str = "ID") -> None: ...

    @app.post("/imports")
    async def imports(request: Request, kind: str = Form(), list: str = Form(default="")) -> None:
        await only_known_fields(request)

    @app.post("/opt-outs")
    async def opt_outs(given: OptOut) -> None: ...

    return app


async def refused(app: FastAPI, method: str, address: str, data: dict[str, list[str]] | None = None) -> tuple[str, str]:
    """(field, detail) of the refusal."""

    async def signed_in(scope, receive, send):  # type: ignore[no-untyped-def]
        await app(scope | {PRINCIPAL: Principal(admin=True)}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(signed_in), base_url="http://payung") as client:
        answer = await client.request(method, address, data=data)
    assert answer.status_code == 422, answer.text
    return answer.json()["field"], answer.json()["detail"]


async def test_a_parameter_or_field_given_twice_is_refused(app: FastAPI) -> None:
    twice = ("region", "region may be given once.")
    assert await refused(app, "GET", "/plan?region=33&region=34") == twice
    form = {"kind": ["partners", "claims"]}
    assert await refused(app, "POST", "/imports", form) == ("kind", "kind may be given once.")


async def test_a_parameter_that_belongs_into_the_body_is_sent_there(app: FastAPI) -> None:
    of_form = "list is a field of the form, not a parameter of the address: send it there."
    assert await refused(app, "POST", "/imports?list=x") == ("list", of_form)
    of_json = "partner_id is a member of the JSON body, not a parameter of the address: send it there."
    assert await refused(app, "POST", "/opt-outs?partner_id=x") == ("partner_id", of_json)
