"""E-mail to a mail server that really receives: delivered, refused, put off, cut off; crashes in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import msgspec
import pytest

from services.notifications import reasons
from services.notifications.channels import Message, Outcome
from services.notifications.channels.log import LogChannel
from services.notifications.queries import queries
from services.notifications.sending import sender as sender_module
from services.notifications.sending.messages import message_id
from services.notifications.sending.sender import MAIL_PACE, Pace, Sender
from shared.bus.records import Outgoing
from shared.events.claims import Claim
from shared.span_export import exporting
from tests.integration.notifications_world import DAY, KNOWN, Mailbox, World, a_world, partner_id
from tests.otlp_collector import collecting
from tests.stack import Database
from tests.waiting import eventually

AT_WORK = KNOWN + DAY + timedelta(hours=9, minutes=30)
"""Tuesday 19:30 in Jakarta: everybody's first message is due."""


@pytest.fixture
async def world(database: Database, kafka: str, topics: str, mailbox: Mailbox) -> AsyncIterator[World]:
    smtp = f"smtp://127.0.0.1:{mailbox.port}"
    async with a_world(database, kafka, topics, smtp=smtp, mail_from="stop@payung.example") as made:
        yield made


async def a_due_partner(world: World, *numbers: int) -> None:
    for number in numbers or (1,):
        await world.publish(world.contact(number, contact_person="Siti Contoh"), world.partner(number))
    world.now = AT_WORK


async def test_the_mail_arrives_and_a_repeat_can_be_recognised(world: World, mailbox: Mailbox) -> None:
    await a_due_partner(world)
    await world.work()
    (mail,) = mailbox.received
    (row,) = await world.history()
    assert mail["To"] == "p1@example.com"
    assert mail["Message-ID"] == f"<{row['message_id']}@payung.example>"
    assert mail["Message-ID"] == f"<{message_id(partner_id(1), (KNOWN).date(), 1)}@payung.example>"
    assert "Bapak/Ibu Siti Contoh" in mail.get_content()
    assert partner_id(1) not in mail.as_string()
    assert (row["outcome"], row["attempts"], row["possibly_twice"]) == ("sent", 1, False)
    ((kind, event),) = await world.published(1)
    assert (kind, event.channel, event.template, event.causation) == (
        "reminder.sent",
        "email",
        "first",
        row["message_id"],
    )


