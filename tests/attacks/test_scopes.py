"""What each key may do on each route of the three services: one table, complete by the services' own descriptions.

A call is one that succeeds with the right key. `foreign` is another agency with all scopes: of what is an agency's own
it gets the identical 404, and of no route anything that only the first agency sent. `open` asks for no key.
"""

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.security import new_key
from tests import stack
from tests.attacks.notifications_http import client_of
from tests.descriptions import answer_faults
from tests.integration import coverage_world, notifications_world, registration_world
from tests.integration.test_registration_partners import enrolment, listing

SCOPES = ("publish", "enroll", "read", "figures:detail")
CALLERS = (*SCOPES, "admin", "foreign", "none", "revoked")

TABLE = """
service        call                                             publish enroll read figures admin foreign none revoked
registration   GET /livez                                           open   open open    open  open    open open    open
registration   GET /readyz                                          open   open open    open  open    open open    open
registration   GET /metrics                                         open   open open    open  open    open open    open
registration   POST /v1/events (agreement)                          202    202  403     403   403     202  401     401
registration   POST /v1/events (listing)                            202    422  403     403   403     202  401     401
registration   POST /v1/events (enrolment)                          422    202  403     403   403     202  401     401
registration   POST /v1/imports (agreements)                        202    202  403     403   403     202  401     401
registration   POST /v1/imports (partners)                          202    403  403     403   403     202  401     401
registration   POST /v1/imports (enrollments)                       403    202  403     403   403     202  401     401
registration   GET /v1/imports                                      200    200  200     403   200     200  401     401
registration   GET /v1/imports/{import_id}                          200    200  200     403   200     404  401     401
registration   DELETE /v1/imports/{import_id} (partners)            200    403  403     403   403     404  401     401
registration   DELETE /v1/imports/{import_id} (enrollments)         403    200  403     403   403     404  401     401
registration   GET /v1/imports/{import_id}/rejected.csv (partners)  200    403  403     403   200     404  401     401
registration   GET /v1/imports/{import_id}/rejected.csv (enrollments) 403  200  403     403   200     404  401     401
registration   GET /v1/imports/{import_id}/rejected.xlsx (partners) 200    403  403     403   200     404  401     401
registration   GET /v1/imports/{import_id}/rejected.xlsx (enrollments) 403 200  403     403   200     404  401     401
registration   GET /v1/imports/{import_id}/unregistered.csv         200    403  200     403   200     404  401     401
registration   GET /v1/imports/{import_id}/unregistered.xlsx        200    403  200     403   200     404  401     401
registration   POST /v1/imports/{import_id}/undo (partners)         202    403  403     403   403     404  401     401
registration   POST /v1/imports/{import_id}/confirm (partners)      409    403  403     403   403     404  401     401
registration   POST /v1/uploads                                     201    201  403     403   403     201  401     401
registration   GET /v1/uploads                                      200    200  403     403   403     200  401     401
registration   GET /v1/uploads/{upload_id}                          200    200  403     403   403     404  401     401
registration   PATCH /v1/uploads/{upload_id}                        204    204  403     403   403     404  401     401
registration   DELETE /v1/uploads/{upload_id}                       204    204  403     403   403     404  401     401
registration   GET /v1/lists                                        200    403  200     403   200     200  401     401
registration   GET /v1/lists/unregistered.csv                       200    403  200     403   404     404  401     401
registration   GET /v1/lists/unregistered.xlsx                      200    403  200     403   404     404  401     401
registration   GET /v1/partners                                     200    403  200     403   200     200  401     401
registration   GET /v1/partners/{partner_id}                        200    403  200     403   200     404  401     401
registration   DELETE /v1/partners/{partner_id}                     204    403  403     403   204     404  401     401
registration   GET /v1/partners/{partner_id}/members            200    403  200     403   200     404  401     401
registration   GET /v1/targets                                  200    200  200     403   200     200  401     401
registration   GET /v1/targets.csv                              200    200  200     403   200     200  401     401
registration   GET /v1/targets.xlsx                             200    200  200     403   200     200  401     401
registration   GET /v1/agreements                               200    200  200     403   200     200  401     401
registration   GET /v1/agreements.csv                           200    200  200     403   200     200  401     401
registration   GET /v1/agreements.xlsx                          200    200  200     403   200     200  401     401
registration   GET /v1/briefings                                200    200  200     403   200     200  401     401
registration   GET /v1/briefings.csv                            200    200  200     403   200     200  401     401
registration   GET /v1/briefings.xlsx                           200    200  200     403   200     200  401     401
registration   GET /v1/briefings/{briefing_id}                  200    403  200     403   200     404  401     401
registration   GET /v1/enrollments/summary                      403    200  403     403   200     200  401     401
registration   GET /v1/cases                                        200    200  403     403   200     200  401     401
registration   POST /v1/cases/{case_id} (region_conflict)           200    403  403     403   200     404  401     401
registration   POST /v1/cases/{case_id} (participant_claimed)       403    200  403     403   200     404  401     401
registration   GET /v1/quarantine                                   200    200  403     403   403     200  401     401
registration   POST /v1/quarantine/retry                            200    200  403     403   403     200  401     401
registration   GET /v1/quarantine/summary                           200    200  403     403   403     200  401     401
registration   GET /v1/quarantine/{entry_id} (listing)              200    403  403     403   403     404  401     401
registration   GET /v1/quarantine/{entry_id} (enrolment)            403    200  403     403   403     404  401     401
registration   PUT /v1/quarantine/{entry_id} (listing)              200    403  403     403   403     404  401     401
registration   PUT /v1/quarantine/{entry_id} (enrolment)            403    200  403     403   403     404  401     401
registration   PUT /v1/quarantine/{entry_id} (enrolment row)        403    200  403     403   403     404  401     401
registration   PUT /v1/quarantine/{entry_id} (made an enrolment)    403    403  403     403   403     404  401     401
registration   DELETE /v1/quarantine/{entry_id} (listing)           204    403  403     403   403     404  401     401
registration   DELETE /v1/quarantine/{entry_id} (enrolment row)     403    204  403     403   403     404  401     401
registration   POST /v1/quarantine/{entry_id}/retry (listing)       200    403  403     403   403     404  401     401
registration   POST /v1/quarantine/{entry_id}/retry (enrolment)     403    200  403     403   403     404  401     401
registration   POST /v1/quarantine/{entry_id}/retry (enrolment row) 403    200  403     403   403     404  401     401
registration   POST /v1/agencies                                    403    403  403     403   201     403  401     401
registration   GET /v1/agencies                                     403    403  403     403   200     403  401     401
registration   POST /v1/agencies/{slug}/keys                        403    403  403     403   201     403  401     401
registration   DELETE /v1/agencies/{slug}/keys/{key_id}             403    403  403     403   204     403  401     401
registration   PATCH /v1/agencies/{slug}                            403    403  403     403   200     403  401     401
registration   GET /v1/agencies/{slug}/keys                         403    403  403     403   200     403  401     401
registration   POST /v1/agencies/{slug}/keys/{key_id}/rotate        403    403  403     403   201     403  401     401
registration   GET /v1/keys                                         200    200  200     200   403     200  401     401
registration   POST /v1/keys/{key_id}/rotate (of all scopes)        403    403  403     403   403     404  401     401
registration   POST /v1/keys/{key_id}/rotate (of reading)           403    403  201     403   403     404  401     401
registration   DELETE /v1/keys/{key_id} (of all scopes)             403    403  403     403   403     404  401     401
registration   DELETE /v1/keys/{key_id} (of reading)                403    403  204     403   403     404  401     401
registration   POST /v1/sign-in-links                               403    403  403     403   201     403  401     401
registration   GET /v1/audit                                        200    200  200     403   200     200  401     401
registration   GET /v1/audit/verify                                 403    403  403     403   200     403  401     401
registration   GET /v1/changes                                      200    403  200     403   403     200  401     401
registration   POST /v1/webhooks                                    201    403  201     403   403     201  401     401
registration   GET /v1/webhooks                                     200    403  200     403   403     200  401     401
registration   DELETE /v1/webhooks/{webhook_id}                     204    403  204     403   403     404  401     401
registration   POST /v1/webhooks/{webhook_id}/resume                200    403  200     403   403     404  401     401
registration   POST /v1/webhooks/{webhook_id}/test                  200    403  200     403   403     404  401     401
registration   GET /v1/sources                                      403    403  403     403   200     403  401     401
registration   DELETE /v1/sources                                   403    403  403     403   204     403  401     401
coverage       GET /livez                                           open   open open    open  open    open open    open
coverage       GET /readyz                                          open   open open    open  open    open open    open
coverage       GET /metrics                                         open   open open    open  open    open open    open
coverage       GET /v1/coverage                                     403    403  200     403   200     200  401     401
coverage       GET /v1/coverage/changes                             403    403  200     403   200     200  401     401
coverage       GET /v1/coverage/changes/partners                    403    403  200     403   200     200  401     401
coverage       GET /v1/coverage/explain                             403    403  200     403   200     200  401     401
coverage       GET /v1/coverage/series                              403    403  200     403   200     200  401     401
coverage       GET /v1/coverage/sources                             403    403  200     403   200     200  401     401
coverage       GET /v1/coverage/outreach                            403    403  200     403   200     200  401     401
coverage       GET /v1/coverage/briefings                           403    403  200     403   200     200  401     401
coverage       GET /v1/claims                                       403    403  200     403   200     200  401     401
coverage       GET /v1/measures                                     403    403  200     403   200     200  401     401
coverage       GET /v1/freshness                                    403    403  200     403   200     200  401     401
coverage       GET /v1/alert-rules                                  403    403  403     403   200     403  401     401
coverage       POST /v1/alert-rules                                 403    403  403     403   201     403  401     401
coverage       PATCH /v1/alert-rules/{rule_id}                      403    403  403     403   200     403  401     401
coverage       DELETE /v1/alert-rules/{rule_id}                     403    403  403     403   204     403  401     401
coverage       GET /v1/alerts                                       403    403  403     403   200     403  401     401
coverage       POST /v1/alerts/{alert_id}/acknowledge               403    403  403     403   200     403  401     401
coverage       GET /v1/regions                                      403    403  200     403   200     200  401     401
coverage       GET /v1/regions/{code}                               403    403  200     403   200     200  401     401
coverage       GET /v1/stream                                       403    403  200     403   200     200  401     401
notifications  GET /livez                                           open   open open    open  open    open open    open
notifications  GET /readyz                                          open   open open    open  open    open open    open
notifications  GET /metrics                                         open   open open    open  open    open open    open
notifications  GET /v1/partners/{partner_id}/reminders              403    403  200     403   200     404  401     401
notifications  GET /v1/plan                                         403    403  200     403   200     200  401     401
notifications  GET /v1/policy                                       403    403  403     403   200     403  401     401
notifications  PUT /v1/policy                                       403    403  403     403   200     403  401     401
notifications  GET /v1/pauses                                       403    403  403     403   200     403  401     401
notifications  PUT /v1/pauses                                       403    403  403     403   200     403  401     401
notifications  GET /v1/spending                                     403    403  403     403   200     403  401     401
notifications  GET /v1/overview                                     403    403  403     403   200     403  401     401
notifications  GET /v1/dead-letters                                 403    403  403     403   200     403  401     401
notifications  POST /v1/dead-letters/retry                          403    403  403     403   200     403  401     401
notifications  POST /v1/inbound                                     403    403  403     403   200     403  401     401
notifications  POST /v1/opt-outs                                    403    403  403     403   201     403  401     401
notifications  POST /v1/agents                                      201    201  403     403   201     422  401     401
notifications  GET /v1/agents                                       200    200  403     403   200     200  401     401
notifications  PATCH /v1/agents/{agent_id}                          200    200  403     403   200     404  401     401
notifications  DELETE /v1/agents/{agent_id}                         204    204  403     403   204     404  401     401
notifications  POST /v1/agents/{agent_id}/sign-in-links             201    201  403     403   201     404  401     401
notifications  DELETE /v1/agents/{agent_id}/sessions                204    204  403     403   204     404  401     401
notifications  POST /v1/push-subscriptions                          403    403  403     403   403     403  401     401
notifications  DELETE /v1/push-subscriptions                        403    403  403     403   403     403  401     401
notifications  GET /v1/inbox                                        200    200  403     403   200     200  401     401
notifications  POST /v1/tasks/{task_id}/claim                       200    404  403     403   200     404  401     401
notifications  POST /v1/tasks/{task_id}/snooze                      200    404  403     403   200     404  401     401
notifications  POST /v1/tasks/{task_id}/done                        200    404  403     403   200     404  401     401
"""

