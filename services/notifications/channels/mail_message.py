"""An e-mail as its bytes: plain text, with a way to stop, marked as written by a machine. Pure.

Written header by header: the standard library's `EmailMessage` parses and folds every header anew, a millisecond a
message. What a name may hold goes through it still.
"""

import binascii
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

from services.notifications.channels import Message
from services.notifications.channels.texts import text_of

HEADERS: Final = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
    "Content-Language",
)
"""All that a message may have, in their order."""
LONGEST_SUBJECT: Final = 66
"""Characters of a subject that stay on one line."""


def receives_replies(sender: str) -> bool:
    """Whether an answer to this address can reach somebody; `.invalid` is reserved for those that cannot (RFC 2606)."""
    return not sender.endswith(".invalid")


def composed(message: Message, address: str, sender: str) -> bytes:
    """The whole message. The address to stop at is never folded: folded it is encoded, and mail programs ignore it.

    Raises ValueError if it would have any header but HEADERS, each at most once and in this order.
    """
    replies = receives_replies(sender)
    subject, body = text_of(message, replies=replies)
    stop = f"List-Unsubscribe: <mailto:{sender}?subject={quote(f'STOP {message.id}')}>\r\n" if replies else ""
    head = (
        f"From: Payung <{sender}>\r\n"
        f"To: {address}\r\n"
        f"{_subject(subject)}"
        f"Date: {format_datetime(message.written_at)}\r\n"
        f"Message-ID: <{message.id}@{sender.rpartition('@')[2]}>\r\n"
        f"{stop}"
        "Auto-Submitted: auto-generated\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "MIME-Version: 1.0\r\n"
        f"Content-Language: {message.recipient.language}\r\n"
    )
    text = binascii.b2a_qp("\n".join(body.splitlines()).encode() + b"\n", istext=True).replace(b"\n", b"\r\n")
    return checked(head.encode("ascii") + b"\r\n" + text)


def _subject(text: str) -> str:
    """The header line; folded and encoded by the library where it does not fit a line as it is."""
    if len(text) <= LONGEST_SUBJECT and text.isascii() and text.isprintable() and "=?" not in text:
        return f"Subject: {text}\r\n"
    return str(SMTP.header_factory("Subject", " ".join(text.split())).fold(policy=SMTP))


def checked(content: bytes) -> bytes:
    """The same bytes. Raises ValueError if they have any header but HEADERS, each at most once and in this order."""
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    if "\n" in head.replace("\r\n", "") or names != [name for name in HEADERS if name in names]:
        raise ValueError("a message with headers that we did not write")
    return content
