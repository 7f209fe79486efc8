"""Calls of registration that succeed with the right key, each made anew: what an agency sends, has and decides."""

import itertools
from collections.abc import Callable
from typing import Any

from tests.attacks.matrix import SECRET, Prepare
from tests.integration import registration_world
from tests.integration.test_registration_partners import enrolment, listing

ADMIN = {"authorization": f"Bearer {registration_world.ADMIN}"}


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
        for agency in ("own", "foreign", "sister"):
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
