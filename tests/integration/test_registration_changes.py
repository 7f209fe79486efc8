"""What an agency's own system learns of its partners: asked for by cursor, or sent to it."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.registration.feed.webhooks import Webhooks
from services.registration.retention import Retention
from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import enrolment, listing
from tests.integration.webhook_receiver import Receiver, receiver
from tests.waiting import eventually

EVERYTHING = {"authorization": f"Bearer {ADMIN}"}


@pytest.fixture(scope="module")
async def here(postgres: str, kafka: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, "changes.", webhooks_allow_local=True) as made:
        yield made
    await stack.drop(postgres, database)


_agencies = (f"dinas-{number}" for number in range(1000))


@pytest.fixture
async def own(here: World) -> str:
    """An agency of this test."""
    return await here.agency(next(_agencies))


async def asked(here: World, agency: str, cursor: str = "", **params: str) -> tuple[list[tuple[Any, ...]], str]:
    page = await here.get("/v1/changes", agency, cursor=cursor, **params)
    return [(each["what"], each["refs"], each["since"]) for each in page["items"]], page["next_cursor"]


async def listed(here: World, agency: str, ref: str, **more: Any) -> str:
    """The partner of a listing of the agency."""
    event = here.event("partner.listed", listing(f"Toko {agency} {ref}", ref=ref, **more), source=f"/{agency}")
    answer = await here.send(event, agency=agency)
    return str(answer["partners"][event["id"]])


async def insured(here: World, agency: str, number: str, **partner: str) -> None:
    await here.send(
        here.event("enrollment.registered", enrolment(number, **partner), source=f"/{agency}"), agency=agency
    )


async def test_an_agency_is_told_what_became_of_its_partners_in_order(here: World, own: str) -> None:
    nib = "0000100001101"
    partner = await listed(here, own, "A-1", nib=nib)
    office = await here.agency(next(_agencies))
    await insured(here, office, "F1", nib=nib)
    lapse = {"participant_no": "F1", "effective_on": "2021-06-01", "reason": "ended"}
    await here.send(here.event("enrollment.lapsed", lapse, source=f"/{office}"), agency=office)
    await here.send(
        here.event(
            "enrollment.changed", enrolment("F1", nib=nib) | {"effective_on": "2021-09-01"}, source=f"/{office}"
        ),
        agency=office,
    )
    found, cursor = await asked(here, own)
    assert found == [
        ("registered", ["A-1"], "2021-03-01"),
        ("lapsed", ["A-1"], "2021-06-01"),
        ("reinstated", ["A-1"], "2021-09-01"),
    ]
    page = await here.get("/v1/changes", own)
    assert {each["partner_id"] for each in page["items"]} == {partner}
    assert not page["has_more"]
    assert (await asked(here, own, cursor))[0] == []
    assert (await asked(here, office))[0] == []
    await here.http.delete(f"/v1/partners/{partner}", headers=EVERYTHING)
    assert (await asked(here, own, cursor))[0] == [("erased", ["A-1"], None)]


async def test_pages_follow_each_other_without_a_gap_or_twice(here: World, own: str) -> None:
    for number in range(5):
        nib = f"00001000012{number:02}"
        await listed(here, own, f"P-{number}", nib=nib)
        await insured(here, own, f"P{number}", nib=nib)
    found, cursor = await asked(here, own, limit="2")
    while (page := await asked(here, own, cursor, limit="2"))[0]:
        found, cursor = found + page[0], page[1]
    assert [refs for _, refs, _ in found] == [[f"P-{number}"] for number in range(5)]


async def test_a_merge_a_split_and_a_delisting_name_the_other_id(here: World, own: str) -> None:
    first = await listed(here, own, "M-1", nib="0000100001301", list="a")
    second = await listed(here, own, "M-2", nik="3311024908000013", list="b")
    await listed(here, own, "M-3", nib="0000100001301", nik="3311024908000013", list="c")
    items = (await here.get("/v1/changes", own))["items"]
    assert [(each["what"], each["partner_id"], each["merged_into"]) for each in items] == [("merged", second, first)]
    assert items[0]["refs"] == ["M-1", "M-2", "M-3"]
    cursor = (await here.get("/v1/changes", own))["next_cursor"]
    removed = here.event("partner.delisted", {"partner": {"ref": "M-3"}, "list": "c"}, source=f"/{own}")
    await here.send(removed, agency=own)
    (split,) = (await here.get("/v1/changes", own, cursor=cursor))["items"]
    assert (split["what"], split["split_from"], split["refs"]) in (
        ("split", first, ["M-2"]),
        ("split", first, ["M-1"]),
    )


async def test_who_lists_what_is_registered_already_is_told_so(here: World, own: str) -> None:
    await insured(here, own, "E1", nib="0000100001401")
    assert (await asked(here, own))[0] == []
    await listed(here, own, "E-1", nib="0000100001401")
    assert (await asked(here, own))[0] == [("registered", ["E-1"], "2021-03-01")]


async def test_a_ref_that_is_a_persons_number_is_not_repeated(here: World, own: str) -> None:
    await listed(here, own, "3311024908000015", nib="0000100001501")
    await insured(here, own, "N1", nib="0000100001501")
    assert (await asked(here, own))[0] == [("registered", [], "2021-03-01")]


async def test_a_request_waits_for_the_next_change_and_no_other_agency_is_shown_it(here: World, own: str) -> None:
    other = await here.agency(next(_agencies))
    await listed(here, own, "W-1", nib="0000100001601")
    latest = (await here.get("/v1/changes", own, cursor="latest"))["next_cursor"]
    waiting = asyncio.create_task(asked(here, own, latest, wait="30"))
    theirs = asyncio.create_task(asked(here, other, wait="1"))
    await eventually(lambda: own in here.app.state.services.watch._waiting)
    await insured(here, own, "W1", nib="0000100001601")
    assert (await waiting)[0] == [("registered", ["W-1"], "2021-03-01")]
    assert (await theirs)[0] == []


async def test_only_so_many_requests_of_an_agency_wait(here: World, own: str) -> None:
    waiting = [asyncio.create_task(asked(here, own, wait="30")) for _ in range(8)]
    await eventually(lambda: len(here.app.state.services.watch._waiting.get(own, ())) == 8)
    answer = await here.http.get("/v1/changes", params={"wait": "5"}, headers=here.bearer(own))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    for each in waiting:
        each.cancel()


async def test_a_cursor_is_its_agencys_own_and_one_that_is_too_old_says_so(here: World, own: str) -> None:
    _, theirs = await asked(here, await here.agency(next(_agencies)))
    for cursor in ("x", "5", theirs, theirs[:-3] + "AAA", "é", "A" * 400):
        answer = await here.http.get("/v1/changes", params={"cursor": cursor}, headers=here.bearer(own))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value"), cursor
    await listed(here, own, "O-1", nib="0000100001701")
    _, before = await asked(here, own)
    await insured(here, own, "O1", nib="0000100001701")
    await here.pool.execute("update change set recorded_at = now() - interval '31 days'")
    await Retention(here.pool, 90, 30).expire()
    answer = await here.http.get("/v1/changes", params={"cursor": before}, headers=here.bearer(own))
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_gone")
    assert (await asked(here, own))[0] == []


async def hook(here: World, agency: str, to: Receiver, **more: Any) -> dict[str, Any]:
    answer = await here.http.post("/v1/webhooks", json={"url": to.url} | more, headers=here.bearer(agency))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def state(here: World, agency: str) -> dict[str, Any]:
    (found,) = await here.get("/v1/webhooks", agency)
    return dict(found)


def signed(secret: str, headers: dict[str, str], body: bytes) -> str:
    """As docs/sending.md shows it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


