"""Our mailbox: reports of mail servers and answers are read over IMAP, and act as deliveries to `/v1/inbound` do.

The mailbox is read and never changed: how far it was read stands in the database, and advances in the transaction in
which what was read takes effect. So nothing is missed or needed twice, and people may read the same mailbox.
"""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import asyncpg

from services.notifications.addresses import AddressKeys
from services.notifications.mail_answers import Report, Stop, read
from services.notifications.queries import queries
from services.notifications.receipts import note_receipt
from services.notifications.schedule import Scheduler
from services.notifications.stops import stop_address
from shared.database import UNAVAILABLE, connection, transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

POLL_SECONDS: Final = 60.0
AT_ONCE: Final = 50
LONGEST: Final = 262_144
"""Bytes of a message that are read: a report has what counts at its beginning."""
TIMEOUT: Final = 30.0


@dataclass(frozen=True)
class Mailbox:
    """Where it is. `imaps` uses TLS from the start; `imap` takes STARTTLS where it is offered."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    tls: bool

    @classmethod
    def parse(cls, url: str, password: str | None = None) -> "Mailbox":
        """From imaps://user:password@host:port/folder, the password perhaps given beside it. Raises ValueError."""
        with suppress(ValueError):
            parts = urlsplit(url)
            secret = password or (unquote(parts.password) if parts.password else "")
            folder = unquote(parts.path.strip("/")) or "INBOX"
            is_sound = parts.scheme in ("imap", "imaps") and parts.hostname and parts.username and secret
            if is_sound and not parts.query and not parts.fragment and folder.isprintable() and '"' not in folder:
                tls = parts.scheme == "imaps"
                port = parts.port or (993 if tls else 143)
                return cls(parts.hostname or "", port, unquote(parts.username or ""), secret, folder, tls)
        raise ValueError("the mailbox is given as imaps://user@host:port/folder, its password beside it") from None

    @property
    def url(self) -> str:
        """As `parse` reads it, the password in it."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'imaps' if self.tls else 'imap'}://{login}@{host}:{self.port}/{quote(self.folder)}"


@dataclass(frozen=True, slots=True)
class Read:
    """Some messages, and how far the mailbox is read with them; another `validity` means other numbers."""

    validity: int
    next_uid: int
    messages: list[bytes]


class MailboxReader(Part):
    """Reads what is new, every minute. `on_recorded` is called when events were committed."""

    waits_for = (*UNAVAILABLE, imaplib.IMAP4.error)
    tolerates = (imaplib.IMAP4.error, OSError)
    longest_back_off = 300.0

    def __init__(
        self,
        pool: asyncpg.Pool,
        scheduler: Scheduler,
        keys: AddressKeys,
        mailbox: Mailbox,
        on_recorded: Callable[[], object],
    ) -> None:
        super().__init__("mailbox")
        self._pool = pool
        self._scheduler = scheduler
        self._keys = keys
        self._mailbox = mailbox
        self._on_recorded = on_recorded
        self._counts = {"stopped": 0, "delivered": 0, "refused": 0, "delayed": 0, "none": 0}

    def detail(self) -> dict[str, Any]:
        return dict(self._counts)

    async def step(self) -> float:
        return 0 if await self.read_new() == AT_ONCE else POLL_SECONDS

    async def read_new(self) -> int:
        """Read what is new, AT_ONCE messages at most; how many. Raises one of `waits_for`."""
        async with connection(self._pool) as db:
            row = await db.fetchrow(queries["mailbox_position"], self._mailbox.folder)
        validity, next_uid = (row["validity"], row["next_uid"]) if row else (0, 1)
        found = await asyncio.to_thread(_new_messages, self._mailbox, validity, next_uid)
        async with transaction(self._pool) as db:
            for content in found.messages:
                self._counts[await self._act(db, content)] += 1
            await db.execute(queries["set_mailbox_position"], self._mailbox.folder, found.validity, found.next_uid)
        if found.messages:
            self._on_recorded()
        return len(found.messages)

    async def _act(self, db: asyncpg.Connection, content: bytes) -> str:
        """What the message did; nothing of it is kept."""
        match read(content):
            case Report(message_id, receipt):
                return receipt if await note_receipt(db, self._scheduler, message_id, receipt) else "none"
            case Stop(sender, message_id):
                keys = {self._keys.address(sender)}
                if message_id:
                    keys.add(await db.fetchval(queries["address_of_message"], message_id))
                known = sorted(key for key in keys if key is not None)
                for key in known:
                    await stop_address(db, self._scheduler, key)
                return "stopped" if known else "none"
            case None:
                return "none"


def _new_messages(mailbox: Mailbox, validity: int, next_uid: int) -> Read:
    """Those from this number on; from the first one if the mailbox was made anew. Blocks."""
    with _connected(mailbox) as server:
        server.login(mailbox.user, mailbox.password)
        _checked(server.select(f'"{mailbox.folder}"', readonly=True))
        present = int((server.response("UIDVALIDITY")[1] or [b"0"])[0] or 0)
        first = next_uid if present == validity else 1
        (listed,) = _checked(server.uid("SEARCH", f"UID {first}:*"))
        uids = sorted(number for each in (listed or b"").split() if (number := int(each)) >= first)[:AT_ONCE]
        messages = [_message(server, uid) for uid in uids]
        return Read(present, uids[-1] + 1 if uids else first, messages)


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if mailbox.tls:
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=TIMEOUT)
    server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    if "STARTTLS" in server.capabilities:
        server.starttls(context)
    return server


def _message(server: imaplib.IMAP4, uid: int) -> bytes:
    """Empty for one that has left meanwhile."""
    found = _checked(server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LONGEST}>)"))
    return next((each[1] for each in found if isinstance(each, tuple)), b"")


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    """The data of an answer. The server's own words, which may repeat what was asked, are left out of the error."""
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"the mail server answers {re.sub('[^A-Z]', '', kind)[:10]}")
    return data
