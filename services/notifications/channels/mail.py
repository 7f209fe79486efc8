"""E-mail over SMTP, one message a connection; distinguishes passing refusals from those for good."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import aiosmtplib
from jinja2 import TemplateError

from services.notifications.channels import Message, Outcome
from services.notifications.channels.texts import text_of

_ATOM = r"[A-Za-z0-9#$&'*+/=?^_{}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(
    rf"(?!.*=\?)(?!.{{255}})(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[0-9-]*[A-Za-z]){_LABEL}"
)
"""One plain address of an ASCII domain; anything else is unusable rather than guessed at.

`=?` would be read as an encoded word, in which further headers can hide; `%`, `!`, `|` and the backtick, which some
servers take for a route or a command, are refused as well.
"""

UNFOLDED = SMTP.clone(max_line_length=998)


class Folding(EmailPolicy):
    """Folds at 78 characters, but never the address to stop at: folded it is encoded, and mail programs ignore it."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() == "list-unsubscribe":
            return UNFOLDED.fold_binary(name, value)
        return super().fold_binary(name, value)


MAIL_POLICY = Folding(linesep=SMTP.linesep)
"""`email.policy.SMTP` with that one difference."""

HEADERS = (
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


@dataclass(frozen=True)
class Server:
    """Where mail is handed in. `smtps` uses TLS from the start; `smtp` takes STARTTLS where it is offered."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    tls: bool

    @classmethod
    def parse(cls, url: str, password: str | None = None) -> "Server":
        """From smtp://user:password@host:port, the password perhaps given beside it. Raises ValueError otherwise."""
        parts = _url_parts(url)
        tls = parts.scheme == "smtps"
        user = unquote(parts.username) if parts.username else None
        if password and (parts.password or not user):
            raise ValueError("a password given beside the mail server's URL needs a user in it, and no second password")
        password = password or (unquote(parts.password) if parts.password else None)
        return cls(parts.hostname or "", parts.port or (465 if tls else 25), user, password, tls)

    @property
    def url(self) -> str:
        """As `parse` reads it, the password in it."""
        login = ":".join(quote(each, safe="") for each in (self.user, self.password) if each)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls else 'smtp'}://{login}{'@' if login else ''}{host}:{self.port}"


def _url_parts(url: str) -> SplitResult:
    """The parts of a usable URL. The library's errors may repeat some of the password: ours take their place."""
    with suppress(ValueError):
        parts = urlsplit(url)
        more = parts.path.strip("/") or parts.query or parts.fragment
        if parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0 and not more:
            return parts
    raise ValueError("the mail server is given as smtp://user:password@host:port, with smtps:// for TLS") from None


class MailChannel:
    """Hands each message to the mail server. The Message-ID is the reminder's own, so a repeat can be recognised.

    `timeout` seconds for reaching the server, and again for handing over: together well within a lease.
    """

    def __init__(self, server: Server, *, sender: str, timeout: float = 30) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout

    async def send(self, message: Message) -> Outcome:
        address = message.recipient.email or ""
        if not ADDRESS.fullmatch(address):
            return Outcome("failed", "address_unusable")
        try:
            content = checked(compose(message, address, self._sender).as_bytes())
        except (ValueError, TemplateError) as problem:  # our own fault: it must not stop the others
            return Outcome("delayed", f"text: {type(problem).__name__}")
        client = aiosmtplib.SMTP(
            hostname=self._server.host, port=self._server.port, use_tls=self._server.tls, timeout=self._timeout
        )
        try:
            async with asyncio.timeout(self._timeout):
                await self._log_in(client)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as problem:
            client.close()
            return Outcome("delayed", f"server: {_code(problem)}", is_server_down=True)
        try:
            return await self._hand_over(client, address, content)
        finally:
            client.close()

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        """Connect, log in, name the sender. A refusal here is about us, not about the recipient."""
        await client.connect()
        if self._server.user:
            await client.login(self._server.user, self._server.password or "")
        else:
            await client.ehlo()
        await client.mail(self._sender)

    async def _hand_over(self, client: aiosmtplib.SMTP, address: str, content: bytes) -> Outcome:
        """RCPT and DATA. If the connection is lost after the text has left, it may have been accepted or not."""
        text_left = False
        try:
            async with asyncio.timeout(self._timeout):
                await client.rcpt(address)
                text_left = True
                await client.data(content)
        except aiosmtplib.SMTPResponseException as refused:
            return _refused(refused.code, refused.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            return Outcome("delayed", f"server: {_code(problem)}", may_have_left=text_left, is_server_down=True)
        return Outcome("sent", "smtp: 250")


def _refused(code: int, message: str) -> Outcome:
    """5xx is for good, unless it is we who may not send: a login or relay set up wrongly must not burn any address.

    That is 530 to 538 (RFC 4954) and the enhanced codes 5.7.x, security and policy (RFC 3463).
    """
    ours = 530 <= code <= 538 or (code >= 500 and message.startswith("5.7."))
    for_good = 500 <= code < 600 and not ours
    return Outcome("failed" if for_good else "delayed", f"smtp: {code}", is_server_down=ours)


def receives_replies(sender: str) -> bool:
    """Whether an answer to this address can reach somebody; `.invalid` is reserved for those that cannot (RFC 2606)."""
    return not sender.endswith(".invalid")


def compose(message: Message, address: str, sender: str) -> EmailMessage:
    """The e-mail: plain text, with a way to stop, marked as written by a machine."""
    replies = receives_replies(sender)
    subject, body = text_of(message, replies=replies)
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["From"] = f"Payung <{sender}>"
    mail["To"] = address
    mail["Subject"] = subject
    mail["Date"] = message.written_at
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    if replies:
        mail["List-Unsubscribe"] = f"<mailto:{sender}?subject={quote(f'STOP {message.id}')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body, cte="quoted-printable")
    mail["Content-Language"] = message.recipient.language  # after set_content, which removes all Content-… headers
    return mail


def checked(content: bytes) -> bytes:
    """The same bytes. Raises ValueError if they have any header but HEADERS, each at most once and in this order."""
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    if "\n" in head.replace("\r\n", "") or names != [name for name in HEADERS if name in names]:
        raise ValueError("a message with headers that we did not write")
    return content


def _code(problem: Exception) -> str:
    """What went wrong, without the server's text, which may repeat the address."""
    code = getattr(problem, "code", None)
    return str(code) if code else type(problem).__name__
