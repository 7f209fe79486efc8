"""What each session sees of each page of the three services, all of them by the services' own routes.

As in test_scopes.py `foreign` and `sister` are other agencies: of what is not their own they get the same page as of
what does not exist. Without a session a page leads to the sign-in (303).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from fastapi import FastAPI

from services.coverage import app as coverage_app
from services.coverage.settings import Settings
from services.coverage.web import visitors
from services.notifications import app as notifications_app
from shared.downloads import MEDIA_TYPES
from shared.security import hash_key
from shared.sessions import COOKIE, admin_key_id, csrf_of, new_secret
from tests import stack
from tests.attacks import matrix
from tests.attacks.matrix import Matrix, Prepare, Route, fixed
from tests.attacks.registration_calls import Registration
from tests.attacks.test_scopes import keys_of_registration, store_keys
from tests.integration import notifications_world, registration_world

EXCEPTIONS = """
GET /sign-in                              *=303 none=200 revoked=200
POST /sign-in                             *=401
GET /sign-in/link/{token}                 *=200
POST /sign-in/link/{token}                *=410
POST /sign-out                            *=200
GET /docs                                 *=200
GET /docs/reference                       *=200
GET /docs/kafka                           *=200
GET /docs/errors                          *=200
GET /asyncapi.json                        *=200
POST /keys/{key_id}/replace (of reading)  read=200
POST /agency-keys                         admin=200
POST /cases/{case_id} (region_conflict)   sister=303
POST /cases/{case_id} (participant_claimed)  sister=403
POST /alerts/{alert_id}/acknowledge       admin=404
POST /alerts/rules/{kind}                 admin=422
POST /alerts/rules/{rule_id}/switch       admin=404
POST /alerts/rules/{rule_id}/delete       admin=404
POST /policy                              admin=200
POST /operator/why                        foreign=200 sister=200
POST /operator/dead-letters               admin=200
POST /agents                              foreign=422
POST /agents/{agent_id}/sign-in           publish=200 enroll=200 admin=200
POST /tasks/{task_id}/claim               enroll=404 agent=404
POST /tasks/{task_id}/snooze              enroll=404 agent=404
POST /tasks/{task_id}/done                enroll=404 agent=404
"""
"""Those for everybody are here too: a page that asks nobody who they are is in this table."""
OF_PAGES = ("text/html", "text/event-stream", "image/svg+xml", MEDIA_TYPES["xlsx"])
HTML = {"accept": "text/html,application/xhtml+xml"}
Cookies = dict[str, dict[str, str]]
"""Caller → the headers of its browser."""


async def check(app: FastAPI, prepared: Mapping[str, Prepare], as_caller: Cookies) -> None:
    """Every call of every page of the service gets the status that it should, and is a good page."""
    routes = sorted(matrix.page_routes(app, visitors.ASKING), key=lambda route: route.path == "/sign-out")
    exceptions = matrix.read_exceptions(EXCEPTIONS)
    assert {str(each) for each in routes if each.names is None} <= exceptions.keys(), "it asks nobody who they are"
    async with browser(app) as http:

        async def ask(caller: str, route: Route, request: dict[str, Any]) -> httpx.Response:
            headers = as_caller[caller] | request.pop("headers", {})
            return await http.request(route.method, request.pop("path"), headers=headers, **request)

        def judge(route: Route, answer: httpx.Response) -> Iterable[Any]:
            if not route.path.endswith(".json") and not is_good(answer):
                yield "is no page of ours", answer.status_code, answer.text[-300:]

        wrong = await Matrix(routes, prepared, exceptions, as_caller, ask).wrong(judge)
    assert not wrong, "\n".join(map(str, wrong))


def is_good(answer: httpx.Response) -> bool:
    """A page, never to be kept; or the way to another one of ours."""
    if answer.status_code == 303:
        return answer.headers["location"].startswith(("http://127.0.0.1:8001/sign-in?next=", "/"))
    return answer.headers["content-type"].startswith(OF_PAGES) and answer.headers["cache-control"] == "no-store"


def page_of(prepare: Prepare, suffix: str = "", of_api: str = "") -> Prepare:
    """What a page's form sends where a program sends this; `of_api` ends the program's address alone."""

    async def prepared() -> dict[str, Any]:
        request = await prepare()
        path = request["path"].removeprefix("/v1").removesuffix(of_api) + suffix
        return {"path": path} | ({"data": request["json"]} if "decision" in request.get("json", {}) else {})

    return prepared


def of_upload(prepare: Prepare, suffix: str, **data: str) -> Prepare:
    """A page of an upload, or a form of it."""

    async def prepared() -> dict[str, Any]:
        path = (await prepare())["path"].replace("/v1/imports", "/uploads")
        return {"path": path + suffix} | ({"data": data} if data else {})

    return prepared


def pages_prepared(of: Mapping[str, Prepare]) -> dict[str, Prepare]:
    """The calls of pages whose ids and forms do not follow from those of programs."""
    found = {
        "POST /uploads/new (partners)": of["POST /v1/imports (partners)"],
        "GET /uploads/examples/{kind}.xlsx": fixed(path="/uploads/examples/partners.xlsx"),
        "POST /agency-keys": fixed(data={"agency": "own"}),
    }
    upload, refused = of["GET /v1/imports/{import_id}"], f"/refused/{uuid4()}"
    for call in ("GET /leaving", "GET /refused", "GET /undo", "POST /cancel", "POST /read", "POST /undo"):
        method, suffix = call.split()
        found[f"{method} /uploads/{{import_id}}{suffix} (partners)"] = of_upload(upload, suffix)
    found["POST /uploads/{import_id}/confirm (partners)"] = of_upload(upload, "/confirm", delisted="1")
    found["POST /uploads/{import_id}/refused/{entry_id} (partners)"] = of_upload(upload, refused)
    for kind in ("region_conflict", "participant_claimed"):
        found[f"POST /cases/{{case_id}} ({kind})"] = page_of(of[f"POST /v1/cases/{{case_id}} ({kind})"])
    for kind in ("of reading", "of all scopes"):
        rotated = of[f"POST /v1/keys/{{key_id}}/rotate ({kind})"]
        found[f"POST /keys/{{key_id}}/replace ({kind})"] = page_of(rotated, "/replace", of_api="/rotate")
        found[f"POST /keys/{{key_id}}/revoke ({kind})"] = page_of(rotated, "/revoke", of_api="/rotate")
    entry = "quarantine/{entry_id}"
    for kind in ("listing", "enrolment"):
        corrected = of[f"POST /v1/{entry}/retry ({kind})"]
        found[f"GET /{entry} ({kind})"] = page_of(corrected, of_api="/retry")
        found[f"POST /{entry} ({kind})"] = page_of(corrected, of_api="/retry")
        found[f"POST /{entry}/delete ({kind})"] = page_of(corrected, "/delete", of_api="/retry")
    return {**of, **found}


def browser(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=HTML, timeout=60)


def of_outreach(world: notifications_world.World) -> dict[str, Prepare]:
    """What the forms of notifications' pages send, about a new agent or a new task each."""

    def of_agent(verb: str, **data: str) -> Prepare:
        async def prepared() -> dict[str, Any]:
            return {"path": f"/agents/{await world.an_agent('a', '36.71')}/{verb}", "data": data}

        return prepared

    def of_task(verb: str, **data: str) -> Prepare:
        async def prepared() -> dict[str, Any]:
            await world.pool.execute("update tasks set closed_at = now() where closed_at is null")
            await world.pool.execute("update agents set is_active = false")
            return {"path": f"/tasks/{await world.open_task(1)}/{verb}", "data": data}

        return prepared

    async def added() -> dict[str, Any]:
        return {"data": {"name": "Siti", "regions": "36.71", "capacity": "5", "phone": ""}}

    async def of_partner() -> dict[str, Any]:
        return {"path": f"/partners/{notifications_world.partner_id(1)}"}

    return {
        "GET /partners/{partner_id}": of_partner,
        "POST /operator/why": fixed(data={"number": notifications_world.partner_id(1)}),
        "POST /operator/dead-letters": fixed(data={"topic": "claims"}),
        "POST /agents": added,
        "POST /agents/{agent_id}/sign-in": of_agent("sign-in"),
        "POST /agents/{agent_id}/sign-out": of_agent("sign-out"),
        "POST /agents/{agent_id}/switch": of_agent("switch", active="0"),
        "POST /agents/{agent_id}/remove": of_agent("remove"),
        "POST /tasks/{task_id}/claim": of_task("claim"),
        "POST /tasks/{task_id}/snooze": of_task("snooze", until="2026-12-01"),
        "POST /tasks/{task_id}/done": of_task("done", outcome="visited"),
    }


