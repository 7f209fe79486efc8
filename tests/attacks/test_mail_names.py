"""Hostile names and addresses through the real channel to a real receiver: nothing but our own message arrives."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from time import process_time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.notifications.channels import Message, Outcome, Recipient
from services.notifications.channels.mail import MailChannel
from services.notifications.channels.mail_message import HEADERS, checked
from services.notifications.channels.mail_server import Server
from services.notifications.channels.names import LONGEST_NAME, clean_name
from tests.integration.notifications_world import Mailbox

HIDDEN_HEADER = "=?utf-8?q?Toko=0d=0aBcc:_victim=40example.com=0d=0a=0d=0a=3ca_href=3dhttp://evil.example=3e?="
PIECES = [
    HIDDEN_HEADER, "=?utf-8?b?DQpCY2M6IHhAeS56?=", "=", "?", "==??", "=12345678?", "\r\n", "\n", "\r", "\x85",
    "\u2028", "\u2029", "\v", "\f", "\x00", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "Bcc: victim@example.com",
    "\r\n\r\n",
    "<a href='http://evil.example'>x</a>", "<script>", "https://evil.example/x", "http:\u200b//evil.example",
    "www.evil.example",
    "evil.example", "evil．example", "mailto:a@b.c", "tel:110", "\\\\evil\\share", "javascript:alert(1)",
    '"', "'", ",", ";",
    "@", "＠", "<", ">", "(", "Toko é", "名前", "a" * 300, "é" * 120, "--boundary", ".",
    "\r\n.\r\n", "{{ 7 * 7 }}", "{% raw %}",
]  # fmt: skip
DIGITS = st.text("0123456789 ./-'=?:@<>\u200b", max_size=30)
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=8) | DIGITS, max_size=8).map("".join)
LINK = re.compile(r"://|//|www\.\S|mailto:\S|\S@\S|<|>|[^\W\d]\.\w|\.[^\W\d]|=\?|\\\\")
IDENTIFIER = re.compile(r"\d{8}|\d(?:[ .'/-]{0,3}\d){10}")
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@given(HOSTILE)
@example(HIDDEN_HEADER)
@example("0000000/0<100")
@example("00000000:0")
@example("3671    0101    0190    0001")
@example("3671////0101////0190////0001")
def test_a_clean_name_is_one_harmless_line(name: str) -> None:
    cleaned = clean_name(name)
    assert len(cleaned) <= LONGEST_NAME
    assert not LINK.search(cleaned), cleaned
    assert not FORBIDDEN.search(cleaned)
    assert not IDENTIFIER.search(cleaned), cleaned
    assert clean_name(cleaned) == cleaned


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("Toko 24 Jam Blok 7-12", "PT. Maju & Jaya", "Warung O'Neil (pusat)", "CV Aneka 08:00–20:00", "Kopi é"):
        assert clean_name(name) == name


def test_an_endless_name_costs_nothing() -> None:
    for piece in ("a.b@", "=", "=?", "12345678:", "1.<2", "1 . "):
        begun = process_time()
        assert len(clean_name(piece * 2_500_000)) <= LONGEST_NAME
        assert process_time() - begun < 0.1, piece


class Post:
    """A channel and a receiver on a loop of their own, for tests that are not async."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.mailbox = Mailbox()
        self.loop.run_until_complete(self.mailbox.start())
        self.channel = MailChannel(Server.parse(f"smtp://127.0.0.1:{self.mailbox.port}"), sender="stop@payung.example")

    def send(self, recipient: Recipient) -> tuple[Outcome, list[bytes]]:
        self.mailbox.raw.clear()
        message = Message("reminder-1", "first", "36.71", 1, recipient, 16_800, datetime(2026, 11, 24, tzinfo=UTC))
        return self.loop.run_until_complete(self.channel.send(message)), list(self.mailbox.raw)


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.loop.run_until_complete(made.channel.close())
    made.loop.run_until_complete(made.mailbox.stop())
    made.loop.run_until_complete(asyncio.sleep(0.1))
    made.loop.close()