async def test_changes_are_delivered_signed_and_in_order(here: World, own: str) -> None:
    async with receiver() as to:
        made = await hook(here, own, to, events=["registered", "erased"])
        partners = [await listed(here, own, f"H-{n}", nib=f"00001000018{n:02}") for n in range(3)]
        for n in range(3):
            await insured(here, own, f"H{n}", nib=f"00001000018{n:02}")
        lapse = {"participant_no": "H0", "effective_on": "2021-06-01", "reason": "ended"}
        await here.send(here.event("enrollment.lapsed", lapse, source=f"/{own}"), agency=own)
        await here.http.delete(f"/v1/partners/{partners[0]}", headers=EVERYTHING)
        await eventually(lambda: len(to.changes) == 4)
        assert [(each["what"], each["partner_id"]) for each in to.changes] == [
            *(("registered", partner) for partner in partners),
            ("erased", partners[0]),
        ]
        for delivery in to.received:
            assert delivery.headers["webhook-signature"] == signed(made["secret"], delivery.headers, delivery.body)
            assert b"Toko" not in delivery.body
        assert len({delivery.id for delivery in to.received}) == len(to.received)
        shown = await eventually(lambda: _idle(here, own))
        assert (shown["state"], shown["last_error"]) == ("active", None)
        assert "secret" not in shown


