"""The three services behind real sockets, each with something in it, for tests that ask every route of all of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from fastapi import FastAPI

from services.coverage.app import MIGRATIONS, ROUTERS
from services.coverage.changed_regions import ChangedRegions
from services.coverage.settings import Settings
from services.coverage.slow_answers import SlowAnswers
from services.notifications import app as notifications
from shared.connection import LimitedConnection
from shared.database import connect, migrate
from shared.open_streams import OpenStreams
from shared.security import KeyRing, new_key
from shared.service import build_app
from tests.descriptions import answer_faults
from tests.integration import registration_world
from tests.integration.notifications_world import a_world, partner_id
from tests.stack import Database
from tests.waiting import eventually

ADMIN = registration_world.ADMIN
PROBLEM = "application/problem+json"
ROW_THAT_IS_REFUSED = "NIB;Nama Usaha;Kab/Kota\n12;Toko;Kabupaten Sukoharjo\n"


@dataclass
class Service:
    """One service: where it answers, an agency's key, its description, and ids that exist, by parameter."""

    name: str
    port: int
    agency_key: str
    description: dict[str, Any]
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def operations(self) -> list["Operation"]:
        return list(self._operations())

    def _operations(self) -> Iterator["Operation"]:
        for path, methods in self.description["paths"].items():
            for method, described in methods.items():
                yield Operation(self, method.upper(), path, described)

    async def exchange(self, sent: bytes) -> bytes:
        """What the service answers to these bytes, up to the end of the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(sent)
            await writer.drain()
            return await asyncio.wait_for(reader.read(1 << 20), 20)
        finally:
            writer.close()


@dataclass
class Operation:
    """One method of one path, as the service's description has it."""

    service: Service
    method: str
    path: str
    described: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.service.name} {self.method} {self.path}"

    @property
    def statuses(self) -> set[int]:
        return {int(status) for status in self.described["responses"]}

    def parameters(self, place: str) -> list[str]:
        return [each["name"] for each in self.described.get("parameters", []) if each["in"] == place]

    def known_path(self) -> str:
        """The path with ids that exist."""
        path = self.path
        for name in self.parameters("path"):
            path = path.replace(f"{{{name}}}", self.service.ids[name])
        return path

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.service.description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def headers_of(self, media_type: str) -> dict[str, str]:
        """Beside the type, those without which a body of this type is not read: CloudEvents' in binary mode."""
        given = self.described.get("parameters", []) if media_type == "application/json" else []
        binary = {each["name"]: each["example"] for each in given if each["name"].startswith("ce-")}
        return {"Content-Type": media_type} | binary

    def body_schemas(self) -> dict[str, dict[str, Any]]:
        """Media type → schema of the bodies that are taken."""
        content = self.described.get("requestBody", {}).get("content", {})
        return {name: each.get("schema", {}) for name, each in content.items()}


@asynccontextmanager
async def three_services(databases: dict[str, Database], kafka: str, topics: str) -> AsyncIterator[list[Service]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(_registration(databases["registration"], kafka, topics)),
            await stack.enter_async_context(_coverage(databases["coverage"])),
            await stack.enter_async_context(_notifications(databases["notifications"], kafka, topics)),
        ]


@asynccontextmanager
async def _registration(database: Database, kafka: str, topics: str) -> AsyncIterator[Service]:
    made = registration_world.world(database, kafka, topics, webhooks_allow_local=True)
    async with made as world, _served(world.app) as port:
        await world.agency()
        sent = await world.send(world.event("partner.listed", {
            "partner": {"nib": "0000100099999"}, "name": "Batik Contoh", "kind": "business", "scale": "micro",
            "region": "33.11", "workers": 6, "list": "contoh", "listed_on": "2021-01-15",
        }))  # fmt: skip
        await world.send(
            *(world.event("partner.listed", namesake(phone)) for phone in ("086000000001", "086000000002"))
        )
        await world.send(world.event("briefing.held", {
            "region": "33.11", "name": "Sosialisasi", "batch": "1", "held_on": "2021-02-16", "quota": 30,
            "attendees": [{"nib": "0000100099999"}],
        }))  # fmt: skip
        (briefing,) = (await world.get("/v1/briefings"))["items"]
        (case,) = (await world.get("/v1/cases"))["items"]
        report = await world.upload(ROW_THAT_IS_REFUSED, "partners")
        bearer = {"authorization": f"Bearer {ADMIN}"}
        second = (await world.http.post("/v1/agencies/dinas/keys", headers=bearer)).json()
        (entry, *_) = (await world.get("/v1/quarantine"))["items"]
        length = world.bearer("dinas") | {"upload-length": "1000"}
        upload = (await world.http.post("/v1/uploads", headers=length)).json()
        hook = {"url": f"http://127.0.0.1:{port}/livez"}
        webhook = (await world.http.post("/v1/webhooks", headers=world.bearer("dinas"), json=hook)).json()
        ids = {
            "webhook_id": webhook["id"],
            "upload_id": upload["id"],
            "import_id": report["id"],
            "partner_id": next(iter(sent["partners"].values())),
            "entry_id": entry["id"],
            "case_id": case["id"],
            "briefing_id": briefing["id"],
            "slug": "dinas",
            "key_id": second["key_id"],
        }
        yield Service("registration", port, world.keys["dinas"], await _description(port), ids)


