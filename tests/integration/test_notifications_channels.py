"""WhatsApp, SMS and e-mail to servers that really receive: fall-back, failures, digests, caps, replies and receipts."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.notifications import reasons
from shared import signatures
from shared.events import partners
from tests.attacks.notifications_http import bearer, client_of
from tests.integration.gateway_server import GatewayServer
from tests.integration.notifications_world import DAY, KNOWN, Mailbox, World, a_world, partner_id
from tests.stack import Database

AT_WORK = KNOWN + DAY + timedelta(hours=9, minutes=30)
"""Tuesday 19:30 in Jakarta: everybody's first message is due."""
PHONE = "+6286000000001"
SECRET = signatures.new_secret()


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayServer]:
    server = GatewayServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def world(
    database: Database, kafka: str, topics: str, mailbox: Mailbox, gateway: GatewayServer
) -> AsyncIterator[World]:
    settings = {
        "smtp": f"smtp://127.0.0.1:{mailbox.port}",
        "mail_from": "stop@payung.example",
        "whatsapp": gateway.url("wa"),
        "whatsapp_token": "t0ken",
        "sms": gateway.url("sms"),
        "inbound_secret": SECRET,
    }
    async with a_world(database, kafka, topics, **settings) as made:
        yield made


async def a_due_partner(world: World, *numbers: int, **contact: Any) -> None:
    world.now = KNOWN
    for number in numbers or (1,):
        fields = {"phone": f"+62860000000{number:02}", "email": None} | contact
        await world.publish(world.contact(number, **fields), world.partner(number))
    world.now = AT_WORK


async def outcomes(world: World, number: int = 1) -> list[tuple[str, str, bool]]:
    return [(row["channel"], row["outcome"], row["possibly_twice"]) for row in await world.history(number)]


async def test_the_first_channel_then_the_next_where_it_refuses_for_good(
    world: World, gateway: GatewayServer, mailbox: Mailbox
) -> None:
    gateway.answers["wa"] = [(422, {}, b'{"status": "refused"}')]
    gateway.answers["sms"] = [(410, {}, b"")]
    await a_due_partner(world, email="p1@example.com")
    await world.work()
    assert [body["channel"] for body in gateway.received] == ["whatsapp", "sms"]
    assert [mail["To"] for mail in mailbox.received] == ["p1@example.com"]
    assert await outcomes(world) == [("whatsapp", "failed", False), ("sms", "failed", False), ("email", "sent", False)]
    whatsapp, sms = gateway.received
    assert (whatsapp["to"], sms["to"], whatsapp["template"], whatsapp["language"]) == (PHONE, PHONE, "first", "id")
    assert len(sms["text"]) <= 160
    assert "STOP" in sms["text"]
    assert gateway.headers[0]["authorization"] == "Bearer t0ken"
    assert gateway.headers[0]["idempotency-key"] == whatsapp["id"] != sms["id"]
    await world.until("2026-12-01")
    assert len(gateway.received) == 2, "what was refused for good is not tried again"
    assert len(mailbox.received) == 2
    assert [kind for kind, _ in await world.published(4)] == ["reminder.failed"] * 2 + ["reminder.sent"] * 2


async def test_a_gateway_that_fails_in_all_ways_loses_nothing(world: World, gateway: GatewayServer) -> None:
    """Each attempt is repeated under the same id, and marked where the message may have left before."""
    gateway.answers["wa"] = [
        (500, {}, b"oops"),
        "drop",
        (429, {"Retry-After": "600"}, b""),
        (200, {"Content-Type": "text/html"}, b"<html>please log in</html>"),
        (401, {}, b'{"status": "accepted"}'),
    ]
    await a_due_partner(world)
    await world.work()
    assert (await outcomes(world), await world.state()) == ([("whatsapp", "delayed", True)], "scheduled")
    detail = world.engine.senders[0].status().detail
    assert (detail["down"], detail["server_down"]) == (["whatsapp"], True)
    await world.until("2026-11-25")
    assert gateway.sent("whatsapp") == [PHONE] * 6
    assert len({body["id"] for body in gateway.received}) == 1
    assert await outcomes(world) == [("whatsapp", "sent", True)]
    assert gateway.sent("sms") == [], "a passing failure is no reason for another channel"
    assert world.engine.senders[0].status().detail["down"] == []


