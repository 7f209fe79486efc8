"""An agency's keys: what they are for, how they are replaced, how often and how much at once they may be used."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.registration.web import home as home_page
from services.registration.web import keys as keys_page
from shared.jakarta import beginning_of, today
from shared.key_use import KeyUse
from tests import stack
from tests.integration.registration_pages import visiting
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import listing
from tests.waiting import eventually

EVERYTHING = {"authorization": f"Bearer {ADMIN}"}


@pytest.fixture(scope="module")
async def here(postgres: str, kafka: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, "agencykeys.") as made:
        yield made
    await stack.drop(postgres, database)


_agencies = (f"kantor-{number}" for number in range(1000))


@pytest.fixture
async def own(here: World) -> str:
    return await here.agency(next(_agencies))


async def issue(here: World, agency: str, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = await here.http.post(f"/v1/agencies/{agency}/keys", json=body, headers=EVERYTHING)
    assert answer.status_code == status, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def ask(here: World, key: str, method: str, path: str, **more: Any) -> httpx.Response:
    return await here.http.request(method, path, headers={"authorization": f"Bearer {key}"}, **more)


async def test_a_key_says_what_it_is_for_and_what_it_may_do_in_words(here: World, own: str) -> None:
    made = await issue(here, own, purpose="sinkronisasi SIDT", scopes=["read"])
    found = {each["key_id"]: each for each in await here.get("/v1/keys", own)}
    shown = found[made["key_id"]]
    assert (shown["purpose"], shown["state"], shown["is_this"]) == ("sinkronisasi SIDT", "live", False)
    assert [text.split()[0] for text in (*shown["may"]["en"], *shown["may"]["id"])] == ["see", "melihat"]
    assert [each["is_this"] for each in found.values()].count(True) == 1
    listed = (await here.http.get(f"/v1/agencies/{own}/keys", headers=EVERYTHING)).json()
    assert [{k: v for k, v in each.items() if k != "is_this"} for each in found.values()] == listed
    assert made["key"] not in str(listed)


async def test_the_administrators_form_issues_a_key_until_a_day_or_says_what_is_wrong(here: World, own: str) -> None:
    async with visiting(here, None) as admin:
        last = today() + timedelta(days=30)
        shown = await admin.post("/agency-keys", {"agency": own, "purpose": "ponsel", "until": last.isoformat()})
        assert (shown.status_code, shown.text.count("pyk_") > 1) == (200, True)
        (key,) = [each for each in await here.get("/v1/keys", own) if each["purpose"] == "ponsel"]
        assert datetime.fromisoformat(key["expires_at"]) == beginning_of(last + timedelta(days=1))
        for until in ("2020-01-01", "9999-12-31", "besok", (today() + timedelta(days=800)).isoformat()):
            wrong = await admin.post("/agency-keys", {"agency": own, "purpose": "dua", "until": until})
            assert wrong.status_code == 422, until
            assert "at most two years ahead" in wrong.text
            assert f'value="{until}"' in wrong.text, "what was written stays"
        wrong = await admin.post("/agency-keys", {"agency": own, "purpose": "p" * 201})
        assert (wrong.status_code, "at most 200 characters" in wrong.text) == (422, True)
        wrong = await admin.post("/agency-keys", {"agency": own, "kafka": "on"})
        assert (wrong.status_code, "has no users" in wrong.text) == (422, True)
        wrong = await admin.post("/agency-keys", {"agency": own, "inbound": "on", "read": "on"})
        assert (wrong.status_code, "lacks the scope &#39;inbound&#39;" in wrong.text) == (422, True)
        assert re.search(r'name="read" checked', wrong.text), "what was chosen stays"
        await admin.post("/agency-keys", {"agency": own, "purpose": "melihat", "read": "on"})
        keys = await here.get("/v1/keys", own)
        assert [each["scopes"] for each in keys if each["purpose"] == "melihat"] == [["read"]]
    assert len(await here.get("/v1/keys", own)) == 3


async def test_two_keys_for_one_purpose_are_live_and_others_are_as_many_as_wanted(here: World, own: str) -> None:
    first = await issue(here, own, purpose="impor")
    await issue(here, own, purpose="impor")
    assert (await issue(here, own, 409, purpose="impor"))["field"] == "purpose"
    for _ in range(3):
        await issue(here, own)
    await here.http.delete(f"/v1/agencies/{own}/keys/{first['key_id']}", headers=EVERYTHING)
    await issue(here, own, purpose="impor")


async def test_a_key_is_replaced_without_a_gap_and_the_old_one_ends_everywhere(here: World, own: str) -> None:
    old = here.keys[own]
    (key_id,) = [each["key_id"] for each in await here.get("/v1/keys", own)]
    ends_at = datetime.now(UTC) + timedelta(seconds=2)
    answer = await ask(here, old, "POST", f"/v1/keys/{key_id}/rotate", json={"ends_at": ends_at.isoformat()})
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert (new["replaces"], datetime.fromisoformat(new["old_ends_at"])) == (key_id, ends_at)
    again = await ask(here, old, "POST", f"/v1/keys/{key_id}/rotate")
    assert again.status_code in (409, 401)
    for key in (new["key"],):
        assert (await ask(here, key, "GET", "/v1/lists")).status_code == 200

    async def ended() -> bool:
        answer = await ask(here, old, "GET", "/v1/lists")
        return answer.status_code == 401 and answer.json()["code"] == "key_expired"

    await eventually(ended)
    events = [fact for fact in (await here.facts("access"))[key_id] if fact]
    assert datetime.fromisoformat(events[-1]["expires_at"]) == ends_at
    trail = (await here.http.get("/v1/audit", params={"action": "key.rotated"}, headers=EVERYTHING)).json()["items"]
    assert {"key": new["key_id"], "replaces": key_id} in [each["subjects"] for each in trail]


async def test_a_key_gives_itself_no_right_and_no_time(here: World, own: str) -> None:
    ends = datetime.now(UTC) + timedelta(hours=1)
    guest = await issue(here, own, scopes=["read"], expires_at=ends.isoformat())
    (main,) = [each["key_id"] for each in await here.get("/v1/keys", own) if each["is_this"]]
    for method, path in (("POST", f"/v1/keys/{main}/rotate"), ("DELETE", f"/v1/keys/{main}")):
        assert (await ask(here, guest["key"], method, path)).status_code == 403
    renewed = await ask(here, guest["key"], "POST", f"/v1/keys/{guest['key_id']}/rotate")
    assert (renewed.json()["scopes"], datetime.fromisoformat(renewed.json()["expires_at"])) == (["read"], ends)
    other = await here.agency(next(_agencies))
    for method, path in (("POST", f"/v1/keys/{main}/rotate"), ("DELETE", f"/v1/keys/{main}")):
        assert (await ask(here, here.keys[other], method, path)).status_code == 404
    assert (await ask(here, guest["key"], "DELETE", f"/v1/keys/{renewed.json()['key_id']}")).status_code == 204
    for body in ({"ends_at": "2020-01-01T00:00:00Z"}, {"ends_at": "2999-01-01T00:00:00Z"}, {"days": 3}):
        answer = await here.http.post(f"/v1/keys/{main}/rotate", json=body, headers=here.bearer(own))
        assert answer.status_code == 422, body


async def test_its_last_use_is_known_after_a_restart(here: World, own: str) -> None:
    await here.get("/v1/lists", own)
    await KeyUse(here.app.state.keys).step()
    (shown,) = await here.get("/v1/keys", own)
    assert datetime.fromisoformat(shown["last_used_at"]) > datetime.now(UTC) - timedelta(minutes=5)


async def test_a_key_is_told_its_limit_and_refused_beyond_it(here: World, own: str) -> None:
    answer = await here.http.get("/v1/lists", headers=here.bearer(own))
    assert answer.headers["ratelimit-limit"] == "300000"
    changed = await here.http.patch(f"/v1/agencies/{own}", json={"requests_per_minute": 5}, headers=EVERYTHING)
    assert changed.json()["requests_per_minute"] == 5
    answers = [await here.http.get("/v1/lists", headers=here.bearer(own)) for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {200, 429}
    assert int(refused[0].headers["retry-after"]) in range(1, 61)
    assert (refused[0].json()["code"], refused[0].headers["ratelimit-remaining"]) == ("too_many_requests", "0")
    other = await here.agency(next(_agencies))
    assert (await here.http.get("/v1/lists", headers=here.bearer(other))).status_code == 200
    await here.http.patch(f"/v1/agencies/{own}", json={"requests_per_minute": None}, headers=EVERYTHING)
    assert (await here.http.get("/v1/lists", headers=here.bearer(own))).headers["ratelimit-limit"] == "300000"
    facts = (await here.facts("access")).values()
    assert [
        each["requests_per_minute"] for events in facts for each in events if each and each.get("agency") == own
    ] == [*(None, 5, None)]
    for body in ({"requests_per_minute": 0}, {"scopes": ["enroll"]}, {"name": ""}):
        answer = await here.http.patch(f"/v1/agencies/{own}", json=body, headers=EVERYTHING)
        assert answer.status_code == 422, body


async def test_one_agencys_many_large_batches_hold_nobody_elses_request_back(here: World, own: str) -> None:
    other = await here.agency(next(_agencies))
    batches = [
        [
            here.event("partner.listed", listing(f"Toko {n} {i}", ref=f"F{n}-{i}", list="besar"), source=f"/{own}")
            for i in range(400)
        ]
        for n in range(64)
    ]
    sending = [asyncio.create_task(here.post(batch, agency=own)) for batch in batches]
    writer = here.app.state.services.writer
    await eventually(lambda: writer.detail()["waiting"] > 0 or all(task.done() for task in sending))
    for n in range(5):
        event = here.event("partner.listed", listing(f"Warung {n}", ref=f"S{n}"), source=f"/{other}")
        assert (await here.post(event, agency=other)).status_code == 202
    waiting = sum(not task.done() for task in sending)
    assert waiting > 32, "five requests of another agency took no longer than half of the batches"
    answers = await asyncio.gather(*sending)
    assert {answer.status_code for answer in answers} == {202}


async def test_uploads_of_agencies_are_worked_off_by_turns(here: World, own: str) -> None:
    other = await here.agency(next(_agencies))
    lines = "".join(f"Toko Giliran {n};{n:03};33.11\n" for n in range(200))

    async def upload(agency: str, name: str) -> str:
        files = {"file": ("daftar.csv", f"nama usaha;ref;kab_kota\n{lines}".encode(), "text/csv")}
        data = {"kind": "partners", "list_date": "2021-01-31", "list": name}
        answer = await here.http.post("/v1/imports", data=data, files=files, headers=here.bearer(agency))
        assert answer.status_code == 202, answer.text
        return answer.headers["location"]

    many = [await upload(own, f"daftar {n}") for n in range(8)]
    one = await upload(other, "daftar")
    await here.done(one, other)
    ended = await here.pool.fetchval(
        "select count(*) from import where agency = $1 and finished_at < "
        "(select finished_at from import where agency = $2)",
        *(own, other),
    )
    for each in many:
        await here.done(each, own)
    created = await here.pool.fetchval(
        "select count(*) from import i where agency = $1 and finished_at < "
        "(select created_at from import where agency = $2)",
        *(own, other),
    )
    assert ended <= created + 2, "at most the one under way, and the one before, end before the other agency's"


async def test_the_administrator_is_shown_some_agencies_and_their_keys_at_a_time(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await here.agency(next(_agencies))
    monkeypatch.setattr(keys_page, "SHOWN", 2)
    slugs = [row["slug"] for row in await here.pool.fetch("select slug from agency order by slug")]
    async with visiting(here, None) as person:
        first = await person.get("/keys")
        assert all(f'<option value="{slug}">' in first for slug in slugs)
        assert [slug for slug in slugs if f'id="keys-{slug}"' in first] == slugs[:2]
        assert f'href="/keys?after={slugs[1]}"' in first
        following = await person.get("/keys", after=slugs[1])
        assert [slug for slug in slugs if f'id="keys-{slug}"' in following] == slugs[2:4]
        last = await person.get("/keys", after=slugs[-2])
        assert 'rel="next"' not in last
        monkeypatch.setattr(home_page, "AGENCIES", 2)
        first = await person.get("/")
        assert [slug for slug in slugs if f'<th scope="row">{slug}</th>' in first] == slugs[:2]
        assert f'href="/?after={slugs[1]}#agencies"' in first
        following = await person.get("/", after=slugs[1])
        assert [slug for slug in slugs if f'<th scope="row">{slug}</th>' in following] == slugs[2:4]