def namesake(phone: str) -> dict[str, Any]:
    """One of two businesses that may be one: a case."""
    listing = {"partner": {"ref": phone}, "name": "Kios Tahu", "kind": "business", "region": "33.11", "list": "contoh"}
    return listing | {"listed_on": "2021-01-15", "contact": {"phone": phone}}


@asynccontextmanager
async def _coverage(database: Database) -> AsyncIterator[Service]:
    pool = await connect(database.of("coverage"))
    await migrate(pool, MIGRATIONS)
    settings = Settings(database=database.of("coverage"), kafka="nowhere:1", port=0, admin_key=ADMIN)
    state = {"pool": pool, "settings": settings, "keys": KeyRing(pool, ADMIN)}
    state |= {"open_streams": OpenStreams(), "changed_regions": ChangedRegions(pool)}
    state["slow_answers"] = SlowAnswers()
    app = build_app("coverage", routers=ROUTERS, state=state)
    async with _served(app) as port:
        ids = {"code": "33.11", **await _alert(pool)}
        yield Service("coverage", port, await _key(pool), await _description(port), ids)
    await pool.close()


async def _alert(pool: Any) -> dict[str, str]:
    """A rule with an alert that it opened."""
    condition = {"kind": "agency_silent", "agency": None, "times": 2.0}
    details = {"agency": "a", "last": "2026-01-01", "usual": 1.0}
    rule_id, alert_id = uuid4(), uuid4()
    add = "insert into alert_rules values ($1, 'Diam', $2, 24, true, now())"
    await pool.execute(add, rule_id, json.dumps(condition))
    add = "insert into alerts values ($1, $2, 'Diam', 'agency_silent', 'a', $3, now(), now())"
    await pool.execute(add, alert_id, rule_id, json.dumps(details))
    return {"rule_id": str(rule_id), "alert_id": str(alert_id)}


@asynccontextmanager
async def _notifications(database: Database, kafka: str, topics: str) -> AsyncIterator[Service]:
    async with a_world(database, kafka, f"{topics}n.", admin_key=ADMIN) as world:
        await world.publish(world.partner(1), world.contact(1))
        ids = {"partner_id": partner_id(1), "task_id": await world.open_task(1)}
        ids["agent_id"] = await world.an_agent("a", "36.71")
        app = notifications.web(world.settings, world.engine)
        async with _served(app) as port:
            yield Service("notifications", port, await _key(world.pool), await _description(port), ids)


async def _key(pool: Any) -> str:
    key_id, secret, digest = new_key()
    add = "insert into keys (key_id, hash, agency, scopes, regions, recorded_at) values ($1, $2, $3, $4, $5, now())"
    await pool.execute(add, key_id, digest, "dinas", ["publish", "enroll", "read"], ["ID"])
    return secret


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[int]:
    """The port on which the application is served as `shared.service.serve` does it, its parts not run."""
    config = uvicorn.Config(app, port=0, http=LimitedConnection, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign] - they are pytest's
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, 10)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = server.force_exit = True
    await serving


async def _description(port: int) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        described: dict[str, Any] = (await client.get(f"http://127.0.0.1:{port}/openapi.json")).json()
        return described


def check(operation: Operation, asked: Any, status: int, media_type: str, body: bytes) -> None:
    """An answer is one that the description names, in a form that it names, and never a failure of ours."""
    where = f"{operation}: {asked!r:.500} -> {status} {body!r:.500}"
    assert status < 500 or status == 503, where
    assert status in operation.statuses, f"undocumented {where}"
    if status != 204:
        assert media_type in operation.described["responses"][str(status)]["content"], where
    if status >= 400:
        assert b"Traceback" not in body, where
    if media_type.endswith("json") and not media_type.endswith("ndjson") and body:
        wrong = answer_faults(operation.service.description, operation.described, status, json.loads(body))
        assert wrong == [], (wrong, where)
