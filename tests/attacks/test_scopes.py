"""What each key may do on each route of the three services, all of them by the services' own descriptions.

`foreign` and `sister` are other agencies, of another and of the same region: of what is an agency's own they get the
identical 404, and of no route anything that only the first agency sent.
"""

import itertools
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from shared.security import new_key
from tests import stack
from tests.attacks import matrix
from tests.attacks.matrix import ALL_SCOPES, NOBODY, OTHERS, OWN, SECRET, Matrix, Prepare, Route, fixed
from tests.attacks.notifications_http import client_of
from tests.attacks.registration_calls import ADMIN, Registration
from tests.descriptions import answer_faults
from tests.integration import coverage_world, notifications_world, registration_world

EXCEPTIONS = """
POST /v1/events (listing)                          enroll=422
POST /v1/events (enrolment)                        publish=422 sister=422
POST /v1/imports/{import_id}/confirm (partners)    publish=409
GET /v1/lists/unregistered.csv                     admin=404 foreign=404 sister=404
GET /v1/lists/unregistered.xlsx                    admin=404 foreign=404 sister=404
POST /v1/cases/{case_id} (region_conflict)         sister=200
POST /v1/cases/{case_id} (participant_claimed)     sister=403
POST /v1/alert-rules                               admin=201
POST /v1/agents                                    foreign=422
POST /v1/tasks/{task_id}/claim                     enroll=404 agent=404
POST /v1/tasks/{task_id}/snooze                    enroll=404 agent=404
POST /v1/tasks/{task_id}/done                      enroll=404 agent=404
"""

PUSH = "https://push.example.com/phone"
BROWSER = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
"""A browser's subscription."""
ADDRESSES = (f"10.0.{n >> 8}.{n & 255}" for n in itertools.count(1))
LOOPBACKS = (f"127.1.{n >> 8}.{n & 255}" for n in itertools.count(1))


async def check(http: httpx.AsyncClient, prepared: Mapping[str, Prepare], keys: dict[str, str]) -> None:
    """Every call of every route in the service's description gets the status that it should."""
    description = (await http.get("/openapi.json")).json()
    routes = matrix.routes_of_description(description)

    async def ask(caller: str, route: Route, request: dict[str, Any]) -> httpx.Response:
        headers = dict(request.pop("headers", {})) | bearer(keys.get(caller))
        return await asked(http, route.method, request.pop("path"), caller, headers=headers, **request)

    def judge(route: Route, answer: httpx.Response) -> Iterable[Any]:
        if answer.content and answer.headers["content-type"].partition(";")[0].endswith("json"):
            yield from answer_faults(description, route.described, answer.status_code, answer.json())[:1]

    exceptions = matrix.read_exceptions(EXCEPTIONS)
    wrong = await Matrix(routes, prepared, exceptions, (*keys, "none"), ask).wrong(judge)
    assert not wrong, "\n".join(map(str, wrong))


def bearer(key: str | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key}"}


async def asked(http: httpx.AsyncClient, method: str, path: str, caller: str, **request: Any) -> httpx.Response:
    """The answer; of a stream that does not end only its head. Wrong keys come from an address of their own each."""
    if caller not in NOBODY:
        return await _answer(http, method, path, **request)
    async with httpx.AsyncClient(transport=_elsewhere(http._transport), base_url=http.base_url, timeout=30) as client:
        return await _answer(client, method, path, **request)


