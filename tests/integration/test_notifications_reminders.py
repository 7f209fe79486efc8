"""From facts on Kafka to reminders: the whole cadence, and everything that stops it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from services.notifications import app
from shared.bus.dead_letter_reader import read_dead_letters
from shared.database import migrate
from tests.integration.notifications_world import KNOWN, World, a_world, partner_id
from tests.stack import Database
from tests.waiting import eventually


@pytest.fixture
async def world(database: Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with a_world(database, kafka, topics) as made:
        yield made


async def test_three_reminders_then_a_field_agent(world: World) -> None:
    await world.publish(world.partner(1))
    assert await world.state() == "scheduled"
    await world.until("2026-12-20")
    assert await world.sent_days() == ["11-24", "11-30", "12-07", "12-14"]
    assert [row["template"] for row in await world.history()] == ["first", "second", "third", "escalation"]
    assert (await world.schedule())["state"] == "escalated"
    assert (await world.schedule())["due_at"] is None
    events = await world.published(4)
    assert [kind for kind, _ in events] == ["reminder.sent"] * 3 + ["task.opened"]
    assert {event.partner_id for _, event in events} == {partner_id(1)}
    assert {event.region for _, event in events} == {"36.71"}


async def test_an_enrolment_by_any_agency_stops_even_a_future_one(world: World) -> None:
    await world.publish(world.partner(1), world.partner(2))
    await world.until("2026-11-25")
    await world.publish(world.enrollment(1, ("2026-11-25", None)), world.enrollment(2, ("2027-02-01", None)))
    assert [await world.state(1), await world.state(2)] == ["stopped", "stopped"]
    await world.until("2026-12-20")
    assert await world.sent_days(1) == await world.sent_days(2) == ["11-24"]
    assert "from 2027-02-01" in await world.why(2)


async def test_registered_between_the_plan_and_the_second_of_sending(world: World) -> None:
    """The row is due and claimed, and the enrolment arrives: the facts read last decide."""
    await world.publish(world.partner(1))
    world.now = KNOWN + timedelta(days=1, hours=9)
    sender = world.engine.senders[0]
    claimed = await sender._claim()
    assert claimed == [partner_id(1)]
    await world.publish(world.enrollment(1, ("2026-11-24", None)))
    await sender._send(claimed)
    assert await world.history() == []
    assert await world.state() == "stopped"


async def test_a_lapse_starts_again(world: World) -> None:
    await world.publish(world.partner(1))
    await world.until("2026-11-24")
    await world.publish(world.enrollment(1, ("2026-11-24", None)))
    await world.until("2026-12-01")
    await world.publish(world.enrollment(1, ("2026-11-24", "2026-12-03")))
    assert await world.state() == "stopped"
    await world.until("2027-01-04")
    # Lapsed on Thursday 3 December: the day after, +7 (10), +14 (17); a week later Christmas Eve is a collective leave
    # day and Christmas a holiday.
    assert await world.sent_days() == ["11-24", "12-04", "12-10", "12-17", "12-26"]


async def test_a_lapse_that_becomes_known_late_counts_from_then(world: World) -> None:
    await world.publish(world.partner(1), world.enrollment(1, ("2026-01-01", None)))
    await world.until("2026-12-01")
    await world.publish(world.enrollment(1, ("2026-01-01", "2026-10-01")))
    await world.until("2026-12-02")
    assert await world.sent_days() == ["12-02"]


async def test_delisting_stops_and_a_new_listing_begins_anew(world: World) -> None:
    await world.publish(world.partner(1))
    await world.until("2026-11-24")
    await world.publish(world.partner(1, "partner.delisted", listed_on=None))
    assert await world.state() == "stopped"
    await world.until("2026-12-03")
    await world.publish(world.partner(1))
    await world.until("2026-12-05")
    assert await world.sent_days() == ["11-24", "12-04"]
    assert [row["step"] for row in await world.history()] == [1, 1]


async def test_an_old_version_changes_nothing(world: World) -> None:
    first = world.partner(1)
    await world.publish(first, world.partner(1, "partner.delisted", listed_on=None), first)
    assert await world.state() == "stopped"
    old = world.enrollment(1, ("2026-01-01", None))
    await world.publish(world.partner(1), world.enrollment(1), old)
    assert await world.state() == "scheduled"
    assert await world.pool.fetchval("select enrollment_version from partners") == 2


async def test_a_merged_partner_hands_over_its_history_and_its_opt_out(world: World) -> None:
    await world.publish(world.partner(1), world.partner(2))
    await world.until("2026-11-24")
    merged = world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None)
    await world.publish(merged, world.partner(1, "partner.updated"))
    assert await world.state(2) == "stopped"
    await world.until("2026-12-20")
    assert await world.sent_days(1) == ["11-24", "11-30", "12-07", "12-14"]
    assert await world.sent_days(2) == ["11-24"]


async def test_the_survivor_does_not_repeat_what_the_merged_one_got(world: World) -> None:
    """Partner 2 was listed and reminded twice; partner 1, a participant on no list, is the one first recorded."""
    await world.publish(world.partner(1, listed_on=None), world.partner(2))
    await world.until("2026-12-01")
    assert await world.sent_days(2) == ["11-24", "11-30"]
    # The survivor's own fact arrives first: it must not matter.
    await world.publish(world.partner(1, "partner.updated"))
    merged = world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None)
    await world.publish(merged)
    await world.until("2026-12-20")
    assert await world.sent_days(1) == ["12-07", "12-14"]
    assert [row["template"] for row in await world.history(1)] == ["third", "escalation"]


async def test_a_merge_alone_starts_nothing_again(world: World) -> None:
    """Both were listed; partner 2's lapse was known and it was reminded once; then its timeline moves to partner 1."""
    await world.publish(world.partner(1), world.partner(2), world.enrollment(2, ("2020-01-01", "2021-01-01")))
    await world.until("2026-11-28")
    merged = world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None)
    await world.publish(merged, world.enrollment(2), world.enrollment(1, ("2020-01-01", "2021-01-01")))
    await world.until("2026-12-01")
    assert await world.sent_days(1) == ["11-24", "11-30"]
    assert [row["step"] for row in await world.history(1)] == [1, 2]