async def test_a_provider_that_apprise_knows_is_tried_again_until_it_takes_the_message(
    database: Database, kafka: str, topics: str, gateway: GatewayServer
) -> None:
    """What it did not take is marked: apprise does not say whether it left. A refusal for good comes as a receipt."""
    number = PHONE.removeprefix("+")
    gateway.answers[number] = [(500, {}, b"oops"), (400, {}, b"")]
    settings = {"sms": f"json://127.0.0.1:{gateway.port}/{{to}}", "inbound_secret": SECRET}
    async with a_world(database, kafka, topics, **settings) as world, client_of(world) as client:
        await a_due_partner(world)
        await world.work()
        assert (await outcomes(world), await world.state()) == ([("sms", "delayed", True)], "scheduled")
        assert world.engine.senders[0].status().detail["down"] == ["sms"]
        await world.until("2026-11-25")
        assert gateway.paths == [number] * 3
        assert await outcomes(world) == [("sms", "sent", True)]
        sent = (await world.history(1))[0]["message_id"]
        assert (await deliver(client, message_id=sent, status="refused"))[1]["effect"] == "refused"
        await world.until("2026-12-05")
        assert len(gateway.paths) == 3, "the number is not written to again"
        assert (await world.state()) == "escalated", "somebody is asked to visit"


async def test_a_provider_that_is_down_does_not_keep_the_others_waiting(
    world: World, gateway: GatewayServer, mailbox: Mailbox
) -> None:
    await a_due_partner(world, 1, 2)
    await a_due_partner(world, 3, 4, phone=None, email="both@example.com")
    await gateway.stop()
    await world.work()
    assert [mail["To"] for mail in mailbox.received] == ["both@example.com"], "one message for both partners"
    assert [await world.state(number) for number in (1, 2)] == ["scheduled"] * 2
    await gateway.start()
    await world.until("2026-11-25")
    assert sorted(gateway.sent("whatsapp")) == ["+6286000000001", "+6286000000002"]


async def test_three_businesses_of_one_owner_get_one_message_a_day(world: World, gateway: GatewayServer) -> None:
    await a_due_partner(world, 1, 2, 3, phone=PHONE)
    world.now = KNOWN  # the first of them has its second, the others follow it
    await world.until("2026-11-24")
    (message,) = gateway.received
    assert all(f"Usaha Misal {number}" in message["text"] for number in (1, 2, 3))
    history = [(await world.history(number))[0] for number in (1, 2, 3)]
    assert {row["outcome"] for row in history} == {"sent"}
    assert {row["digest"] for row in history} == {message["id"]}
    assert [kind for kind, _ in await world.published(3)] == ["reminder.sent"] * 3
    await world.publish(world.contact(4, phone=PHONE, email=None), world.partner(4))
    await world.until("2026-12-20")
    per_day = {}
    for row in await world.pool.fetch("select at from contacted order by at"):
        per_day.setdefault((row["at"] + timedelta(hours=7)).date(), []).append(row["at"])
    assert all(len(each) == 1 for each in per_day.values())
    assert len(per_day) == len(gateway.received) <= 4, "no more than four within thirty days"