async def _idle(here: World, agency: str) -> dict[str, Any] | None:
    shown = await state(here, agency)
    return shown if shown["waiting"] == 0 and shown["last_delivered_at"] else None


async def _failing(here: World, agency: str) -> dict[str, Any] | None:
    shown = await state(here, agency)
    return shown if shown["last_error"] else None


async def due(here: World, agency: str) -> None:
    """The next attempt is due now."""
    await here.pool.execute("update webhook set next_attempt_at = now() where agency = $1", agency)


async def test_what_fails_is_tried_again_as_the_same_delivery_and_paused_after_days(here: World, own: str) -> None:
    async with receiver() as to:
        to.head = "302 Found\r\nlocation: http://127.0.0.1:1/elsewhere"
        made = await hook(here, own, to)
        await listed(here, own, "R-1", nib="0000100001901")
        await insured(here, own, "R1", nib="0000100001901")
        shown = await eventually(lambda: _failing(here, own))
        assert (shown["state"], shown["last_error"], shown["waiting"]) == ("failing", "The receiver answered 302.", 1)
        await insured(here, own, "R1", nib="0000100001901")
        await here.pool.execute(
            "update webhook set failing_since = now() - interval '4 days', next_attempt_at = now() where agency = $1",
            own,
        )
        await eventually(lambda: _is(here, own, "paused"))
        assert len({delivery.id for delivery in to.received}) == 1
        assert (await state(here, own))["reason"] == "The receiver answered 302."
        to.head = "200 OK"
        path = f"/v1/webhooks/{made['id']}"
        answer = await here.http.post(f"{path}/resume", headers=here.bearer(own))
        assert answer.json() == {"id": made["id"], "state": "active", "missed": False}
        await eventually(lambda: _idle(here, own))
        assert len({delivery.id for delivery in to.received}) == 1


async def _is(here: World, agency: str, wanted: str) -> bool:
    return bool((await state(here, agency))["state"] == wanted)


async def test_a_receiver_that_is_gone_for_good_is_paused_at_once(here: World, own: str) -> None:
    async with receiver() as to:
        to.head = "410 Gone"
        made = await hook(here, own, to)
        await listed(here, own, "G-1", nib="0000100002001")
        await insured(here, own, "G1", nib="0000100002001")
        await eventually(lambda: _is(here, own, "paused"))
        path = f"/v1/webhooks/{made['id']}"
        skipping = await here.http.post(f"{path}/resume", headers=here.bearer(own), json={"skip_waiting": True})
        assert skipping.status_code == 200
        shown = await state(here, own)
        assert (shown["state"], shown["waiting"]) == ("active", 0)


async def test_two_instances_deliver_once_and_a_killed_ones_lease_is_taken_over(here: World, own: str) -> None:
    services = here.app.state.services
    async with receiver() as to:
        to.goes_on.clear()
        await hook(here, own, to)
        await listed(here, own, "L-1", nib="0000100002101")
        await insured(here, own, "L1", nib="0000100002101")
        await eventually(lambda: len(to.received) == 1)
        other = Webhooks(here.pool, services.vault, services.webhooks._receivers, _Uncounted())  # type: ignore[arg-type]
        await other.step()
        assert not other._running
        # The first instance is killed: nothing of what it goes on to do is noted.
        await here.pool.execute("update webhook set lease_until = now() - interval '1 second' where agency = $1", own)
        await eventually(lambda: _again(other, to))
        to.goes_on.set()
        await eventually(lambda: _idle(here, own))
        await other.close()
        assert len({delivery.id for delivery in to.received}) == 1