async def test_a_mail_and_its_event_belong_to_the_trace_of_the_fact_that_it_follows_from(
    world: World, mailbox: Mailbox
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with collecting() as collector, exporting("notifications"):
        fact = msgspec.structs.replace(world.partner(1), traceparent=trace)
        await world.publish(world.contact(1), fact)
        world.now = AT_WORK
        await world.work()
    assert len(mailbox.received) == 1
    assert {name for _, name in collector.of(trace[3:35])} >= {"process partners", "send email"}
    waiting = await world.pool.fetch("select traceparent from outbox where topic = 'outreach'")
    assert {row["traceparent"] for row in waiting} <= {trace}


async def test_a_message_tells_what_was_paid_in_its_region_and_of_nobody(world: World, mailbox: Mailbox) -> None:
    """Of five or more claims, and of an amount the first two digits."""

    def claim(number: int, status: str = "paid", version: int = 1) -> Outgoing:
        paid = {"paid_on": date(2026, 11, number)} if status == "paid" else {}
        fact = Claim(
            claim_id=partner_id(1_000 + number),
            version=version,
            partner_id=partner_id(99),
            region="36.71",
            programme="JKM",
            segment="BPU",
            amount=41_812_345 + number,
            status=status,  # type: ignore[arg-type]
            occurred_on=date(2026, 10, 1),
            tenure_months=7,
            recorded_at=world.now,
            agency="bpjstk",
            **paid,
        )
        return world._event("claims", fact.claim_id, f"claim.{status}", fact)

    await world.publish(*map(claim, range(1, 7)), claim(1, "withdrawn", 2), claim(7, "filed"), claim(2))
    await a_due_partner(world, 1)
    await world.publish(world.contact(2), world.partner(2, region="33.11"))
    await world.work()
    texts = {mail["To"]: " ".join(mail.get_content().split()) for mail in mailbox.received}
    told = "5 klaim dibayarkan di Kota Tangerang; salah satunya Jaminan Kematian, sekitar Rp42.000.000."
    assert told in texts["p1@example.com"]
    assert "dibayarkan" not in texts.get("p2@example.com", "")


async def test_in_english_when_asked_for(world: World, mailbox: Mailbox) -> None:
    await world.publish(world.contact(1, language="en"), world.partner(1))
    world.now = AT_WORK
    await world.work()
    assert "Work insurance" in mailbox.received[0]["Subject"]


async def test_without_an_address_nobody_is_written_to_and_an_agent_is_asked(world: World, mailbox: Mailbox) -> None:
    await world.publish(world.partner(1), world.contact(1, email=None), world.partner(2))
    assert (await world.why()).startswith(reasons.NO_ADDRESS)
    assert await world.state() == await world.state(2) == "unreachable"
    world.now = AT_WORK
    await world.work()
    assert (await world.state(), await world.state(2), mailbox.tried) == ("escalated", "escalated", [])
    assert [kind for kind, _ in await world.published(2)] == ["task.opened"] * 2
    await world.publish(world.contact(1))
    assert await world.state() == "scheduled", "another address, and the reminders begin"
    await world.until("2026-12-20")
    assert [mail["To"] for mail in mailbox.received] == ["p1@example.com"] * 3
    assert (await world.state(), len(await world.history())) == ("escalated", 5), "another visit"


async def test_refused_for_good_is_not_tried_again_until_the_address_changes(world: World, mailbox: Mailbox) -> None:
    mailbox.answers["p1@example.com"] = ["550 5.1.1 p1@example.com: no such user"] * 9
    await a_due_partner(world)
    await world.until("2026-11-27")
    assert (await world.state(), mailbox.tried) == ("escalated", ["p1@example.com"])
    assert (await world.why()).startswith(reasons.ADDRESS_REFUSED)
    (row, task) = await world.history()
    assert (row["outcome"], row["detail"], task["kind"]) == ("failed", "smtp: 550", "escalation")
    await world.publish(world.contact(1, email="new@example.com"))
    await world.until("2026-11-28")
    assert [mail["To"] for mail in mailbox.received] == ["new@example.com"]
    kinds = [kind for kind, _ in await world.published(4)]
    assert kinds == ["reminder.failed", "task.opened", "task.closed", "reminder.sent"]


async def test_a_server_that_does_not_let_us_send_burns_no_address(world: World, mailbox: Mailbox) -> None:
    """Credentials or a relay that are set up wrongly: once they are corrected, the reminder goes out."""
    mailbox.answers["p1@example.com"] = ["530 5.7.0 Authentication required", "554 5.7.1 Relay access denied"]
    await a_due_partner(world)
    await world.work()
    (row,) = await world.history()
    assert (row["outcome"], row["detail"], await world.state()) == ("delayed", "smtp: 530", "scheduled")
    assert world.engine.senders[0].status().detail["server_down"]
    await world.until("2026-11-25")
    assert [mail["To"] for mail in mailbox.received] == ["p1@example.com"]
    assert not world.engine.senders[0].status().detail["server_down"]


async def test_a_passing_refusal_is_tried_again_later(world: World, mailbox: Mailbox) -> None:
    mailbox.answers["p1@example.com"] = ["451 4.7.1 come back later"] * 2
    await a_due_partner(world)
    await world.work()
    (row,) = await world.history()
    assert (row["outcome"], row["detail"]) == ("delayed", "smtp: 451")
    assert (await world.schedule())["due_at"] == AT_WORK + timedelta(minutes=1)
    world.now += timedelta(minutes=1)
    await world.work()
    assert (await world.schedule())["due_at"] == world.now + timedelta(minutes=2)
    world.now += timedelta(minutes=2)
    await world.work()
    (row,) = await world.history()
    assert (row["outcome"], row["attempts"], row["possibly_twice"]) == ("sent", 3, False)
    assert len(mailbox.received) == 1
    assert len(await world.published(1)) == 1


async def test_a_dead_server_waits_and_nothing_is_lost_or_doubled(world: World, mailbox: Mailbox) -> None:
    await a_due_partner(world, 1, 2, 3)
    await mailbox.stop()
    await world.work()
    assert [await world.state(number) for number in (1, 2, 3)] == ["scheduled"] * 3
    assert world.engine.senders[0].status().detail["down"] == ["email"]
    await mailbox.start()
    await world.until("2026-11-25")
    assert sorted(mail["To"] for mail in mailbox.received) == [f"p{number}@example.com" for number in (1, 2, 3)]
    assert not await world.pool.fetchval("select count(*) from history where possibly_twice")


async def test_cut_off_after_the_text_had_left_is_marked(world: World, mailbox: Mailbox) -> None:
    """A server that accepts the text and dies before its answer: the repeat may be a second one, and is marked."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                break
            writer.write(b"250 OK\r\n")
        writer.close()

    await a_due_partner(world)
    await mailbox.stop()
    server = await asyncio.start_server(cut, "127.0.0.1", mailbox.port)
    await world.work()
    server.close()
    await server.wait_closed()
    await mailbox.start()
    await world.until("2026-11-25")
    (row,) = await world.history()
    assert (row["outcome"], row["possibly_twice"], len(mailbox.received)) == ("sent", True, 1)


async def test_a_server_that_refuses_us_is_not_the_recipients_fault(world: World, mailbox: Mailbox) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 5.7.1 you are not welcome\r\n")
        await writer.drain()
        writer.close()

    await a_due_partner(world)
    await mailbox.stop()
    server = await asyncio.start_server(refuse, "127.0.0.1", mailbox.port)
    await world.work()
    server.close()
    await server.wait_closed()
    (row,) = await world.history()
    assert (row["outcome"], await world.state()) == ("delayed", "scheduled")


async def test_a_server_that_hangs_does_not_keep_us_from_stopping(
    world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "GRACE", 0.2)
    reached = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()
        writer.close()

    await a_due_partner(world)
    await mailbox.stop()
    server = await asyncio.start_server(hang, "127.0.0.1", mailbox.port)
    sender = world.engine.senders[0]
    running = asyncio.ensure_future(sender.run())
    await asyncio.wait_for(reached.wait(), 10)
    await sender.stop()
    await asyncio.wait_for(running, 3)
    server.close()
    await server.wait_closed()
    (row,) = await world.history()
    assert (row["outcome"], row["possibly_twice"]) == ("delayed", True)
    assert (await world.schedule())["lease_until"] is None


class Dies:
    """A channel whose process dies right after the message has left."""

    def __init__(self) -> None:
        self.left: list[str] = []

    async def send(self, message: Message) -> Outcome:
        self.left.append(message.id)
        raise asyncio.CancelledError


def another_sender(world: World, channels: object, pace: Pace = MAIL_PACE) -> Sender:
    async def is_caught_up() -> bool:
        return True

    return Sender(
        world.pool,
        world.engine.scheduler,
        world.engine.policies,
        channels,  # type: ignore[arg-type]
        pace=pace,
        is_caught_up=is_caught_up,
        on_recorded=world.engine.relay.wake,
        count_result=lambda *_: None,
    )


async def test_a_crash_between_sending_and_recording_shows_as_possibly_twice(world: World, mailbox: Mailbox) -> None:
    await a_due_partner(world)
    dying = Dies()
    dead = another_sender(world, {"email": dying}, Pace(8, timedelta(seconds=1)))
    with pytest.raises(asyncio.CancelledError):
        await dead.send_due()
    assert (await world.history())[0]["outcome"] == "sending"
    assert await world.work() == 0, "the dead worker's lease has not ended"

    async def taken_over() -> bool:
        return await world.work() > 0

    await eventually(taken_over, 5)
    (row,) = await world.history()
    assert (row["outcome"], row["attempts"], row["possibly_twice"]) == ("sent", 2, True)
    assert [mail["Message-ID"] for mail in mailbox.received] == [f"<{dying.left[0]}@payung.example>"]


async def test_an_enrolment_during_a_crash_stops_the_repeat(world: World, mailbox: Mailbox) -> None:
    await a_due_partner(world)
    dead = another_sender(world, {"email": Dies()}, Pace(8, timedelta(seconds=1)))
    with pytest.raises(asyncio.CancelledError):
        await dead.send_due()
    await world.publish(world.enrollment(1, ("2026-11-24", None)))
    await asyncio.sleep(1)
    await world.work()
    assert (await world.state(), mailbox.received) == ("stopped", [])
    history = await world.pool.fetch(queries["history_of"], partner_id(1))
    assert [row["outcome"] for row in history] == ["unknown"], "it may have gone out or not"


async def test_workers_side_by_side_never_send_the_same_twice(world: World, mailbox: Mailbox) -> None:
    count = 120
    events = [event for n in range(1, count + 1) for event in (world.contact(n), world.partner(n))]
    await world.publish(*events)
    world.now = AT_WORK
    others = [another_sender(world, world.engine.senders[0]._delivery._channels) for _ in range(3)]
    await asyncio.gather(*(world.work(sender) for sender in (*others, world.engine.senders[0])))
    assert sorted(mail["To"] for mail in mailbox.received) == sorted(f"p{n}@example.com" for n in range(1, count + 1))
    assert (
        await world.pool.fetchval("select count(*) from history where outcome = 'sent' and not possibly_twice") == count
    )


async def test_the_log_channel_contacts_nobody(database: Database, kafka: str, topics: str, mailbox: Mailbox) -> None:
    async with a_world(database, kafka, topics) as world:
        await world.publish(world.contact(1), world.partner(1))
        world.now = AT_WORK
        await world.work()
        assert isinstance(world.engine.senders[0]._delivery._channels["log"], LogChannel)
        assert [row["channel"] for row in await world.history()] == ["log"]
        assert mailbox.tried == []