async def _answer(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> httpx.Response:
    if path == "/v1/stream":
        async with http.stream(method, path, **request) as answer:
            return httpx.Response(answer.status_code, text="")
    return await http.request(method, path, **request)


def _elsewhere(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    if isinstance(transport, httpx.ASGITransport):
        return httpx.ASGITransport(transport.app, client=(next(ADDRESSES), 1))
    return httpx.AsyncHTTPTransport(local_address=next(LOOPBACKS))


async def keys_of_registration(world: registration_world.World) -> dict[str, str]:
    """Caller → its key; with the agency `home`, which only has part in cases."""
    await world.agency("own", ("ID",), (*ALL_SCOPES, "inbound"))
    await world.agency("home", ("33.11",))
    await world.agency("foreign", ("36.71",), OTHERS["foreign"])
    await world.agency("sister", ("ID",), OTHERS["sister"])
    keys = {"admin": registration_world.ADMIN} | {name: world.keys[name] for name in OTHERS}
    for name in (*OWN, "revoked"):
        body = {"scopes": OWN[name]} if name in OWN else None
        made = (await world.http.post("/v1/agencies/own/keys", json=body, headers=ADMIN)).json()
        keys[name] = made["key"]
    await world.http.delete(f"/v1/agencies/own/keys/{made['key_id']}", headers=ADMIN)
    return keys


async def test_registration_lets_each_key_do_what_its_route_says(
    kafka: str, database: stack.Database, topics: str
) -> None:
    async with registration_world.world(database, kafka, topics) as world:
        keys = await keys_of_registration(world)
        await check(world.http, Registration(world).prepared(), keys)


async def store_keys(database: str, region: str, agent: str | None = None) -> dict[str, str]:
    """Keys of each scope of the agency `a`, of an agent, and of other agencies, in a service's own table."""
    keys = {}
    connection = await asyncpg.connect(database)
    try:
        for name in (*OWN, *OTHERS, "agent", "revoked"):
            key_id, keys[name], digest = new_key()
            scopes = () if name == "agent" else (OWN | OTHERS).get(name, ALL_SCOPES)
            await connection.execute(
                "insert into keys (key_id, hash, agency, agent, scopes, regions, revoked, recorded_at) "
                "values ($1, $2, $3, $4, $5, $6, $7, now())",
                key_id,
                digest,
                name if name in OTHERS else "a",
                (agent or str(uuid4())) if name == "agent" else None,
                list(scopes),
                ["33.11"] if name == "foreign" else [region],
                name == "revoked",
            )
    finally:
        await connection.close()
    return keys


async def alerts_of(database: str) -> dict[str, Prepare]:
    """The calls about alerts, and about rules that are added for each of them."""
    rule = {"name": "Diam", "condition": {"kind": "agency_silent", "agency": None, "times": 2.0}}
    numbers = itertools.count()

    async def a_rule(**request: Any) -> dict[str, Any]:
        rule_id = uuid4()
        add = "insert into alert_rules values ($1, $2, $3, 24, true, now())"
        await _execute(database, add, rule_id, f"{next(numbers)}", json.dumps(rule["condition"]))
        return {"path": f"/v1/alert-rules/{rule_id}", **request}

    async def an_alert() -> dict[str, Any]:
        alert_id = uuid4()
        add = "insert into alerts values ($1, $1, 'Diam', 'agency_silent', 'a', $2, now(), now())"
        await _execute(database, add, alert_id, json.dumps({"agency": "a", "last": "2026-01-01", "usual": 1.0}))
        return {"path": f"/v1/alerts/{alert_id}/acknowledge"}

    return {
        "POST /v1/alert-rules": fixed(json=rule),
        "PATCH /v1/alert-rules/{rule_id}": partial(a_rule, json={"enabled": False}),
        "DELETE /v1/alert-rules/{rule_id}": a_rule,
        "POST /v1/alerts/{alert_id}/acknowledge": an_alert,
    }


async def _execute(database: str, statement: str, *values: Any) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def test_coverage_lets_each_key_do_what_its_route_says(kafka: str, database: stack.Database, topics: str) -> None:
    async with coverage_world.coverage(kafka, database, topics) as world:
        keys = await store_keys(database.of("coverage"), "36.71")
        keys["admin"] = world.environment["PAYUNG_ADMIN_KEY"]
        prepare = {
            "GET /v1/regions/{code}": fixed(path="/v1/regions/33.11"),
            **await alerts_of(database.of("coverage")),
        }
        async with httpx.AsyncClient(base_url=world.http.base_url, timeout=30) as http:
            await check(http, prepare, keys)


@asynccontextmanager
async def notifications(
    kafka: str, database: stack.Database, topics: str
) -> AsyncIterator[tuple[notifications_world.World, httpx.AsyncClient]]:
    async with notifications_world.a_world(database, kafka, topics) as world, client_of(world) as http:
        yield world, http


async def test_notifications_lets_each_key_do_what_its_route_says(
    kafka: str, database: stack.Database, topics: str
) -> None:
    async with notifications(kafka, database, topics) as (world, http):
        keys = await store_keys(world.settings.database, "36.71", await world.an_agent("a", "36.71"))
        keys["admin"] = world.settings.admin_key
        numbers = itertools.count(1)
        await world.publish(*(each for n in range(1, 20) for each in (world.partner(n), world.contact(n))))

        async def opt_out() -> dict[str, Any]:
            return {"json": {"partner_id": notifications_world.partner_id(next(numbers))}}

        def of_agent(suffix: str, **request: Any) -> Prepare:
            async def prepare() -> dict[str, Any]:
                return request | {"path": f"/v1/agents/{await world.an_agent('a', '36.71')}{suffix}"}

            return prepare

        def of_task(verb: str, **request: Any) -> Prepare:
            async def prepare() -> dict[str, Any]:
                await world.pool.execute("update tasks set closed_at = now() where closed_at is null")
                await world.pool.execute("update agents set is_active = false")
                return request | {"path": f"/v1/tasks/{await world.open_task(18)}/{verb}"}

            return prepare

        policy = (await http.get("/v1/policy", headers=bearer(keys["admin"]))).json()
        reminders = f"/v1/partners/{notifications_world.partner_id(19)}/reminders"
        prepare = {
            "GET /v1/partners/{partner_id}/reminders": fixed(path=reminders),
            "PUT /v1/policy": fixed(json=policy),
            "POST /v1/opt-outs": opt_out,
            "POST /v1/agents": fixed(json={"name": SECRET, "regions": ["36.71"]}),
            "PATCH /v1/agents/{agent_id}": of_agent("", json={"capacity": 10}),
            "DELETE /v1/agents/{agent_id}": of_agent(""),
            "POST /v1/agents/{agent_id}/sign-in-links": of_agent("/sign-in-links"),
            "DELETE /v1/agents/{agent_id}/sessions": of_agent("/sessions"),
            "POST /v1/tasks/{task_id}/claim": of_task("claim"),
            "POST /v1/tasks/{task_id}/snooze": of_task("snooze", json={"until": "2026-12-01"}),
            "POST /v1/tasks/{task_id}/done": of_task("done", json={"outcome": "visited"}),
            "PUT /v1/pauses": fixed(json={}),
            "POST /v1/dead-letters/retry": fixed(json={"topic": "claims"}),
            "POST /v1/push-subscriptions": fixed(json={"endpoint": PUSH, "keys": BROWSER}),
            "DELETE /v1/push-subscriptions": fixed(json={"endpoint": PUSH}),
            "POST /v1/inbound": fixed(json={"status": "delivered", "message_id": "reminder-1"}),
        }
        await check(http, prepare, keys)
