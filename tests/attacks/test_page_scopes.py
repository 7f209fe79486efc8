"""What each session sees of each page of the three services: one table, complete by the services' own routes.

As in test_scopes.py `foreign` is another agency with all scopes: of what is not its own it gets the same page as of
what does not exist. Without a session a page leads to the sign-in (303).
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.coverage import app as coverage_app
from services.coverage.settings import Settings
from services.notifications import app as notifications_app
from shared.downloads import MEDIA_TYPES
from shared.security import hash_key
from shared.sessions import COOKIE, admin_key_id, csrf_of, new_secret
from tests import stack
from tests.attacks import test_scopes as scopes
from tests.attacks.test_scopes import CALLERS, SCOPES, SECRET, Prepare, Registration, route_of, store_keys
from tests.integration import notifications_world, registration_world
from tests.integration.test_registration_page_rights import ROWS as PAGE_RIGHTS

TABLE = """
service        call                                             publish enroll read figures admin foreign none revoked
registration   GET /                                                200    200  200     200   200     200  303     303
registration   GET /sign-in                                         303    303  303     303   303     303  200     200
registration   POST /sign-in                                        401    401  401     401   401     401  401     401
registration   GET /sign-in/link/{token}                            200    200  200     200   200     200  200     200
registration   POST /sign-in/link/{token}                           410    410  410     410   410     410  410     410
registration   GET /audit                                           200    200  200     403   200     200  303     303
registration   GET /audit/verify                                    403    403  403     403   200     403  303     303
registration   GET /cases                                           200    200  403     403   200     200  303     303
registration   POST /cases/{case_id} (region_conflict)              303    403  403     403   303     404  401     401
registration   POST /cases/{case_id} (participant_claimed)          403    303  403     403   303     404  401     401
registration   GET /uploads                                         200    200  200     403   200     200  303     303
registration   GET /uploads/new                                     200    200  403     403   403     200  303     303
registration   POST /uploads/new (partners)                         303    403  403     403   403     303  401     401
registration   GET /uploads/examples/{kind}.xlsx                    200    200  200     200   200     200  303     303
registration   GET /uploads/{import_id}                             200    200  200     403   200     404  303     303
registration   GET /uploads/{import_id}/live                        200    200  200     403   200     404  303     303
registration   GET /uploads/{import_id}/leaving                     200    403  403     403   200     404  303     303
registration   GET /uploads/{import_id}/refused                     200    403  403     403   200     404  303     303
registration   GET /uploads/{import_id}/undo                        200    403  403     403   403     404  303     303
registration   GET /uploads/{import_id}/unregistered                200    403  200     403   200     404  303     303
registration   POST /uploads/{import_id}/cancel                     303    403  403     403   403     404  401     401
registration   POST /uploads/{import_id}/confirm                    303    403  403     403   403     404  401     401
registration   POST /uploads/{import_id}/read                       303    403  403     403   403     404  401     401
registration   POST /uploads/{import_id}/refused/{entry_id}         303    403  403     403   403     404  401     401
registration   POST /uploads/{import_id}/undo                       303    403  403     403   403     404  401     401
registration   GET /lists                                           200    403  200     403   200     200  303     303
registration   GET /partners                                        200    403  200     403   200     200  303     303
registration   GET /partners/{partner_id}                           200    403  200     403   200     404  303     303
registration   GET /partners/{partner_id}/erase                     200    403  403     403   200     404  303     303
registration   POST /partners/{partner_id}/erase                    303    403  403     403   303     404  401     401
registration   GET /quarantine                                      200    200  403     403   403     200  303     303
registration   GET /quarantine/{entry_id} (listing)                 200    403  403     403   403     404  303     303
registration   GET /quarantine/{entry_id} (enrolment)               403    200  403     403   403     404  303     303
registration   POST /quarantine/{entry_id} (listing)                303    403  403     403   403     404  401     401
registration   POST /quarantine/{entry_id} (enrolment)              403    303  403     403   403     404  401     401
registration   POST /quarantine/{entry_id}/delete (listing)         303    403  403     403   403     404  401     401
registration   POST /quarantine/{entry_id}/delete (enrolment)       403    303  403     403   403     404  401     401
registration   POST /sign-out                                       200    200  200     200   200     200  200     200
coverage       GET /                                                403    403  200     403   200     200  303     303
coverage       GET /alerts                                          403    403  403     403   200     403  303     303
coverage       POST /alerts/{alert_id}/acknowledge                  403    403  403     403   404     403  401     401
coverage       GET /alerts/rules                                    403    403  403     403   200     403  303     303
coverage       POST /alerts/rules/{kind}                            403    403  403     403   422     403  401     401
coverage       POST /alerts/rules/{rule_id}/switch                  403    403  403     403   404     403  401     401
coverage       POST /alerts/rules/{rule_id}/delete                  403    403  403     403   404     403  401     401
coverage       GET /changes                                         403    403  200     403   200     200  303     303
coverage       GET /explain                                         403    403  200     403   200     200  303     303
coverage       GET /map.svg                                         403    403  200     403   200     200  303     303
coverage       GET /table.{form}                                    403    403  200     403   200     200  303     303
coverage       GET /trend.svg                                       403    403  200     403   200     200  303     303
coverage       GET /trends                                          403    403  200     403   200     200  303     303
notifications  GET /                                                403    403  200     403   200     200  303     303
notifications  GET /sign-in/link/{token}                            200    200  200     200   200     200  200     200
notifications  POST /sign-in/link/{token}                           410    410  410     410   410     410  410     410
notifications  POST /sign-out                                       200    200  200     200   200     200  200     200
notifications  GET /operator                                        200    200  403     403   200     200  303     303
notifications  POST /operator/why                                   403    403  303     403   303     200  401     401
notifications  GET /operator/dead-letters                           403    403  403     403   200     403  303     303
notifications  POST /operator/dead-letters                          403    403  403     403   200     403  401     401
notifications  POST /operator/pauses                                403    403  403     403   303     403  401     401
notifications  GET /tasks                                           200    200  403     403   200     200  303     303
notifications  POST /tasks/{task_id}/claim                          303    404  403     403   303     404  401     401
notifications  POST /tasks/{task_id}/snooze                         303    404  403     403   303     404  401     401
notifications  POST /tasks/{task_id}/done                           303    404  403     403   303     404  401     401
notifications  GET /partners/{partner_id}                           403    403  200     403   200     404  303     303
notifications  GET /policy                                          403    403  403     403   200     403  303     303
notifications  POST /policy                                         403    403  403     403   200     403  401     401
notifications  GET /agents                                          200    200  403     403   200     200  303     303
notifications  POST /agents                                         303    303  403     403   303     422  401     401
notifications  POST /agents/{agent_id}/sign-in                      200    200  403     403   200     404  401     401
notifications  POST /agents/{agent_id}/sign-out                     303    303  403     403   303     404  401     401
notifications  POST /agents/{agent_id}/switch                       303    303  403     403   303     404  401     401
notifications  POST /agents/{agent_id}/remove                       303    303  403     403   303     404  401     401
"""
FOR_EVERYBODY = ("/docs", "/docs/reference", "/docs/kafka", "/docs/errors", "/asyncapi.json")
"""Of each service; who asks makes no difference."""
OF_PAGES = ("text/html", "text/event-stream", "image/svg+xml", MEDIA_TYPES["xlsx"])
HTML = {"accept": "text/html,application/xhtml+xml"}
Cookies = dict[str, dict[str, str]]
"""Caller → the headers of its browser."""


def rows(service: str) -> list[tuple[str, dict[str, str]]]:
    lines = (line.split(maxsplit=1) for line in TABLE.strip().splitlines()[1:])
    found = (rest.rsplit(maxsplit=len(CALLERS)) for name, rest in lines if name == service)
    return [(call.strip(), dict(zip(CALLERS, statuses, strict=True))) for call, *statuses in found]


def page_routes(app: FastAPI) -> set[str]:
    """Those in no description; `check` of test_scopes.py has the others."""
    pages = (each for each in routes_of(app.routes) if not each.include_in_schema)
    return {f"{method} {each.path}" for each in pages for method in each.methods}


def routes_of(found: Iterable[Any]) -> Iterator[APIRoute]:
    """With those of included routers, as FastAPI keeps them."""
    for each in found:
        if isinstance(each, APIRoute):
            yield each
        elif hasattr(each, "original_router"):
            yield from routes_of(each.original_router.routes)


async def check(service: str, app: FastAPI, prepare: dict[str, Prepare], as_caller: Cookies) -> None:
    """Every page is in the table, or in that of test_registration_page_rights.py; every call gets its status."""
    open_to_all = {f"GET {path}" for path in FOR_EVERYBODY}
    tested, routes = {route_of(call) for call, _ in rows(service)} | open_to_all, page_routes(app)
    others = {call for call, _ in PAGE_RIGHTS} if service == "registration" else set()
    assert routes - others <= tested <= routes
    wrong = []
    async with browser(app) as http:
        for call, expected in rows(service):
            for caller, status in expected.items():
                request = await prepare[call]() if call in prepare else {}
                method, template = route_of(call).split()
                headers = as_caller[caller] | request.pop("headers", {})
                path = request.pop("path", template.replace("{token}", "a-token"))
                answer = await http.request(method, path, headers=headers, **request)
                if answer.status_code != int(status) or not is_good(answer):
                    wrong.append((call, caller, answer.status_code, answer.text[-400:]))
                elif caller not in ("publish", "enroll", "read", "admin") and SECRET in answer.text:
                    wrong.append((call, caller, "shows what is not its own"))
                elif status == "404" and not await is_as_if_there_were_nothing(
                    http, method, path, request | {"headers": headers}, answer
                ):
                    wrong.append((call, caller, "tells that there is something"))
    assert wrong == []


def is_good(answer: httpx.Response) -> bool:
    """A page, never to be kept; or the way to another one of ours."""
    if answer.status_code == 303:
        return answer.headers["location"].startswith(("http://127.0.0.1:8001/sign-in?next=", "/"))
    return answer.headers["content-type"].startswith(OF_PAGES) and answer.headers["cache-control"] == "no-store"


async def is_as_if_there_were_nothing(
    http: httpx.AsyncClient, method: str, path: str, request: dict[str, Any], answer: httpx.Response
) -> bool:
    """Whether the answer is the one to an id of the same form that nobody has."""
    nobodys = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda _: f"{secrets.token_hex(4)}{_[0][8:]}", path)
    other = await http.request(method, nobodys, **request)
    return (other.status_code, other.text.replace(nobodys, path)) == (answer.status_code, answer.text)


def page_of(prepare: Prepare, suffix: str = "", of_api: str = "") -> Prepare:
    """What a page's form sends where a program sends this; `of_api` ends the program's address alone."""

    async def prepared() -> dict[str, Any]:
        request = await prepare()
        path = request["path"].removeprefix("/v1").removesuffix(of_api) + suffix
        return {"path": path} | ({"data": request["json"]} if "decision" in request.get("json", {}) else {})

    return prepared


def at(path: str, **data: str) -> Prepare:
    async def prepared() -> dict[str, Any]:
        return {"path": path} | ({"data": data} if data else {})

    return prepared


def of_upload(prepare: Prepare, suffix: str) -> Prepare:
    """The page of an upload, or a form of it."""

    async def prepared() -> dict[str, Any]:
        path = (await prepare())["path"].replace("/v1/imports", "/uploads")
        return {"path": path + suffix} | ({"data": {"delisted": "1"}} if suffix == "/confirm" else {})

    return prepared


def pages_prepared(of: dict[str, Prepare]) -> dict[str, Prepare]:
    partner, entry = of["GET /v1/partners/{partner_id}"], "quarantine/{entry_id}"
    found = {
        "GET /partners/{partner_id}": page_of(partner),
        "GET /partners/{partner_id}/erase": page_of(partner, "/erase"),
        "POST /partners/{partner_id}/erase": page_of(partner, "/erase"),
    }
    found |= {
        "POST /uploads/new (partners)": of["POST /v1/imports (partners)"],
        "GET /uploads/examples/{kind}.xlsx": at("/uploads/examples/partners.xlsx"),
    }
    upload = of["GET /v1/imports/{import_id}"]
    for call in ("", "/live", "/leaving", "/refused", "/undo", "/unregistered"):
        found[f"GET /uploads/{{import_id}}{call}"] = of_upload(upload, call)
    for call in ("/cancel", "/confirm", "/read", "/undo"):
        found[f"POST /uploads/{{import_id}}{call}"] = of_upload(upload, call)
    found["POST /uploads/{import_id}/refused/{entry_id}"] = of_upload(upload, f"/refused/{uuid4()}")
    for kind in ("region_conflict", "participant_claimed"):
        found[f"POST /cases/{{case_id}} ({kind})"] = page_of(of[f"POST /v1/cases/{{case_id}} ({kind})"])
    for kind in ("listing", "enrolment"):
        corrected = of[f"POST /v1/{entry}/retry ({kind})"]
        found[f"GET /{entry} ({kind})"] = page_of(corrected, of_api="/retry")
        found[f"POST /{entry} ({kind})"] = page_of(corrected, of_api="/retry")
        found[f"POST /{entry}/delete ({kind})"] = page_of(corrected, "/delete", of_api="/retry")
    return found


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

    async def by_id() -> dict[str, Any]:
        return {"data": {"number": notifications_world.partner_id(1)}}

    return {
        "GET /partners/{partner_id}": of_partner,
        "POST /operator/why": by_id,
        "POST /operator/dead-letters": at("/operator/dead-letters", topic="claims"),
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
        await world.agency("own", ("ID",), (*SCOPES,))
        await world.agency("home", ("33.11",))
        await world.agency("foreign", ("36.71",), (*SCOPES,))
        keys = {"admin": registration_world.ADMIN, "foreign": world.keys["foreign"]}
        for name in (*SCOPES, "revoked"):
            body = {"scopes": [name]} if name in SCOPES else None
            made = (await world.http.post("/v1/agencies/own/keys", json=body, headers=scopes.ADMIN)).json()
            keys[name] = made["key"]
        await world.http.delete(f"/v1/agencies/own/keys/{made['key_id']}", headers=scopes.ADMIN)
        prepared = Registration(world).prepared()
        as_caller = await sessions_of(database.of("registration"), keys, registration_world.ADMIN)
        await check_what_is_others(world.app, prepared, as_caller["foreign"])
        await check("registration", world.app, pages_prepared(prepared), as_caller)


async def check_what_is_others(app: FastAPI, prepared: dict[str, Prepare], headers: dict[str, str]) -> None:
    """What the JSON routes have under an id is, in a foreign browser, the page of what does not exist."""
    wrong = []
    async with browser(app) as http:
        for call, expected in scopes.rows("registration"):
            if call.startswith("GET") and expected["foreign"] == "404":
                asked = await prepared[call]()
                path = asked.get("path", route_of(call).split()[1])
                path += f"?{httpx.QueryParams(asked['params'])}" if "params" in asked else ""
                answer = await http.get(path, headers=headers)
                same = await is_as_if_there_were_nothing(http, "GET", path, {"headers": headers}, answer)
                if (answer.status_code, same, SECRET in answer.text) != (404, True, False):
                    wrong.append((call, answer.status_code, same))
    assert wrong == []


async def test_coverages_pages_show_each_key_its_own(kafka: str, database: stack.Database, topics: str) -> None:
    settings = Settings(
        database=database.of("coverage"), kafka=kafka, port=0, admin_key="admin", topic_prefix=topics, consume=False
    )
    app = await coverage_app.create(settings)
    async with app.router.lifespan_context(app):
        keys = {"admin": "admin"} | await store_keys(settings.database, "36.71")
        tables = {
            "GET /table.{form}": at("/table.xlsx"),
            "POST /alerts/{alert_id}/acknowledge": at(f"/alerts/{uuid4()}/acknowledge"),
            "POST /alerts/rules/{kind}": at("/alerts/rules/coverage_fell"),
            "POST /alerts/rules/{rule_id}/switch": at(f"/alerts/rules/{uuid4()}/switch"),
            "POST /alerts/rules/{rule_id}/delete": at(f"/alerts/rules/{uuid4()}/delete"),
        }
        await check("coverage", app, tables, await sessions_of(settings.database, keys, "admin"))


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
        keys = {"admin": admin} | await store_keys(world.settings.database, "36.71")
        await world.publish(world.partner(1, region="36.71"), world.contact(1))
        await check("notifications", app, of_outreach(world), await sessions_of(world.settings.database, keys, admin))