SECRET = "Rahasiawan"
"""In everything that the first agency sends."""
ADMIN = {"authorization": f"Bearer {registration_world.ADMIN}"}
ADDRESSES = (f"10.0.{n >> 8}.{n & 255}" for n in itertools.count(1))
LOOPBACKS = (f"127.1.{n >> 8}.{n & 255}" for n in itertools.count(1))

Prepare = Callable[[], Awaitable[dict[str, Any]]]
"""Makes what a call needs, anew for each: the request's parts but for the key, and `path` where it holds an id."""


def rows(service: str) -> list[tuple[str, dict[str, str]]]:
    """(call, caller → status) of a service."""
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        name, rest = line.split(maxsplit=1)
        call, *statuses = rest.rsplit(maxsplit=len(CALLERS))
        if name == service:
            found.append((call.strip(), dict(zip(CALLERS, statuses, strict=True))))
    return found


def route_of(call: str) -> str:
    """`DELETE /v1/imports/{import_id} (partners)` → `DELETE /v1/imports/{import_id}`."""
    return call.partition(" (")[0]


async def check(service: str, http: httpx.AsyncClient, prepare: dict[str, Prepare], keys: dict[str, str]) -> None:
    """Every route is in the table, and every call of the table gets the status that it has there."""
    description = (await http.get("/openapi.json")).json()
    routes = {f"{method.upper()} {path}" for path, each in description["paths"].items() for method in each}
    table = rows(service)
    assert {route_of(call) for call, _ in table} == routes
    wrong = []
    for call, expected in table:
        for caller, status in expected.items():
            request = await prepare[call]() if call in prepare else {}
            request = others(request) if caller == "foreign" else request
            method, path = route_of(call).split()
            headers = dict(request.pop("headers", {})) | bearer(keys.get(caller))
            answer = await ask(http, method, request.pop("path", path), caller, headers=headers, **request)
            described = description["paths"][route_of(call).split()[1]][method.lower()]
            if answer.content and answer.headers["content-type"].partition(";")[0].endswith("json"):
                faults = answer_faults(description, described, answer.status_code, answer.json())
                wrong += [(call, caller, "is not as described", *faults[:1])] if faults else []
            if not fits(answer, status):
                wrong.append((call, caller, answer.status_code, answer.text[:200]))
            elif caller not in ("publish", "enroll", "read", "admin") and SECRET in answer.text:
                wrong.append((call, caller, "shows what is not its own", *answer.text.partition(SECRET)[::2]))
    assert wrong == []