async def deliver(client: httpx.AsyncClient, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = await client.post("/v1/inbound", json=body, headers=bearer())
    return answer.status_code, answer.json()


async def test_a_reply_stops_the_address_for_all_its_partners_also_what_is_leased(
    world: World, gateway: GatewayServer
) -> None:
    await a_due_partner(world, 1, 2, phone=PHONE)
    await a_due_partner(world, 3)
    sender = world.engine.senders[0]
    claimed = await sender._claim()
    assert len(claimed) == 3
    async with client_of(world) as client:
        assert await deliver(client, text="jangan stop", **{"from": PHONE}) == (200, {"effect": "none", "partners": 0})
        stopped = await deliver(client, text="Stop. Terima kasih", **{"from": "0860-0000-0001"})
        assert stopped == (200, {"effect": "stopped", "partners": 2})
        assert (await deliver(client, text="STOP", **{"from": PHONE}))[1] == {"effect": "stopped", "partners": 0}
        await sender._send(claimed)
        assert gateway.sent("whatsapp") == ["+6286000000003"]
        assert [await world.state(number) for number in (1, 2)] == ["opted_out"] * 2
        await world.publish(world.contact(9, phone=PHONE, email=None), world.partner(9))
        assert await world.state(9) == "opted_out", "listed later, with the same address"
        assert "for whichever partner" in await world.why(9)
        kinds = [(kind, event.outcome) for kind, event in await world.published(3)]
        assert sorted(kinds)[:2] == [("contact.opted_out", "reply")] * 2
        body = {"partner_id": partner_id(3)}
        noted = await client.post("/v1/opt-outs", json=body, headers=bearer())
        assert (noted.status_code, noted.json()["also"]) == (201, [])
        for wrong, field in (
            ({"text": "STOP"}, "from"),
            ({"from": PHONE}, "text"),
            ({"from": "x" * 9, "text": "STOP"}, "from"),
            ({"status": "refused"}, "message_id"),
            ({"status": "lost", "message_id": "x"}, "status"),
            ({"form": PHONE}, "form"),
        ):
            status, answer = await deliver(client, **wrong)
            assert (status, answer["field"]) == (422, field), wrong


async def test_an_erased_person_is_not_contacted_when_it_is_listed_again(world: World, gateway: GatewayServer) -> None:
    """By the address and by the person, whichever of the two topics says first that it is erased; a merge is none."""
    person = {"person_key": "11111111-1111-1111-1111-111111111111"}
    await a_due_partner(world, 1, **person)
    await a_due_partner(world, 2)
    await a_due_partner(world, 3)
    world.now = KNOWN
    await world.publish(world.tombstone(1), world.tombstone(2), world.tombstone(3))
    await world.publish(world.partner(1, "partner.erased", status="erased", listed_on=None))
    await world.publish(world.partner(3, "partner.merged", status="merged", merged_into=partner_id(8), listed_on=None))
    world.now += timedelta(hours=1)
    again = {
        11: {"phone": PHONE},
        12: {"phone": "+6286000000099", **person},
        13: {"phone": "+6286000000003"},
        14: {"phone": "+6286000000002"},
    }
    for number, contact in again.items():
        await world.publish(world.contact(number, email=None, **contact), world.partner(number))
    states = [await world.state(number) for number in again]
    assert states == ["opted_out", "opted_out", "scheduled", "scheduled"]
    assert "erased" in await world.why(12)
    await world.until("2026-11-24")
    assert sorted(gateway.sent("whatsapp")) == ["+6286000000002", "+6286000000003"]
    dump = str([tuple(row) for row in await world.pool.fetch("select * from stops")])
    assert "8600000" not in dump
    assert person["person_key"] not in dump


async def test_a_stop_outlives_the_erasure_whoever_lists_the_person_again(world: World, gateway: GatewayServer) -> None:
    """It stays the one that was asked for, by the address in another spelling and by the person at another one."""
    person = {"person_key": "11111111-1111-1111-1111-111111111111"}
    await a_due_partner(world, 1, **person)
    async with client_of(world) as client:
        assert (await deliver(client, text="ＳＴＯＰ pak", **{"from": PHONE}))[1]["effect"] == "stopped"
    world.now = KNOWN
    await world.publish(world.tombstone(1), world.partner(1, "partner.erased", status="erased", listed_on=None))
    world.now += timedelta(hours=1)
    lists = (partners.Listing("another", "theirs", KNOWN.date()),)
    for number, contact in {11: {"phone": "0860 0000 0001"}, 12: {"phone": "+6286000000099", **person}}.items():
        await world.publish(world.contact(number, email=None, **contact), world.partner(number, lists=lists))
    assert [await world.state(number) for number in (11, 12)] == ["opted_out"] * 2
    assert await world.pool.fetchval("select kind from stops join contacts on key = phone_key") == "asked"
    await world.until("2026-11-26")
    assert gateway.received == []


async def test_one_address_is_not_written_to_more_often_because_more_agencies_list_it(
    world: World, gateway: GatewayServer
) -> None:
    """Six businesses of one owner, each listed by an agency of its own on another day, in other spellings."""
    spellings = ("+6286000000001", "0860-0000-0001", "6286000000001", "(0860) 0000 0001", "0860.0000.0001", PHONE)
    for number, phone in enumerate(spellings, 1):
        lists = (partners.Listing(f"agency-{number}", "list", KNOWN.date()),)
        await world.publish(world.contact(number, phone=phone, email=None), world.partner(number, lists=lists))
        world.now += DAY
    await world.until("2027-01-20")
    days = sorted(
        {(row["at"] + timedelta(hours=7)).date() for row in await world.pool.fetch("select at from contacted")}
    )
    assert len(days) == len(gateway.received) > 4, "never two on a day"
    for first in days:
        assert sum(first <= day < first + timedelta(days=30) for day in days) <= 4
    assert {body["to"] for body in gateway.received} == {PHONE}


async def test_what_a_provider_says_later_counts(world: World, gateway: GatewayServer, mailbox: Mailbox) -> None:
    await a_due_partner(world, 1)
    await a_due_partner(world, 2, phone=None, email="p2@example.com")
    await world.work()
    (message,) = gateway.received
    async with client_of(world) as client:
        assert (await deliver(client, status="delivered", message_id=message["id"]))[1]["effect"] == "delivered"
        assert [row["receipt"] for row in await world.history()] == ["delivered"]
        assert (await deliver(client, status="refused", message_id=message["id"]))[1] == {
            "effect": "refused",
            "partners": 1,
        }
        assert await outcomes(world) == [("whatsapp", "failed", False)]
        bounced = await deliver(client, status="5.1.1", channel="email", message_id=mailbox.received[0]["Message-ID"])
        assert bounced == (200, {"effect": "refused", "partners": 1})
        assert (await deliver(client, status="refused", message_id="reminder-1"))[1]["effect"] == "unknown"
        assert (await deliver(client, status="delayed", to=PHONE))[1]["effect"] == "unknown", "it no longer counts"
    await world.until("2026-12-10")
    assert gateway.sent("sms") == [PHONE] * 3, "the same step again, through the next channel, and the others"
    assert (await world.state(2), len(mailbox.received)) == ("escalated", 1), "no reminder 2 and 3"
    assert (await world.why(2)).startswith(reasons.ADDRESS_REFUSED)


async def test_a_signed_delivery_needs_no_key_and_has_its_effect_once(world: World) -> None:
    await a_due_partner(world)
    async with client_of(world) as client:
        body = json.dumps({"from": PHONE, "text": "STOP"}).encode()
        signed = signatures.headers(SECRET, "msg_1", int(time.time()), body)
        for headers, sent in (
            (signatures.headers(signatures.new_secret(), "msg_0", int(time.time()), body), body),
            (signed, body.replace(b"STOP", b"stop")),
            (signatures.headers(SECRET, "msg_0", int(time.time()) - 301, body), body),
            (signatures.headers(SECRET, "msg_0", int(time.time()) + 301, body), body),
            (signed | {"webhook-timestamp": "soon"}, body),
            (signed | {"webhook-timestamp": str(int(time.time()) + 1)}, body),
            (signed | {"webhook-id": "msg_9"}, body),  # the same once more, as if it were another
            (signed | {"webhook-signature": signed["webhook-signature"].removeprefix("v1,")}, body),
            (signed | {"webhook-signature": signed["webhook-signature"].replace("v1,", "v2,")}, body),
            (signed | {"webhook-signature": "v1, v1,="}, body),
            (signed | {"authorization": "Bearer pyk_x"}, body),
            ({"content-type": "application/json"}, body),
        ):
            answer = await client.post("/v1/inbound", content=sent, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        asked = await client.post("/v1/inbound?to=me", content=body, headers=signed)
        assert (asked.status_code, asked.json()["code"]) == (422, "unknown_parameter")
        assert await world.state() == "scheduled"
        sent_at_once = await asyncio.gather(
            *(client.post("/v1/inbound", content=body, headers=signed) for _ in range(6))
        )
        answers = sorted((answer.json() for answer in sent_at_once), key=str, reverse=True)
        assert answers == [{"effect": "stopped", "partners": 1}, *[{"effect": "duplicate", "partners": 0}] * 5]
        assert await world.state() == "opted_out"
        long = signatures.headers(SECRET, "msg_2", int(time.time()), b" " * 70_000)
        answer = await client.post("/v1/inbound", content=b" " * 70_000, headers=long)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        elsewhere = await client.get("/v1/policy", headers=signed)
        assert elsewhere.status_code == 401, "a signature opens nothing else"
