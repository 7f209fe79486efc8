"""The audit trail: an entry an act, in its transaction; no personal data, and no change goes unnoticed."""

import asyncio
import csv
import io
import json
from typing import Any

import asyncpg
import pytest

from services.registration import redaction
from tests import stack
from tests.attacks.three_services import namesake
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import NIB, NIK, listing

EVERYTHING = {"authorization": f"Bearer {ADMIN}"}


async def trail(here: World, **params: str) -> list[dict[str, Any]]:
    """The administrator's view, the oldest first."""
    answer = await here.http.get("/v1/audit", params={"limit": "1000"} | params, headers=EVERYTHING)
    return list(reversed(answer.json()["items"]))


async def call(here: World, method: str, path: str, status: int, admin: bool = False, **request: Any) -> Any:
    answer = await here.http.request(method, path, headers=EVERYTHING if admin else here.bearer("dinas"), **request)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer


async def test_every_act_is_noted_and_no_change_goes_unnoticed(
    database: stack.Database, kafka: str, topics: str
) -> None:
    async with world(database, kafka, topics) as here:
        await here.agency()
        await here.agency("lain")
        await acts(here)
        await own_entries_alone(here)
        await exported(here)
        await nothing_for_a_refused_act(here)
        await at_once(here)
        await unchangeable(here)


async def acts(here: World) -> None:
    sent = await here.send(
        here.event("partner.listed", listing("Rahasiawan", nib=NIB)),
        *(here.event("partner.listed", namesake(phone)) for phone in ("086000000001", "086000000002")),
    )
    (case,) = (await here.get("/v1/cases"))["items"]
    await call(here, "POST", f"/v1/cases/{case['id']}", 200, json={"decision": "different"})
    report = await here.upload(f"nama usaha;nik;kab_kota\nRahasiawan;{NIK}0;33.11\nRahasiawati;1;33.11\n", "partners")
    one, other = (await here.get("/v1/quarantine"))["items"]
    await call(here, "GET", f"/v1/imports/{report['id']}/rejected.csv", 200)
    await call(here, "GET", f"/v1/imports/{report['id']}/unregistered.csv", 200, admin=True)
    await call(here, "PUT", f"/v1/quarantine/{one['id']}", 200, json={"cells": {"nik": "2"}})
    await call(here, "DELETE", f"/v1/quarantine/{other['id']}", 204)
    await call(here, "DELETE", f"/v1/imports/{report['id']}", 200)
    key = await call(here, "POST", "/v1/agencies/dinas/keys", 201, admin=True)
    await call(here, "DELETE", f"/v1/agencies/dinas/keys/{key['key_id']}", 204, admin=True)
    await call(here, "DELETE", "/v1/sources", 204, admin=True, params={"source": "/dinas"})
    await call(here, "DELETE", f"/v1/partners/{sent['partners']['e1']}", 204)
    async with here.pool.acquire() as db:
        await redaction.redact(db, here.kafka, "Rahasiawan", prefix=here.prefix)
    found = [(each["actor"], each["action"]) for each in await trail(here)]
    assert found == [
        ("administrator", "agency.added"),
        ("administrator", "agency.added"),
        ("agency", "case.decided"),
        ("agency", "import.uploaded"),
        ("agency", "rejected.exported"),
        ("administrator", "unregistered.exported"),
        ("agency", "quarantine.corrected"),
        ("agency", "quarantine.deleted"),
        ("agency", "import.refused_rows_deleted"),
        ("administrator", "key.issued"),
        ("administrator", "key.revoked"),
        ("administrator", "source.released"),
        ("agency", "partner.erased"),
        ("command line", "statements.redacted"),
    ]
    text = str(await trail(here))
    assert not any(secret in text for secret in ("Rahasia", NIK, NIB))
    (decided,) = await trail(here, action="case.decided")
    assert decided["subjects"] == {"case": case["id"], "decision": "different", "kind": "possible_duplicate"}
    assert (decided["agency"], decided["key_id"]) == ("dinas", here.keys["dinas"].removeprefix("pyk_")[:8])


async def own_entries_alone(here: World) -> None:
    assert {each["action"] for each in (await here.get("/v1/audit", "lain"))["items"]} == {"agency.added"}
    own = (await here.get("/v1/audit"))["items"]
    assert {each["agency"] for each in own} == {"dinas"}
    assert "statements.redacted" not in {each["action"] for each in own}
    page = await here.get("/v1/audit", limit="5")
    found = page["items"]
    while page["next_cursor"]:
        page = await here.get("/v1/audit", limit="5", cursor=page["next_cursor"])
        found += page["items"]
    assert found == own
    for wrong in ("x", "-1", "9" * 30):
        answer = await here.http.get("/v1/audit", params={"cursor": wrong}, headers=here.bearer("dinas"))
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


async def exported(here: World) -> None:
    answer = await here.http.get("/v1/audit", params={"format": "csv"}, headers=EVERYTHING)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["action"] for row in rows] == [each["action"] for each in await trail(here)]
    lines = await here.http.get("/v1/audit", params={"format": "ndjson"}, headers=EVERYTHING)
    assert [json.loads(line) for line in lines.text.splitlines()] == await trail(here)
    book = await here.http.get("/v1/audit", params={"format": "xlsx"}, headers=EVERYTHING)
    assert book.content.startswith(b"PK")


async def nothing_for_a_refused_act(here: World) -> None:
    before = await trail(here)
    await call(here, "POST", "/v1/cases/00000000-0000-0000-0000-000000000000", 404, json={"decision": "same"})
    await call(here, "DELETE", "/v1/sources", 404, admin=True, params={"source": "/nobody"})
    body = {"slug": "dinas", "name": "Dinas", "regions": ["ID"], "scopes": ["read"]}
    await call(here, "POST", "/v1/agencies", 409, admin=True, json=body)
    assert await trail(here) == before


async def at_once(here: World) -> None:
    await asyncio.gather(*(call(here, "POST", "/v1/agencies/lain/keys", 201, admin=True) for _ in range(20)))
    found = await call(here, "GET", "/v1/audit/verify", 200, admin=True)
    entries = await trail(here)
    assert found == {"intact": True, "entries": len(entries), "head": entries[-1]["hash"], "broken_at": None}


async def unchangeable(here: World) -> None:
    for statement in (
        "update audit set action = 'key.issued' where number = 3",
        "delete from audit where number = 3",
        "truncate audit",
    ):
        with pytest.raises(asyncpg.RaiseError, match="only added to"):
            await here.pool.execute(statement)
    await here.pool.execute("alter table audit disable trigger audit_stays")
    await here.pool.execute("update audit set subjects = '{}' where number = 3")
    found = await call(here, "GET", "/v1/audit/verify", 200, admin=True)
    assert (found["intact"], found["broken_at"]) == (False, 3)
    await here.pool.execute("delete from audit where number = 3")
    found = await call(here, "GET", "/v1/audit/verify", 200, admin=True)
    assert (found["intact"], found["broken_at"]) == (False, 3)
