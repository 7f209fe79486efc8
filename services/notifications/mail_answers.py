"""What an e-mail in our mailbox says: a report of a mail server (RFC 3464), or what somebody answered. Pure.

Whatever a machine answers by itself, an absence for example, is neither. Nor is a report that does not show which
message of ours it is about: anybody could write one about any address.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr
from html import unescape
from typing import Final, cast

from services.notifications.receipts import Receipt, as_receipt
from services.notifications.replies import LONGEST, asks_to_stop

OURS: Final = re.compile(r"reminder-[0-9a-f]{32}")
UNREADABLE: Final = (LookupError, ValueError, AttributeError, TypeError, AssertionError, RecursionError)
"""What the standard library raises for mail that nobody would write."""
ACTIONS: Final[dict[str, Receipt]] = {"delivered": "delivered", "relayed": "delivered", "delayed": "delayed"}
_TAG: Final = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the message of this id."""

    message_id: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody asks for no more messages: the address it comes from, and the message of ours that it answers."""

    sender: str
    message_id: str | None


def read(content: bytes) -> Report | Stop | None:
    """None for everything else, which is left to people."""
    try:
        mail = message_from_bytes(content, policy=policy.default)
        if mail.get_content_type() == "multipart/report":
            return _report(mail)
        return _stop(mail) if isinstance(mail, EmailMessage) and _is_written_by_somebody(mail) else None
    except UNREADABLE:
        return None


def _is_written_by_somebody(mail: EmailMessage) -> bool:
    by_machine = str(mail["Auto-Submitted"] or "no").partition(";")[0].strip().lower() != "no"
    return not by_machine and str(mail["Precedence"] or "").lower() not in ("bulk", "auto_reply", "junk")


def _report(mail: Message) -> Report | None:
    """The first recipient's: a message of ours has one."""
    parts = list(mail.walk())
    original = next(
        (each for each in parts if each.get_content_type() in ("message/rfc822", "text/rfc822-headers")), None
    )
    status = next((each for each in parts if each.get_content_type() == "message/delivery-status"), None)
    blocks = status.get_payload() if status is not None else None
    if original is None or not isinstance(blocks, list):
        return None
    number = OURS.search(_head_of(original))
    receipt = next((found for each in blocks if isinstance(each, Message) and (found := _receipt(each))), None)
    return Report(number[0], receipt) if number and receipt else None


def _head_of(part: Message) -> str:
    """The Message-ID of the message that a report is about, as it returns it whole or in its headers."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return str(cast(Message, payload[0])["Message-ID"] or "")
    found = re.search(r"^message-id:\s*(\S+)", str(payload), re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _receipt(block: Message) -> Receipt | None:
    """Of a block about a recipient; the block about the report itself has no action."""
    action, status = str(block["Action"] or "").strip().lower(), str(block["Status"] or "").split()
    if action in ACTIONS:
        return ACTIONS[action]
    found = as_receipt(status[0]) if action == "failed" and status else None
    return found if found in ("refused", "delayed") else None


def _stop(mail: EmailMessage) -> Stop | None:
    subject, sender = str(mail["Subject"] or ""), parseaddr(str(mail["From"] or ""))[1]
    if not (asks_to_stop(_text_of(mail)) or asks_to_stop(subject)):
        return None
    named = " ".join((subject, str(mail["In-Reply-To"] or ""), str(mail["References"] or "")))
    found = OURS.findall(named)
    return Stop(sender, found[-1] if found else None)


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    text = str(body.get_content())[: 10 * LONGEST]
    return unescape(_TAG.sub("\n", text)) if body.get_content_type() == "text/html" else text
