"""E-mail over SMTP; distinguishes passing refusals from those for good."""

import asyncio
import re

import aiosmtplib
from jinja2 import TemplateError

from services.notifications.channels import Message, Outcome
from services.notifications.channels.mail_connections import FAILURES, Connection, MailConnections
from services.notifications.channels.mail_message import composed
from services.notifications.channels.mail_server import Server

_ATOM = r"[A-Za-z0-9#$&'*+/=?^_{}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(
    rf"(?!.*=\?)(?!.{{255}})(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[0-9-]*[A-Za-z]){_LABEL}"
)
"""One plain address of an ASCII domain; anything else is unusable rather than guessed at.

`=?` would be read as an encoded word, in which further headers can hide; `%`, `!`, `|` and the backtick, which some
servers take for a route or a command, are refused as well.
"""


class MailChannel:
    """Hands each message to the mail server. The Message-ID is the reminder's own, so a repeat can be recognised.

    `timeout` seconds for reaching the server, and again for handing over: together well within a lease.
    """

    def __init__(self, server: Server, *, sender: str, timeout: float = 30) -> None:
        self._sender = sender
        self._timeout = timeout
        self._connections = MailConnections(server, sender, timeout)

    async def send(self, message: Message) -> Outcome:
        address = message.recipient.email or ""
        if not ADDRESS.fullmatch(address):
            return Outcome("failed", "address_unusable")
        try:
            content = composed(message, address, self._sender)
        except (ValueError, TemplateError) as problem:  # our own fault: it must not stop the others
            return Outcome("delayed", f"text: {type(problem).__name__}")
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._connections.begin()
        except FAILURES as problem:
            return Outcome("delayed", f"server: {_code(problem)}", is_server_down=True)
        return await self._hand_over(connection, address, content)

    async def close(self) -> None:
        """Close the connections that rest."""
        self._connections.close()

    async def _hand_over(self, connection: Connection, address: str, content: bytes) -> Outcome:
        """RCPT and DATA. If the connection is lost after the text has left, it may have been accepted or not."""
        text_left = False
        try:
            async with asyncio.timeout(self._timeout):
                await connection.client.rcpt(address)
                text_left = True
                await connection.client.data(content)
        except aiosmtplib.SMTPResponseException as refused:
            await self._connections.end_refused(connection)
            return _refused(refused.code, refused.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as problem:
            self._connections.drop(connection)
            return Outcome("delayed", f"server: {_code(problem)}", may_have_left=text_left, is_server_down=True)
        except asyncio.CancelledError:
            self._connections.drop(connection)
            raise
        self._connections.end(connection)
        return Outcome("sent", "smtp: 250")


def _refused(code: int, message: str) -> Outcome:
    """5xx is for good, unless it is we who may not send: a login or relay set up wrongly must not burn any address.

    That is 530 to 538 (RFC 4954) and the enhanced codes 5.7.x, security and policy (RFC 3463).
    """
    ours = 530 <= code <= 538 or (code >= 500 and message.startswith("5.7."))
    for_good = 500 <= code < 600 and not ours
    return Outcome("failed" if for_good else "delayed", f"smtp: {code}", is_server_down=ours)


def _code(problem: Exception) -> str:
    """What went wrong, without the server's text, which may repeat the address."""
    code = getattr(problem, "code", None)
    return str(code) if code else type(problem).__name__