async def test_an_opt_out_of_the_merged_one_holds_for_the_survivor(world: World) -> None:
    await world.publish(world.partner(1), world.partner(2))
    await world.pool.execute("insert into opt_outs values ($1, $2, 'by phone')", partner_id(2), world.now)
    merged = world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None)
    await world.publish(merged)
    assert await world.state(1) == "opted_out"
    split = world.partner(2, "partner.listed")
    await world.publish(split)
    assert [await world.state(1), await world.state(2)] == ["scheduled", "opted_out"]


async def test_a_chain_of_merges_in_any_order_ends_at_the_last(world: World) -> None:
    await world.publish(world.partner(1), world.partner(2), world.partner(3))
    into_one = world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None)
    into_two = world.partner(3, "partner.merged", status="merged", merged_into=partner_id(2), listed_on=None)
    await world.publish(into_one)
    await world.publish(into_two)
    await world.until("2026-11-24")
    assert [await world.sent_days(number) for number in (1, 2, 3)] == [["11-24"], [], []]


async def test_who_registered_during_an_outage_is_not_reminded_after_it(world: World) -> None:
    """The enrolment is on the log, not read yet, the reminder is due, and the service starts."""
    await world.publish(world.partner(1), world.partner(2))
    await world.engine.consumer.stop()
    await world.producer.publish([world.enrollment(1, ("2026-11-24", None))])
    world.now = KNOWN + timedelta(days=1, hours=9, minutes=30)
    started = app.build(world.settings, world.pool, clock=world.clock)
    assert await started.senders[0].send_due() == 0, "not all facts are applied"
    assert started.senders[0].status().detail["waits_for_facts"]
    assert await world.history(1) == await world.history(2) == []
    parts = (started.senders[0], started.consumer)
    running = [asyncio.ensure_future(part.run()) for part in parts]

    async def reminded() -> bool:
        return len(await world.history(2)) == 1

    await eventually(reminded, 20)
    await asyncio.gather(*(part.stop() for part in parts), *running)
    await started.backlog.close()
    assert (await world.history(1), await world.state(1)) == ([], "stopped")


async def test_while_the_log_does_not_answer_nothing_is_sent(world: World) -> None:
    await world.publish(world.partner(1))
    world.now = KNOWN + timedelta(days=1, hours=9, minutes=30)
    cut_off = app.build(world.settings.model_copy(update={"kafka": "127.0.0.1:1"}), world.pool, clock=world.clock)
    assert await cut_off.senders[0].send_due() == 0
    assert await world.history() == []
    assert await world.work() == 1


