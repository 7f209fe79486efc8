"""Hostile facts on all topics: the consumer goes on, every route answers, nobody gets a message who should not."""

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.projections import YEARS, is_believable
from shared.bus.records import Outgoing
from shared.security import new_key
from tests.attacks.notifications_http import bearer, client_of
from tests.integration.notifications_world import Mailbox, World, a_world, partner_id
from tests.kafka_clients import open_consumer
from tests.stack import Database
from tests.waiting import eventually

CLOCKS = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"]
SECRET = "Siti Rahasia"


@pytest.fixture
async def world(database: Database, kafka: str, topics: str, mailbox: Mailbox) -> AsyncIterator[World]:
    smtp = f"smtp://127.0.0.1:{mailbox.port}"
    async with a_world(database, kafka, topics, smtp=smtp, mail_from="stop@payung.example") as made:
        yield made


def changed(event: Outgoing, **changes: Any) -> Outgoing:
    """The event with other values in its JSON, whatever the structs would allow."""
    return replace_value(event, json.dumps(json.loads(event.value or b"") | changes).encode())


def replace_value(event: Outgoing, value: bytes | None) -> Outgoing:
    return Outgoing(event.topic, event.key, event.type, event.id, event.time, value)


def handled(world: World) -> list[Outgoing]:
    """Odd, but of a meaning: applied."""
    partners = [world.partner(10 + n) for n in range(12)]
    chain = {"status": "merged", "listed_on": None}
    clocks = [f"{YEARS[0]}-01-02T00:00:00+14:00", f"{YEARS[-1]}-12-30T00:00:00-14:00"]
    events = [changed(partners[n], recorded_at=clock) for n, clock in enumerate(clocks)]
    events += [partners[2], changed(world.enrollment(12, ("2026-01-01", None)), recorded_at=clocks[1])]
    events += [world.contact(number) for number in (12, 16, 17, 18, 19)]
    events += [
        changed(partners[4], region="99.99"),
        changed(
            partners[5], lists=[{"agency": f"a{n}", "list": "l", "listed_on": "2026-11-01"} for n in range(10_000)]
        ),
        changed(partners[6], **chain, merged_into=partner_id(16)),
        changed(partners[7], **chain, merged_into=partner_id(18)),
        changed(partners[8], **chain, merged_into=partner_id(17)),
        changed(partners[9], **chain, merged_into=None),
        changed(partners[10], listed_on="9999-12-31"),
        changed(partners[11], version=2**31 - 1),
    ]
    periods = [{"from": "2020-01-01", "until": "2020-01-02"}] * 20_000
    extremes = [{"from": "0001-01-01", "until": "0001-01-02"}, {"from": "9999-12-30", "until": "9999-12-31"}]
    events += [changed(world.enrollment(30), periods=periods), changed(world.enrollment(31), periods=extremes[:1])]
    events += [changed(world.enrollment(32), periods=extremes[1:])]
    events += [changed(world.contact(10 + n), recorded_at=clock) for n, clock in enumerate(clocks)]
    events += [changed(world.contact(14), name=SECRET * 60_000), changed(world.contact(15), name="a\x00b\u2028")]
    return events


def refused(world: World) -> list[tuple[Outgoing, str]]:
    """Of no meaning here: dead letters, each with the reason."""
    secret = f"{SECRET} <a@b.cc>"
    makers = (world.partner, world.enrollment, world.contact)
    unbelievable = [
        (changed(make(70 + 10 * kind + n), recorded_at=clock), "malformed: `$.recorded_at`")
        for kind, make in enumerate(makers)
        for n, clock in enumerate([*CLOCKS, "1944-12-31T23:00:00Z", "2201-01-01T00:00:00Z"])
    ]
    return [
        *unbelievable,
        (changed(world.partner(50), region=None), "malformed: `$.region`"),
        (changed(world.partner(51), region=secret), "malformed: `$.region`"),
        (changed(world.partner(52), region="a\x00"), "malformed: `$.region`"),
        (changed(world.partner(53), kind=secret), "malformed: `$.kind`"),
        (changed(world.partner(54), version=2**31), "malformed: `$.version`"),
        (changed(world.partner(55), version=10**400), "malformed"),
        (changed(world.partner(56), version=-1), "malformed: `$.version`"),
        (changed(world.partner(57), status=secret), "malformed: `$.status`"),
        (changed(world.partner(58), lists=[{"agency": "a b"}]), "malformed: `$.lists[0].agency`"),
        (changed(world.partner(59), recorded_at="2026-11-23T03:00:00"), "malformed: `$.recorded_at`"),
        (changed(world.partner(60), listed_on="10000-01-01"), "malformed: `$.listed_on`"),
        (changed(world.contact(61), name="\ud800"), "malformed: not JSON"),
        (changed(world.contact(62), version=2**40), "malformed: `$.version`"),
        (changed(world.contact(63), language=secret), "malformed: `$.language`"),
        (replace_value(world.contact(64), b"[" * 100_000), "malformed"),
        (
            changed(world.enrollment(65), periods=[{"from": "2026-01-02", "until": "2026-01-01"}]),
            "malformed: `$.periods",
        ),
        (changed(world.enrollment(66), version=2**63), "malformed: `$.version`"),
        (replace_key(world.tombstone(67), "no-id"), "malformed: key"),
        (key_issued(hash="a\x00b"), "malformed: a text holds"),
        (key_issued(key_id=None), "malformed: `$.key_id`"),
    ]