async def sessions_of(database: str, keys: dict[str, str], admin_key: str) -> Cookies:
    """A session of each key, in the service's own table, with what a form of ours sends along."""
    found: Cookies = {"none": {}}
    connection = await asyncpg.connect(database)
    add = "insert into sessions (hash, key_id, recorded_at, expires_at, ended) values ($1, $2, now(), $3, false)"
    try:
        for name, key in keys.items():
            secret, key_id = new_secret(), admin_key_id(admin_key) if name == "admin" else key.split("_")[1]
            await connection.execute(add, hash_key(secret), key_id, datetime.now(UTC) + timedelta(hours=12))
            found[name] = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": csrf_of(admin_key, key_id)}
    finally:
        await connection.close()
    return found


async def test_registrations_pages_show_each_key_its_own(kafka: str, database: stack.Database, topics: str) -> None:
    async with registration_world.world(database, kafka, topics) as world:
        keys = await keys_of_registration(world)
        prepared = Registration(world).prepared()
        as_caller = await sessions_of(database.of("registration"), keys, registration_world.ADMIN)
        await check(world.app, pages_prepared(prepared), as_caller)


async def test_coverages_pages_show_each_key_its_own(kafka: str, database: stack.Database, topics: str) -> None:
    settings = Settings(
        database=database.of("coverage"), kafka=kafka, port=0, admin_key="admin", topic_prefix=topics, consume=False
    )
    app = await coverage_app.create(settings)
    async with app.router.lifespan_context(app):
        keys = {"admin": "admin"} | await store_keys(settings.database, "36.71")
        tables = {
            "GET /table.{form}": fixed(path="/table.xlsx"),
            "POST /alerts/rules/{kind}": fixed(path="/alerts/rules/coverage_fell"),
        }
        await check(app, tables, await sessions_of(settings.database, keys, "admin"))


