"""What the e-mails in our mailbox say, as mail servers and people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.mail_answers import Report, Stop, read
from services.notifications.mailbox import Mailbox

OURS = "reminder-" + "0a" * 16


def report(action: str, status: str, original: str = f"Message-ID: <{OURS}@payung.example>", kind: str = "") -> bytes:
    """As Postfix writes it: words, what became of each recipient, our message or its headers."""
    text = f"""\
From: MAILER-DAEMON@mail.example
To: stop@payung.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

STOP: this is the mail system, which was asked to stop.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0700

Final-Recipient: rfc822; siti@usaha.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: {kind or "text/rfc822-headers"}

From: Payung <stop@payung.example>
{original}
Subject: Perlindungan kerja

--b--
"""
    return text.replace("\n", "\r\n").encode()


def answer(text: str, subject: str = "Re: Perlindungan kerja", kind: str = "text/plain", more: str = "") -> bytes:
    head = f"From: Siti <siti@usaha.example>\r\nTo: stop@payung.example\r\nSubject: {subject}\r\n{more}"
    return f'{head}MIME-Version: 1.0\r\nContent-Type: {kind}; charset="utf-8"\r\n\r\n{text}\r\n'.encode()


@pytest.mark.parametrize(
    ("action", "status", "receipt"),
    [
        ("failed", "5.1.1", "refused"),
        ("failed", "5.2.1 (mailbox disabled)", "refused"),
        ("failed", "5.7.1", "delayed"),
        ("failed", "4.4.7", "delayed"),
        ("delayed", "4.2.2", "delayed"),
        ("delivered", "2.0.0", "delivered"),
        ("Failed", "5.0.0", "refused"),
    ],
)
def test_a_report_of_a_mail_server(action: str, status: str, receipt: str) -> None:
    assert read(report(action, status)) == Report(OURS, receipt)  # type: ignore[arg-type]
    assert read(report(action, status, kind="message/rfc822")) == Report(OURS, receipt)  # type: ignore[arg-type]


def test_a_report_that_does_not_show_our_message_says_nothing() -> None:
    assert read(report("failed", "5.1.1", "Message-ID: <other@payung.example>")) is None
    assert read(report("failed", "5.1.1", "X: y")) is None
    assert read(report("expanded", "2.0.0")) is None
    assert read(report("failed", "unknown")) is None


@pytest.mark.parametrize(
    "mail",
    [
        answer("Stop. Terima kasih"),
        answer("BERHENTI\r\n\r\nPada 24 Nov 2026 Payung menulis:\r\n> balas dengan kata STOP"),
        answer("", subject="STOP"),
        answer("<html><body><p>berhenti</p></body></html>", kind="text/html"),
        answer("=53TOP".replace("=53", "S")),
    ],
)
def test_an_answer_that_asks_to_stop(mail: bytes) -> None:
    assert read(mail) == Stop("siti@usaha.example", None)


def test_it_names_the_message_that_it_answers() -> None:
    assert read(answer("", subject=f"STOP {OURS}")) == Stop("siti@usaha.example", OURS)
    more = f"In-Reply-To: <{OURS}@payung.example>\r\n"
    assert read(answer("STOP", more=more)) == Stop("siti@usaha.example", OURS)


@pytest.mark.parametrize(
    "mail",
    [
        answer("Bagaimana cara mendaftar?\r\n\r\nPada 24 Nov 2026 Payung menulis:\r\n> balas dengan kata STOP"),
        answer("STOP", more="Auto-Submitted: auto-replied\r\n"),
        answer("STOP", more="Precedence: bulk\r\n"),
        b"",
        b"\x00\xff\xfe",
        answer("STOP", kind='text/plain; charset="no-such"').replace(b'; charset="utf-8"', b""),
    ],
)
def test_everything_else_is_left_to_people(mail: bytes) -> None:
    assert read(mail) is None


@given(st.binary(max_size=400), st.integers(0, 900))
def test_no_mail_raises(noise: bytes, at: int) -> None:
    whole = report("failed", "5.1.1")
    read(whole[:at] + noise + whole[at:])
    read(noise)


def test_the_mailbox_is_a_url() -> None:
    found = Mailbox.parse("imaps://stop%40dinas.example@mail.example/Bounces", "s3cr3t/@:")
    assert (found.host, found.port, found.user, found.folder, found.tls) == (
        "mail.example",
        993,
        "stop@dinas.example",
        "Bounces",
        True,
    )
    assert Mailbox.parse(found.url) == found
    assert "s3cr3t" not in repr(found)
    for wrong in (
        "imap://mail.example",
        "http://a:b@mail.example",
        "imaps://u:p@mail.example/a?b",
        "imaps://u@mail:0/x",
    ):
        with pytest.raises(ValueError, match="imaps://") as refused:
            Mailbox.parse(wrong)
        assert wrong not in str(refused.value)