def replace_key(event: Outgoing, key: str) -> Outgoing:
    return Outgoing(event.topic, key, event.type, event.id, event.time, event.value)


def key_issued(**changes: Any) -> Outgoing:
    key_id, _, digest = new_key()
    fields = {"key_id": key_id, "hash": digest, "recorded_at": "2026-11-23T03:00:00Z", "agency": "a"} | changes
    return Outgoing("access", key_id, "key.issued", f"k{key_id}", datetime.now(UTC), json.dumps(fields).encode())


async def dead_letters(world: World) -> dict[str, str]:
    """Key → reason."""
    names = [f"{world.settings.topic_prefix}{topic}.dlq" for topic in ("partners", "enrollments", "contacts", "access")]
    found: dict[str, str] = {}
    async with open_consumer(world.settings.kafka, *names) as reader:
        while records := await reader.getmany(timeout_ms=1500):
            for each in (record for chunk in records.values() for record in chunk):
                found[(each.key or b"").decode()] = dict(each.headers)["payung_reason"].decode()
    return found


async def test_the_consumer_survives_and_the_next_partner_is_planned_right(
    world: World, mailbox: Mailbox, service_log: io.StringIO
) -> None:
    good, bad = handled(world), refused(world)
    await world.publish(*good, *(event for event, _ in bad), within=60)
    await world.publish(world.partner(1), world.contact(1), within=60)
    assert await world.state(1) == "scheduled"
    reasons = await dead_letters(world)
    assert {event.key for event, _ in bad} == set(reasons)
    for event, reason in bad:
        assert reasons[event.key].startswith(reason), (event, reasons[event.key])
    shown = [await world.why(number) for number in (14, 16, 17, 18, 19)]
    assert shown == [
        "Its region is unknown here, and so are its contact hours.",
        *["Merged into another partner, which is reminded in its place."] * 4,
    ]
    times = await world.pool.fetch("select listed_known_at from partners where listed_known_at is not null")
    assert all(is_believable(row[0]) for row in times)
    assert await world.engine.rescheduler.apply_policy() in (True, False)

    client = client_of(world)
    async with client:
        for number in [*range(10, 22), *range(30, 33), *range(50, 68), *range(70, 96), 1]:
            answer = await client.get(f"/v1/partners/{partner_id(number)}/reminders", headers=bearer())
            assert answer.status_code in (200, 404), answer.text
        for path in ("/v1/plan", "/v1/policy", "/metrics", "/openapi.json"):
            answer = await client.get(path, headers=bearer())
            assert answer.status_code == 200, answer.text
            assert "Siti" not in answer.text
    await eventually(lambda: world.engine.consumer.status().ready)
    assert world.engine.consumer.status().live

    await world.until("2026-11-25")
    assert "p1@example.com" in mailbox.tried
    forbidden = {f"p{number}@example.com" for number in (11, 12, 14, *range(16, 20))}
    assert not forbidden & set(mailbox.tried)
    assert all(len(raw) < 10_000 for raw in mailbox.raw)
    assert "Siti" not in service_log.getvalue()
    assert "@example.com" not in service_log.getvalue()
    rows = await world.pool.fetch("select detail, message_id, template from history")
    assert not [row for row in rows if "@" in str(tuple(row))]


@pytest.mark.parametrize("clock", [*CLOCKS, "yesterday", "", "2026-11-23T00:00:00"])
async def test_a_tombstone_erases_whatever_its_clock_says(world: World, clock: str) -> None:
    from shared.bus.producer import Message

    await world.publish(world.partner(1), world.contact(1))
    headers = [("ce_type", b"contact.changed"), ("ce_id", b"x"), ("ce_time", clock.encode())]
    await world.producer.send([Message("contacts", partner_id(1).encode(), None, headers)])
    await world.caught_up()
    assert await world.pool.fetchval("select count(*) from contacts") == 0
    erased_at = await world.pool.fetchval("select erased_at from erased_contacts")
    assert abs(datetime.now(UTC) - erased_at) < timedelta(minutes=5), "not when it was published"


async def test_a_server_that_repeats_names_puts_them_nowhere(
    world: World, mailbox: Mailbox, service_log: io.StringIO
) -> None:
    mailbox.answers["p1@example.com"] = [f"550 5.1.1 <p1@example.com> {SECRET}: no such user"]
    mailbox.answers["p2@example.com"] = [f"554 5.7.1 <p2@example.com> {SECRET}: you may not"] * 99
    for number in (1, 2):
        await world.publish(world.partner(number), world.contact(number, name=SECRET, contact_person=SECRET))
    await world.until("2026-11-24")
    rows = [tuple(row) for number in (1, 2) for row in await world.history(number)]
    facts = await world.published(2)
    client = client_of(world)
    async with client:
        answers = [await client.get(f"/v1/partners/{partner_id(n)}/reminders", headers=bearer()) for n in (1, 2)]
        metrics = await client.get("/metrics")
    seen = [repr(rows), repr(facts), service_log.getvalue(), metrics.text, *(answer.text for answer in answers)]
    assert rows
    assert [text for text in seen if "Siti" in text or "@example" in text] == []
