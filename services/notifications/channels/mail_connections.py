"""Connections to the mail server: logged in once, used for many messages one after the other, closed when they rest."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiosmtplib

from services.notifications.channels.mail_server import Server

AT_ONCE: Final = 20
"""Connections at the same time: many servers take no more than fifty from one client."""
MESSAGES_EACH: Final = 100
"""Messages over one connection: some servers end it after more."""
REST_SECONDS: Final = 5.0
"""A connection that rests longer is closed: servers end what rests."""
FAILURES: Final = (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError)
"""What connecting, logging in and naming the sender may end with."""


@dataclass(slots=True)
class Connection:
    """One connection, and how many messages it was used for."""

    client: aiosmtplib.SMTP
    used: int = 0
    rests_since: float = 0.0


class MailConnections:
    """AT_ONCE at most, whoever asks; each has one message at a time."""

    def __init__(self, server: Server, sender: str, timeout: float) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout
        self._free = asyncio.Semaphore(AT_ONCE)
        self._resting: list[Connection] = []
        self._closing: asyncio.TimerHandle | None = None

    async def begin(self) -> Connection:
        """A connection on which the server has accepted our sender, to be given back by one of `end`, `end_refused` and
        `drop`; waits while AT_ONCE are used. Raises one of FAILURES.

        One that has rested may have been closed by the server meanwhile: nothing has left on it, so another is taken.
        """
        await self._free.acquire()
        try:
            while self._resting:
                with suppress(*FAILURES):
                    return await self._begun(self._resting.pop())
            return await self._begun(Connection(self._client()))
        except BaseException:
            self._free.release()
            raise

    def end(self, connection: Connection) -> None:
        """The message was accepted: the connection is kept for the next one."""
        connection.used += 1
        if connection.used >= MESSAGES_EACH or not connection.client.is_connected:
            self.drop(connection)
            return
        loop = asyncio.get_running_loop()
        connection.rests_since = loop.time()
        self._resting.append(connection)
        self._free.release()
        if self._closing is None:
            self._closing = loop.call_later(REST_SECONDS, self._close_rested)

    async def end_refused(self, connection: Connection) -> None:
        """The message was refused: the same, once the server has forgotten it."""
        try:
            await connection.client.rset()
        except BaseException as problem:
            self.drop(connection)
            if not isinstance(problem, FAILURES):
                raise
        else:
            self.end(connection)

    def drop(self, connection: Connection) -> None:
        """Nothing more is sent over it."""
        connection.client.close()
        self._free.release()

    def close(self) -> None:
        """Close what rests."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        while self._resting:
            self._resting.pop().client.close()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(hostname=server.host, port=server.port, use_tls=server.tls, timeout=self._timeout)

    async def _begun(self, connection: Connection) -> Connection:
        """Connected, logged in, the sender named. A refusal here is about us, not about the recipient."""
        client = connection.client
        try:
            if not client.is_connected and not connection.used:
                await self._log_in(client)
            await client.mail(self._sender)
        except BaseException:
            client.close()
            raise
        return connection

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        await client.connect()
        if self._server.user:
            await client.login(self._server.user, self._server.password or "")
        else:
            await client.ehlo()

    def _close_rested(self) -> None:
        """The oldest stand first: what was used last is used next."""
        loop, self._closing = asyncio.get_running_loop(), None
        while self._resting and self._resting[0].rests_since + REST_SECONDS <= loop.time():
            self._resting.pop(0).client.close()
        if self._resting:
            self._closing = loop.call_later(REST_SECONDS, self._close_rested)