async def test_figures_that_are_public_are_those_of_the_nation_regional_offices_and_provinces(
    kafka: str, database: stack.Database, topics: str
) -> None:
    settings = Settings(
        database=database.of("coverage"), kafka=kafka, port=0, admin_key="admin", topic_prefix=topics, consume=False,
        public_figures=True,
    )  # fmt: skip
    app = await coverage_app.create(settings)
    async with app.router.lifespan_context(app), browser(app) as http:
        for path in ("/", "/?region=33&level=", "/?region=sulama&sort=-rate", "/table.csv", "/map.svg", "/trends"):
            answer = await http.get(path, follow_redirects=True)
            assert (answer.status_code, "Keluar" in answer.text) == (200, False), path
        assert "33.11" not in (await http.get("/?region=33")).text
        for path in ("/?region=33.11", "/?level=regency", "/table.csv?region=33&level=regency"):
            assert (await http.get(path)).status_code == 303, path
        assert (await http.get("/v1/coverage", headers={"accept": "application/json"})).status_code == 401


async def test_notifications_pages_show_each_key_its_own(kafka: str, database: stack.Database, topics: str) -> None:
    async with notifications_world.a_world(database, kafka, topics) as world:
        app = notifications_app.web(world.settings, world.engine)
        admin = world.settings.admin_key
        agent = await world.an_agent("a", "36.71")
        keys = {"admin": admin} | await store_keys(world.settings.database, "36.71", agent)
        await world.publish(world.partner(1, region="36.71"), world.contact(1))
        await check(app, of_outreach(world), await sessions_of(world.settings.database, keys, admin))