def others(sent: Any) -> Any:
    """The same with another name in it: what the foreign agency sends itself it may see."""
    match sent:
        case str():
            return sent.replace(SECRET, "Lain")
        case dict():
            return {name: others(value) for name, value in sent.items()}
        case tuple():
            return tuple(map(others, sent))
        case _:
            return sent


def fits(answer: httpx.Response, expected: str) -> bool:
    """`open` is any answer that asks for no key: a health check may say that the service is not well."""
    return answer.status_code not in (401, 403, 404) if expected == "open" else answer.status_code == int(expected)


def bearer(key: str | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key}"}


async def ask(http: httpx.AsyncClient, method: str, path: str, caller: str, **request: Any) -> httpx.Response:
    """The answer; of a stream that does not end only its head. Wrong keys come from an address of their own each."""
    if caller not in ("none", "revoked"):
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


class Registration:
    """What an agency `own` sends, anew for every call."""

    def __init__(self, world: registration_world.World) -> None:
        self.world = world
        self.numbers = itertools.count(1)

    def nib(self) -> str:
        return f"{700_000_000 + next(self.numbers):013d}"

    def listing(self, **more: Any) -> dict[str, Any]:
        return self.world.event("partner.listed", listing(SECRET, nib=self.nib(), **more), source="/own")

    def enrolment(self, **more: Any) -> dict[str, Any]:
        number = f"N{next(self.numbers)}"
        data = enrolment(number, name=f"{SECRET} {number}") | more
        return self.world.event("enrollment.registered", data, source="/own")

    def event(self, make: Callable[[], dict[str, Any]]) -> Prepare:
        async def prepare() -> dict[str, Any]:
            event = make() | {"source": f"/scopes/{next(self.numbers)}"}
            return {"json": event, "headers": {"content-type": "application/cloudevents+json"}}

        return prepare

    def agreement(self) -> dict[str, Any]:
        data = {"title": SECRET, "parties": ["A"], "date": "2021-01-01", "region": "36.71", "number": self.nib()}
        return self.world.event("agreement.signed", data)

    def form(self, kind: str) -> dict[str, Any]:
        headers = {
            "agreements": "judul;tanggal;wilayah\n",
            "partners": "nama usaha;nik;kab_kota\n",
            "enrollments": "no_peserta;nama;nik;kab_kota;program;tgl_efektif;segmen\n",
        }
        lines = {"partners": f"{SECRET};1;33.11\n", "enrollments": f"N1;{SECRET};1;33.11;JKK,JKM;2021-01-01;PU\n"}
        content = headers[kind] + lines.get(kind, "")
        return {"data": {"kind": kind, "list": f"{kind}-{next(self.numbers)}"}, "files": {"file": ("x.csv", content)}}

    def upload(self, kind: str) -> Prepare:
        async def prepare() -> dict[str, Any]:
            return self.form(kind)

        return prepare

    async def new_upload(self) -> dict[str, Any]:
        return {"headers": {"upload-length": "3"}}

    async def upload_begun(self) -> dict[str, Any]:
        headers = self.world.bearer("own") | {"upload-length": "3"}
        made = await self.world.http.post("/v1/uploads", headers=headers)
        sent = {"content-type": "application/offset+octet-stream", "upload-offset": "0"}
        return {"path": made.headers["location"], "headers": sent}

    def of_import(self, kind: str, suffix: str = "", **body: Any) -> Prepare:
        async def prepare() -> dict[str, Any]:
            asked: dict[str, Any] = {"path": f"/v1/imports/{await self.import_id(kind)}{suffix}"}
            return asked | ({"json": body} if body else {})

        return prepare

    async def import_id(self, kind: str) -> str:
        answer = await self.world.http.post("/v1/imports", headers=self.world.bearer("own"), **self.form(kind))
        report = await self.world.done(answer.headers["location"], "own")
        assert (report["state"], report["rejected"]) == ("done", 1), report
        return str(report["id"])

    async def partner(self) -> dict[str, Any]:
        answer = await self.world.send(self.listing(), agency="own")
        (partner,) = answer["partners"].values()
        return {"path": f"/v1/partners/{partner}"}

    async def members(self) -> dict[str, Any]:
        return {"path": (await self.partner())["path"] + "/members"}

    async def briefing(self) -> dict[str, Any]:
        batch = str(next(self.numbers))
        data = {"region": "33.11", "name": SECRET, "batch": batch, "held_on": "2021-03-01"}
        await self.world.send(self.world.event("briefing.held", data), agency="own")
        items = (await self.world.get("/v1/briefings", "own", limit="1000"))["items"]
        (found,) = [each["id"] for each in items if each["batch"] == batch]
        return {"path": f"/v1/briefings/{found}"}

    async def listed(self) -> dict[str, Any]:
        name = f"daftar {next(self.numbers)}"
        await self.world.send(self.listing(list=name), agency="own")
        return {"params": {"list": name}}

    def entry(self, make: Callable[..., dict[str, Any]], correct: bool, becomes: Any = None) -> Prepare:
        """A refused event of this kind; `correct` with the event as it should have been, else corrected already."""

        async def prepare() -> dict[str, Any]:
            good = make()
            bad = good | {"data": good["data"] | {"region": "Entah"}}
            assert (await self.world.post(bad, agency="own")).status_code == 422
            (entry,) = [e for e in await self.entries() if e["event"] and e["event"]["id"] == good["id"]]
            path = f"/v1/quarantine/{entry['id']}"
            if correct:
                return {"path": path, "json": becomes() if becomes else good}
            answer = await self.world.http.put(path, json=good, headers=self.world.bearer("own"))
            assert answer.status_code == 200, answer.text
            return {"path": f"{path}/retry"}

        return prepare

    async def entries(self, **params: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = "00000000-0000-0000-0000-000000000000"
        while cursor:
            page = await self.world.get("/v1/quarantine", "own", limit="1000", cursor=cursor, **params)
            found, cursor = found + page["items"], page["next_cursor"]
        return found

    def row_entry(self, correct: bool) -> Prepare:
        async def prepare() -> dict[str, Any]:
            (entry,) = await self.entries(import_id=await self.import_id("enrollments"))
            path = f"/v1/quarantine/{entry['id']}"
            cells = {"cells": {"nik": "", "no_peserta": f"N{next(self.numbers)}"}}
            if correct:
                return {"path": path, "json": cells}
            answer = await self.world.http.put(path, json=cells, headers=self.world.bearer("own"))
            assert answer.status_code == 200, answer.text
            return {"path": f"{path}/retry"}

        return prepare

    async def region_conflict(self) -> dict[str, Any]:
        event = self.listing()
        answer = await self.world.send(event | {"source": "/home"}, agency="home")
        (partner,) = answer["partners"].values()
        abroad = {"name": "Lain", "region": "36.71", "listed_on": "2021-09-01"}
        moved = self.world.event("partner.listed", event["data"] | abroad, source="/foreign")
        await self.world.send(moved, agency="foreign")
        return await self.case(partner, "33.11")

    async def participant_claimed(self) -> dict[str, Any]:
        nib, number = self.nib(), f"N{next(self.numbers)}"
        listed = self.world.event("partner.listed", listing(SECRET, nib=nib), source="/home")
        await self.world.send(listed, agency="home")
        squatted = enrolment(number, name="Siapa", region="36.71")
        await self.world.send(self.world.event("enrollment.registered", squatted, source="/foreign"), agency="foreign")
        claimed = self.world.event("enrollment.registered", enrolment(number, nib=nib), source="/home")
        assert (await self.world.post(claimed, agency="home")).status_code == 422
        return await self.case(number, "33.11")

    async def case(self, subject: str, decision: str) -> dict[str, Any]:
        items = (await self.world.get("/v1/cases", "own", limit="1000"))["items"]
        (case,) = [each for each in items if each["subject"] == subject]
        return {"path": f"/v1/cases/{case['id']}", "json": {"decision": decision}}

    async def new_agency(self) -> dict[str, Any]:
        slug = f"agency-{next(self.numbers)}"
        return {"json": {"slug": slug, "name": "A", "regions": ["33.11"], "scopes": ["read"]}}

    async def key_to_revoke(self) -> dict[str, Any]:
        made = await self.world.http.post("/v1/agencies/own/keys", headers=ADMIN)
        return {"path": f"/v1/agencies/own/keys/{made.json()['key_id']}"}

    async def keys_of_own(self) -> dict[str, Any]:
        return {"path": "/v1/agencies/own/keys"}

    def key(self, suffix: str = "", *scopes: str, path: str = "/v1/keys") -> Prepare:
        async def prepare() -> dict[str, Any]:
            body = {"scopes": scopes} if scopes else None
            made = await self.world.http.post("/v1/agencies/own/keys", json=body, headers=ADMIN)
            return {"path": f"{path}/{made.json()['key_id']}{suffix}"}

        return prepare

    async def changed_agency(self) -> dict[str, Any]:
        return {"path": "/v1/agencies/own", "json": {"name": "Own"}}

    async def source(self) -> dict[str, Any]:
        source = f"/released/{next(self.numbers)}"
        await self.world.send(self.agreement() | {"source": source}, agency="own")
        return {"params": {"source": source}}

    async def new_webhook(self) -> dict[str, Any]:
        """An address, and room for it."""
        for agency in ("own", "foreign"):
            for each in await self.world.get("/v1/webhooks", agency):
                await self.world.http.delete(f"/v1/webhooks/{each['id']}", headers=self.world.bearer(agency))
        return {"json": {"url": f"https://example.invalid/{SECRET}"}}

    def webhook(self, suffix: str = "") -> Prepare:
        async def prepare() -> dict[str, Any]:
            wanted = await self.new_webhook()
            made = await self.world.http.post("/v1/webhooks", headers=self.world.bearer("own"), **wanted)
            return {"path": f"/v1/webhooks/{made.json()['id']}{suffix}"}

        return prepare

    async def webhook_to_list(self) -> dict[str, Any]:
        await self.webhook()()
        return {}

    def prepared(self) -> dict[str, Prepare]:
        quarantine = "/v1/quarantine/{entry_id}"
        return {
            "POST /v1/events (agreement)": self.event(self.agreement),
            "POST /v1/events (listing)": self.event(lambda: self.listing(region="36.71")),
            "POST /v1/events (enrolment)": self.event(lambda: self.enrolment(region="36.71")),
            **{f"POST /v1/imports ({kind})": self.upload(kind) for kind in ("agreements", "partners", "enrollments")},
            "POST /v1/uploads": self.new_upload,
            "GET /v1/uploads/{upload_id}": self.upload_begun,
            "PATCH /v1/uploads/{upload_id}": self.upload_begun,
            "DELETE /v1/uploads/{upload_id}": self.upload_begun,
            "GET /v1/imports/{import_id}": self.of_import("partners"),
            "GET /v1/imports/{import_id}/unregistered.csv": self.of_import("partners", "/unregistered.csv"),
            "GET /v1/imports/{import_id}/unregistered.xlsx": self.of_import("partners", "/unregistered.xlsx"),
            "GET /v1/imports/{import_id}/rejected.xlsx (partners)": self.of_import("partners", "/rejected.xlsx"),
            "GET /v1/imports/{import_id}/rejected.xlsx (enrollments)": self.of_import("enrollments", "/rejected.xlsx"),
            "DELETE /v1/imports/{import_id} (partners)": self.of_import("partners"),
            "DELETE /v1/imports/{import_id} (enrollments)": self.of_import("enrollments"),
            "GET /v1/imports/{import_id}/rejected.csv (partners)": self.of_import("partners", "/rejected.csv"),
            "GET /v1/imports/{import_id}/rejected.csv (enrollments)": self.of_import("enrollments", "/rejected.csv"),
            "POST /v1/imports/{import_id}/undo (partners)": self.of_import("partners", "/undo"),
            "POST /v1/imports/{import_id}/confirm (partners)": self.of_import("partners", "/confirm", delisted=1),
            "GET /v1/partners/{partner_id}": self.partner,
            "DELETE /v1/partners/{partner_id}": self.partner,
            "GET /v1/partners/{partner_id}/members": self.members,
            "GET /v1/briefings/{briefing_id}": self.briefing,
            "POST /v1/cases/{case_id} (region_conflict)": self.region_conflict,
            "POST /v1/cases/{case_id} (participant_claimed)": self.participant_claimed,
            **{f"GET /v1/lists/unregistered.{form}": self.listed for form in ("csv", "xlsx")},
            f"GET {quarantine} (listing)": self.entry(self.listing, correct=True),
            f"GET {quarantine} (enrolment)": self.entry(self.enrolment, correct=True),
            f"PUT {quarantine} (listing)": self.entry(self.listing, correct=True),
            f"PUT {quarantine} (enrolment)": self.entry(self.enrolment, correct=True),
            f"PUT {quarantine} (enrolment row)": self.row_entry(correct=True),
            f"PUT {quarantine} (made an enrolment)": self.entry(self.listing, correct=True, becomes=self.enrolment),
            f"DELETE {quarantine} (listing)": self.entry(self.listing, correct=True),
            f"DELETE {quarantine} (enrolment row)": self.row_entry(correct=True),
            f"POST {quarantine}/retry (listing)": self.entry(self.listing, correct=False),
            f"POST {quarantine}/retry (enrolment)": self.entry(self.enrolment, correct=False),
            f"POST {quarantine}/retry (enrolment row)": self.row_entry(correct=False),
            "POST /v1/agencies": self.new_agency,
            "POST /v1/agencies/{slug}/keys": self.keys_of_own,
            "DELETE /v1/agencies/{slug}/keys/{key_id}": self.key_to_revoke,
            "PATCH /v1/agencies/{slug}": self.changed_agency,
            "GET /v1/agencies/{slug}/keys": self.keys_of_own,
            "POST /v1/agencies/{slug}/keys/{key_id}/rotate": self.key("/rotate", path="/v1/agencies/own/keys"),
            "POST /v1/keys/{key_id}/rotate (of all scopes)": self.key("/rotate"),
            "POST /v1/keys/{key_id}/rotate (of reading)": self.key("/rotate", "read"),
            "DELETE /v1/keys/{key_id} (of all scopes)": self.key(),
            "DELETE /v1/keys/{key_id} (of reading)": self.key("", "read"),
            "DELETE /v1/sources": self.source,
            "POST /v1/webhooks": self.new_webhook,
            "GET /v1/webhooks": self.webhook_to_list,
            "DELETE /v1/webhooks/{webhook_id}": self.webhook(),
            "POST /v1/webhooks/{webhook_id}/resume": self.webhook("/resume"),
            "POST /v1/webhooks/{webhook_id}/test": self.webhook("/test"),
        }


async def test_registration_lets_each_key_do_what_the_table_says(
    kafka: str, database: stack.Database, topics: str
) -> None:
    async with registration_world.world(database, kafka, topics) as world:
        await world.agency("own", ("ID",), (*SCOPES,))
        await world.agency("home", ("33.11",))
        await world.agency("foreign", ("36.71",), (*SCOPES,))
        keys = {"admin": registration_world.ADMIN, "foreign": world.keys["foreign"]}
        for name in (*SCOPES, "revoked"):
            body = {"scopes": [name]} if name in SCOPES else None
            made = (await world.http.post("/v1/agencies/own/keys", json=body, headers=ADMIN)).json()
            keys[name] = made["key"]
        await world.http.delete(f"/v1/agencies/own/keys/{made['key_id']}", headers=ADMIN)
        await check("registration", world.http, Registration(world).prepared(), keys)


async def store_keys(database: str, region: str) -> dict[str, str]:
    """Keys of each scope of the agency `a`, and of another agency with all of them, in a service's own table."""
    keys = {}
    connection = await asyncpg.connect(database)
    try:
        for name in (*SCOPES, "foreign", "revoked"):
            key_id, keys[name], digest = new_key()
            await connection.execute(
                "insert into keys (key_id, hash, agency, scopes, regions, revoked, recorded_at) "
                "values ($1, $2, $3, $4, $5, $6, now())",
                key_id,
                digest,
                "foreign" if name == "foreign" else "a",
                [name] if name in SCOPES else list(SCOPES),
                ["33.11"] if name == "foreign" else [region],
                name == "revoked",
            )
    finally:
        await connection.close()
    return keys


def fixed(**request: Any) -> Prepare:
    async def prepare() -> dict[str, Any]:
        return dict(request)

    return prepare


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


async def test_coverage_lets_each_key_do_what_the_table_says(kafka: str, database: stack.Database, topics: str) -> None:
    async with coverage_world.coverage(kafka, database, topics) as world:
        keys = await store_keys(database.of("coverage"), "36.71")
        keys["admin"] = world.environment["PAYUNG_ADMIN_KEY"]
        prepare = {
            "GET /v1/regions/{code}": fixed(path="/v1/regions/33.11"),
            **await alerts_of(database.of("coverage")),
        }
        async with httpx.AsyncClient(base_url=world.http.base_url, timeout=30) as http:
            await check("coverage", http, prepare, keys)


@asynccontextmanager
async def notifications(
    kafka: str, database: stack.Database, topics: str
) -> AsyncIterator[tuple[notifications_world.World, httpx.AsyncClient]]:
    async with notifications_world.a_world(database, kafka, topics) as world, client_of(world) as http:
        yield world, http


async def test_notifications_lets_each_key_do_what_the_table_says(
    kafka: str, database: stack.Database, topics: str
) -> None:
    async with notifications(kafka, database, topics) as (world, http):
        keys = await store_keys(world.settings.database, "36.71")
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
            "POST /v1/inbound": fixed(json={"status": "delivered", "message_id": "reminder-1"}),
        }
        await check("notifications", http, prepare, keys)


@pytest.mark.parametrize("service", ["registration", "coverage", "notifications"])
def test_the_table_names_no_call_twice(service: str) -> None:
    calls = [call for call, _ in rows(service)]
    assert len(calls) == len(set(calls)) > 0
