"""What a reminder contains, and what it can never contain."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.notifications.channels import Message, Recipient
from services.notifications.channels.mail import ADDRESS, MailChannel
from services.notifications.channels.mail_message import HEADERS, composed
from services.notifications.channels.mail_server import Server
from services.notifications.channels.names import clean_name
from services.notifications.channels.providers import channels_of
from services.notifications.channels.texts import TEMPLATES, rupiah, text_of
from services.notifications.settings import UNSET_SENDER, Settings
from tests.integration.notifications_world import SECRET, Mailbox


def a_message(template: str = "first", **recipient: object) -> Message:
    fields: dict[str, object] = {"name": "Kopi Misal", "email": "a@example.com"}
    to = Recipient(**fields | recipient)  # type: ignore[arg-type]
    return Message("reminder-1", template, "36.71", 1, to, 16_800, datetime(2026, 11, 24, tzinfo=UTC))


def mail_of(message: Message, sender: str = "stop@payung.example") -> EmailMessage:
    """The e-mail as a mail program reads it."""
    mail = message_from_bytes(composed(message, "a@example.com", sender), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.mark.parametrize("name", ["Kopi Misal", "Kopi é", "Warung " + "panjang " * 20, "=?utf-8?q?x?=", "Toko 鸡"])
def test_a_mail_reads_as_its_text_says(name: str) -> None:
    message = a_message(name=name, contact_person="Siti Contoh", language="id")
    subject, body = text_of(message)
    mail = mail_of(message)
    assert (mail["Subject"], mail.get_content().replace("\r\n", "\n")) == (subject, body)
    assert all(len(line) <= 78 for line in composed(message, "a@example.com", "stop@payung.example").split(b"\r\n"))


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("individual", [True, False])
def test_every_text_is_polite_and_says_how_to_stop(template: str, language: str, individual: bool) -> None:
    subject, body = text_of(a_message(template, language=language, individual=individual, contact_person="Siti Contoh"))
    assert "Kopi Misal" in subject
    assert "Bapak/Ibu Siti Contoh" in body
    assert "Rp16.800" in body
    assert "STOP" in body
    assert "BERHENTI" in body
    assert not re.search(r"sanksi|denda|wajib|penalt|fine\b|must\b|\{|\d{8,}", body)
    assert all(len(line) <= 100 for line in body.splitlines())


@given(st.text(max_size=200), st.text(max_size=200))
def test_names_never_break_out_of_their_line(name: str, person: str) -> None:
    parsed = mail_of(a_message(name=name, contact_person=person), sender="no-reply@payung.example")
    assert sorted(parsed.keys()) == sorted(HEADERS)
    assert parsed["To"] == "a@example.com"
    assert parsed["Bcc"] is None
    assert parsed.get_content_type() == "text/plain"


def test_a_header_in_a_name_stays_a_name() -> None:
    parsed = mail_of(a_message(name="Toko\r\nBcc: victim@example.com\r\n\r\nHello"))
    assert parsed["Bcc"] is None
    assert "Toko Bcc: victim @ example. com Hello" in parsed["Subject"]


@pytest.mark.parametrize(
    "identifier", ["3671010101900001", "3671-0101-0190-0001", "367101 010190 0001", "3671 - 010101.900001", "12345678"]
)
def test_an_identifier_typed_into_a_name_is_left_out(identifier: str) -> None:
    assert clean_name(f"Siti {identifier}") == "Siti"
    assert clean_name("Toko 24 Jam Blok 7-12") == "Toko 24 Jam Blok 7-12"


@pytest.mark.parametrize(
    "address", ["", "a", "a@b", "a@b.c\r\nBcc: x@y.z", "a b@c.de", "a@b.c,d@e.f", "<a@b.c>", "ä@b.de"]
)
def test_unusable_addresses(address: str) -> None:
    assert not ADDRESS.fullmatch(address)


def test_the_mail_names_itself_and_a_way_to_stop() -> None:
    mail = mail_of(a_message(), sender="no-reply@payung.example")
    assert mail["Message-ID"] == "<reminder-1@payung.example>"
    assert mail["List-Unsubscribe"] == "<mailto:no-reply@payung.example?subject=STOP%20reminder-1>"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize(("language", "promise"), [("id", "balas"), ("en", "reply")])
def test_a_sender_whom_no_answer_reaches_promises_none(template: str, language: str, promise: str) -> None:
    message = a_message(template, language=language)
    assert promise in mail_of(message).get_content()
    mail = mail_of(message, sender=UNSET_SENDER)
    text = mail.get_content()
    assert f"{promise} dengan" not in text
    assert f"{promise} with" not in text
    assert "STOP" in text
    assert mail["List-Unsubscribe"] is None


def test_at_start_it_is_logged_that_no_answer_can_reach_us(capsys: pytest.CaptureFixture[str]) -> None:
    for more, is_warned in (({}, True), ({"mail_from": "stop@payung.example"}, False)):
        fields = {
            "database": "x",
            "kafka": "x:1",
            "port": 1,
            "admin_key": "x",
            "secret": SECRET,
            "smtp": "smtp://localhost",
        }
        channels_of(Settings(**fields | more))  # type: ignore[arg-type]
        assert ("PAYUNG_MAIL_FROM" in capsys.readouterr().out) == is_warned


@pytest.mark.parametrize("sender", ["Payung <stop@payung.example>", "payung", "stop@payung.example\r\nBcc: x@y.z"])
def test_a_sender_that_is_no_address_is_refused_at_start(sender: str) -> None:
    fields = {"database": "x", "kafka": "x:1", "port": 1, "admin_key": "x", "secret": SECRET, "mail_from": sender}
    with pytest.raises(ValidationError, match="plain address"):
        Settings(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("sender", ["stop@payung.example", f"{'berhenti.' * 6}x@{'mail.' * 20}example"])
async def test_a_mail_server_receives_the_way_to_stop_as_it_is_written(sender: str) -> None:
    """Judged by the bytes on the wire: a parser would decode what mail programs do not."""
    mailbox = Mailbox()
    await mailbox.start()
    channel = MailChannel(Server.parse(f"smtp://127.0.0.1:{mailbox.port}"), sender=sender)
    message = replace(a_message(name="Kopi Misal é " * 6), id=f"reminder-{'0123456789abcdef' * 2}")
    outcome = await channel.send(message)
    await channel.close()
    await mailbox.stop()
    assert outcome.result == "sent"
    lines = mailbox.raw[0].decode("ascii").splitlines()
    assert f"List-Unsubscribe: <mailto:{sender}?subject=STOP%20{message.id}>" in lines
    assert "Content-Language: id" in lines
    assert all(len(line) <= 78 for line in lines if line.startswith((" ", "Subject")))


@pytest.mark.parametrize(("amount", "text"), [(16_800, "Rp16.800"), (8_400, "Rp8.400"), (107_000_000, "Rp107.000.000")])
def test_amounts_are_written_as_people_do(amount: int, text: str) -> None:
    assert rupiah(amount) == text


def test_the_mail_server_is_a_url() -> None:
    server = Server.parse("smtp://me:p%40ss@mail.example:2525")
    assert (server.host, server.port, server.user, server.password, server.tls) == (
        "mail.example",
        2525,
        "me",
        "p@ss",
        False,
    )
    assert Server.parse("smtps://mail.example").port == 465
    for url in ("smtp://me:p%40ss@mail.example:2525", "smtps://mail.example:465", "smtp://me@[::1]:25"):
        assert Server.parse(url).url == url
    for wrong in ("http://mail.example", "smtp://mail.example?starttls=no", "smtp://mail.example/x", "smtp://mail:0"):
        with pytest.raises(ValueError, match="smtp://"):
            Server.parse(wrong)