async def _again(other: Webhooks, to: Receiver) -> bool:
    await other.step()
    return len(to.received) >= 2


class _Uncounted:
    def counter(self, *_: Any) -> Any:
        return self

    labels = counter

    def inc(self) -> None: ...


async def test_a_webhook_is_its_agencys_own_and_its_keys(here: World, own: str) -> None:
    async with receiver() as to:
        made = await hook(here, own, to)
        path = f"/v1/webhooks/{made['id']}"
        other = await here.agency(next(_agencies))
        for method, address in (("DELETE", path), ("POST", f"{path}/test"), ("POST", f"{path}/resume")):
            answer = await here.http.request(method, address, headers=here.bearer(other))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        tested = await here.http.post(f"{path}/test", headers=here.bearer(own))
        assert (tested.json()["delivered"], tested.json()["status"]) == (True, 204)
        assert json.loads(to.received[0].body)["type"] == "test"
        key = (await state(here, own))["key_id"]
        await here.http.delete(f"/v1/agencies/{own}/keys/{key}", headers=EVERYTHING)
        issued = await here.http.post(f"/v1/agencies/{own}/keys", headers=EVERYTHING)
        here.keys[own] = issued.json()["key"]
        shown = await state(here, own)
        assert (shown["state"], shown["reason"]) == ("paused", "its key was revoked")
        assert (await here.http.delete(path, headers=here.bearer(own))).status_code == 204
        assert await here.get("/v1/webhooks", own) == []


async def test_an_agency_has_so_many_webhooks_and_unknown_fields_are_refused(here: World, own: str) -> None:
    async with receiver() as to:
        for _ in range(5):
            await hook(here, own, to)
        for body, status in (
            ({"url": to.url}, 409),
            ({"url": to.url, "secret": "x"}, 422),
            ({"url": to.url, "events": ["listed"]}, 422),
            ({"url": to.url, "events": []}, 422),
            ({"url": "https://user:x@example.id/"}, 422),
        ):
            answer = await here.http.post("/v1/webhooks", json=body, headers=here.bearer(own))
            assert answer.status_code == status, body


async def test_only_public_https_addresses_are_taken_unless_the_operator_allows_others(
    database: stack.Database, kafka: str, topics: str
) -> None:
    async with world(database, kafka, topics) as strict:
        await strict.agency()
        for url in ("http://example.id/", "https://127.0.0.1/", "https://169.254.169.254/", "https://[::1]:8443/"):
            answer = await strict.http.post("/v1/webhooks", json={"url": url}, headers=strict.bearer("dinas"))
            assert (answer.status_code, answer.json()["field"]) == (422, "url"), url
        # A name is resolved at each delivery, and what it leads to is checked then.
        named = {"url": "https://localhost:8443/"}
        made = (await strict.http.post("/v1/webhooks", json=named, headers=strict.bearer("dinas"))).json()
        tested = await strict.http.post(f"/v1/webhooks/{made['id']}/test", headers=strict.bearer("dinas"))
        assert tested.json()["error"] == "The host's address is not a public one."


async def test_with_two_instances_a_follower_misses_nothing_and_gets_nothing_twice(
    database: stack.Database, kafka: str, topics: str
) -> None:
    async with world(database, kafka, topics) as one, world(database, kafka, topics) as other:
        await one.agency()
        other.keys, numbers = one.keys, range(24)
        for here in (one, other):
            here.sent = 1000 * (here is other)
        for n in numbers:
            await listed(one, "dinas", f"I-{n}", nib=f"00001000030{n:02}")
        sending = [
            asyncio.create_task(insured((one, other)[n % 2], "dinas", f"I{n}", nib=f"00001000030{n:02}"))
            for n in numbers
        ]
        found, cursor = await asked(other, "dinas")
        while not all(task.done() for task in sending):
            more, cursor = await asked(other, "dinas", cursor, wait="1", limit="3")
            found += more
        await asyncio.gather(*sending)
        while (page := await asked(one, "dinas", cursor))[0]:
            found, cursor = found + page[0], page[1]
        stored = await one.pool.fetch("select partner_id from change order by number")
        assert sorted(refs for _, refs, _ in found) == sorted([f"I-{n}"] for n in numbers)
        assert len(stored) == len(numbers)