async def test_a_merge_whose_enrolment_is_still_on_its_way_sends_nothing(world: World) -> None:
    """Both facts are written at once, on two topics: the reminder of the survivor, long due, waits a minute."""
    await world.publish(world.partner(1), world.partner(2), world.partner(3), world.enrollment(2, ("2026-01-01", None)))
    world.now = KNOWN + timedelta(days=1, hours=9, minutes=30)
    merged = world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None)
    await world.publish(merged)
    assert await world.work() == 1, "only the one whom nothing touched"
    await world.publish(world.enrollment(2), world.enrollment(1, ("2026-01-01", None)))
    world.now += timedelta(minutes=2)
    await world.work()
    assert (await world.history(1), await world.state(1)) == ([], "stopped")
    assert len(await world.history(3)) == 1


async def test_a_database_of_before_reads_the_listings_again(world: World) -> None:
    await world.publish(world.partner(1), world.partner(2), world.partner(3))
    world.now += timedelta(days=3)
    await world.publish(world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None))
    await world.publish(world.partner(3, "partner.delisted", listed_on=None))
    shown = "select to_jsonb(p) - 'applied_at' as row from partners p order by partner_id"
    before = [row["row"] for row in await world.pool.fetch(shown)]
    await world.engine.consumer.stop()
    await world.pool.execute("alter table partners drop column applied_at, drop column agencies")
    formerly = "add column why text, add column channel text, add column template text"
    await world.pool.execute(f"alter table schedule {formerly}")
    await world.pool.execute("alter index partners_by_region rename to partners_region_partner_id_idx")
    await world.pool.execute("delete from migrations where name like any(array['0002%', '0005%'])")
    assert await migrate(world.pool, app.MIGRATIONS) == ["0002_settling_and_agencies.sql", "0005_narrow_rows.sql"]
    started = app.build(world.settings, world.pool, clock=world.clock)
    running = asyncio.ensure_future(started.consumer.run())
    await world.caught_up()
    assert [row["row"] for row in await world.pool.fetch(shown)] == before
    assert '"agencies": "a"' in before[0]
    await started.consumer.stop()
    await running


async def test_erasure_leaves_nothing_personal(world: World) -> None:
    await world.publish(world.partner(1), world.contact(1, contact_person="Ibu Contoh", phone="+628600000001"))
    await world.pool.execute("insert into opt_outs values ($1, $2, 'Ibu Contoh called')", partner_id(1), world.now)
    late = world.contact(1)
    await world.publish(world.tombstone(1), world.partner(1, "partner.erased", status="erased", listed_on=None))
    assert await world.state() == "stopped"
    await world.publish(late)
    dump = ""
    for table in ("contacts", "opt_outs", "schedule", "history", "partners", "outbox"):
        dump += str([tuple(row) for row in await world.pool.fetch(f"select * from {table}")])
    for personal in ("Usaha Misal", "Ibu Contoh", "@example.com", "+6286"):
        assert personal not in dump


async def test_a_contact_that_was_never_read_does_not_come_back_after_erasure(world: World) -> None:
    """It was a dead letter when the partner was erased; the dead letters of others stay."""
    lost = world.contact(1)
    garbled = [replace(lost, value=b"{Usaha Misal 1"), replace(world.contact(2), value=b"{Usaha Misal 2")]
    await world.publish(world.partner(1), world.partner(2), *garbled)
    assert await world.engine.dead_letter_eraser.erase() == 0
    world.now += timedelta(minutes=1)
    await world.publish(world.tombstone(1))
    assert await world.engine.dead_letter_eraser.erase() == 1
    (left,) = await read_dead_letters(world.settings.kafka, prefix=world.settings.topic_prefix)
    assert left.key == partner_id(2)
    await world.publish(lost)
    assert await world.pool.fetchval("select count(*) from contacts") == 0
    world.now += timedelta(minutes=1)
    await world.publish(world.contact(1))
    assert await world.pool.fetchval("select count(*) from contacts") == 1, "listed again, known again"


async def test_wit_partners_are_written_to_in_their_own_hours(world: World) -> None:
    await world.publish(world.partner(1, region="91.71"))
    due = (await world.schedule())["due_at"]
    local = due + timedelta(hours=9)
    assert (local.date().isoformat(), 8 <= local.hour < 19) == ("2026-11-24", True)


async def test_a_garbled_record_goes_to_the_dead_letters_and_the_rest_goes_on(world: World) -> None:
    broken = replace(world.partner(1), value=b'{"partner_id": 7')
    strange = replace(world.partner(2), value=b'{"partner_id": "not-a-uuid", "version": 1}')
    await world.publish(broken, strange, world.partner(3))
    assert await world.state(3) == "scheduled"
    assert await world.pool.fetchval("select count(*) from partners") == 1
    await eventually(lambda: world.engine.consumer.status().detail["dead_letters"] == 2)
