"""Bounces and answers that come into our mailbox: what they do to reminders, once each."""

import imaplib

import pytest

from tests.integration.imap_server import PASSWORD, ImapServer
from tests.integration.notifications_world import Mailbox, World, a_world
from tests.integration.test_notifications_mail import a_due_partner
from tests.stack import Database
from tests.unit.notifications.test_mail_answers import OURS, answer, report


async def test_what_comes_into_the_mailbox_acts_once(
    database: Database, kafka: str, topics: str, mailbox: Mailbox
) -> None:
    imap = ImapServer()
    await imap.start()
    urls = {"smtp": f"smtp://127.0.0.1:{mailbox.port}", "mail_from": "stop@payung.example"}
    where = f"imap://stop%40payung.example@127.0.0.1:{imap.port}/INBOX"
    async with a_world(database, kafka, topics, imap=where, imap_password=PASSWORD, **urls) as world:
        await a_due_partner(world, 1, 2, 3)
        await world.work()
        await _read(world, imap)
        with pytest.raises(imaplib.IMAP4.error):
            await _with_another_password(world)
    await imap.stop()


async def _read(world: World, imap: ImapServer) -> None:
    ids = [(await world.history(number))[0]["message_id"] for number in (1, 2, 3)]
    imap.messages += [
        report("failed", "5.1.1").replace(OURS.encode(), ids[0].encode()),
        answer("Stop. Terima kasih", more=f"In-Reply-To: <{ids[1]}@payung.example>\r\n"),
        answer("Bagaimana cara mendaftar?"),
        answer("STOP").replace(b"siti@usaha.example", b"p3@example.com"),
    ]
    reader = world.engine.mailbox
    assert reader is not None
    assert await reader.step() == 60
    assert [await world.state(number) for number in (1, 2, 3)] == ["escalated", "opted_out", "opted_out"]
    assert (await world.history(1))[0]["receipt"] == "refused"
    counted = {"stopped": 2, "refused": 1, "delivered": 0, "delayed": 0, "none": 1}
    assert reader.detail() == counted
    assert await reader.read_new() == 0
    imap.messages.append(answer("halo"))
    assert await reader.read_new() == 1, "only what is new"
    imap.validity += 1
    assert await reader.read_new() == 5, "the numbers are others: all of it again, which changes nothing"
    assert [await world.state(number) for number in (1, 2, 3)] == ["escalated", "opted_out", "opted_out"]
    await world.published(6)
    changing = ("SELECT", "STORE", "UID STORE", "EXPUNGE", "UID COPY")
    assert not [each for each in imap.commands if each.startswith(changing)], "the mailbox is never changed"


async def _with_another_password(world: World) -> None:
    reader = world.engine.mailbox
    assert reader is not None
    reader._mailbox = type(reader._mailbox).parse(reader._mailbox.url.replace(PASSWORD, "other"))
    await reader.read_new()