FEW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(HOSTILE, HOSTILE, st.sampled_from(["id", "en"]), st.booleans())
@example(HIDDEN_HEADER, HIDDEN_HEADER, "id", True)
def test_what_arrives_has_only_our_headers_one_text_and_no_link(
    post: Post, name: str, person: str, language: str, individual: bool
) -> None:
    to = Recipient(name, person, "a@example.com", language=language, individual=individual)  # type: ignore[arg-type]
    outcome, (raw,) = post.send(to)
    assert outcome.result == "sent"
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    names = [line.partition(":")[0] for line in head if not line.startswith((" ", "\t"))]
    expected = [each for each in HEADERS if each in names]
    assert names == expected == list(HEADERS)
    mail = message_from_bytes(raw, policy=policy.default)
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert mail["To"] == "a@example.com"
    assert mail.get_content_type() == "text/plain"
    assert not mail.is_multipart()
    for text in (mail["Subject"], mail.get_content()):  # type: ignore[attr-defined]
        assert not LINK.search(str(text).replace("Rp16.800", "")), text


UNUSABLE = [
    "", "a", "a@b", "a@b.c\r\nBcc: x@y.zz", "a@b.cc\nx", "a b@c.de", "a@b.cc,d@e.ff", "a@b.cc;d@e.ff", "<a@b.cc>",
    "Siti <a@b.cc>", '"Siti" <a@b.cc>', "<script>@b.cc", "a@bücher.example", "ä@b.de", "a@[127.0.0.1]", "a@127.0.0.1",
    "a@b..cc", ".a@b.cc", "a..b@c.dd", "a@-b.cc", "a@b-.cc", "a@b.cc\x00", "a@b.cc\u2028", "victim%evil.example@b.cc",
    "evil.example!victim@b.cc", "|sh@b.cc", "=?utf-8?q?a=0d=0aBcc=3ax=40y.zz?=@example.com", "a@" + "b" * 64 + ".cc",
    "a" * 65 + "@b.cc", "a@" + "b." * 130 + "cc", "\ud800@b.cc", "a@b.cc ", "\u202ea@b.cc",
]  # fmt: skip


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_that_is_none_is_refused_and_not_guessed(post: Post, address: str) -> None:
    outcome, raw = post.send(Recipient("Toko", None, address))
    assert (outcome.result, outcome.detail, raw) == ("failed", "address_unusable", [])


@FEW
@given(st.lists(st.sampled_from([*PIECES, "a", "b.cc", "@", ".", "x"]) | st.text(max_size=4), max_size=6).map("".join))
def test_whatever_is_taken_as_an_address_is_the_only_recipient(post: Post, address: str) -> None:
    outcome, raw = post.send(Recipient("Toko", None, address))
    if outcome.result == "sent":
        mail = message_from_bytes(raw[0], policy=policy.default)
        assert post.mailbox.tried[-1] == address == mail["To"]
        assert sorted(mail.keys()) == sorted(HEADERS)
    else:
        assert (outcome.detail, raw) == ("address_unusable", [])


def test_a_header_that_we_did_not_write_stops_the_message() -> None:
    for head in (b"From: a\r\nBcc: b", b"Subject: a\r\nFrom: b", b"From: a\nBcc: b", b"To: a\r\nTo: b"):
        with pytest.raises(ValueError, match="did not write"):
            checked(head + b"\r\n\r\ntext")


def test_a_server_that_repeats_the_address_is_not_quoted(post: Post) -> None:
    for answer in (
        "550 5.1.1 <secret@example.com> Siti: no",
        "451 secret@example.com later",
        "999 secret@example.com",
        "x",
    ):
        post.mailbox.answers["secret@example.com"] = [answer]
        outcome, _ = post.send(Recipient("Siti", None, "secret@example.com"))
        assert "secret" not in repr(outcome)
        assert re.fullmatch(r"(smtp|server): -?\w+", outcome.detail or ""), outcome
