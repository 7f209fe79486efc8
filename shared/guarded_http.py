"""Posts to an address that others have given: once it was checked, within seconds, not following where it points."""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import httpcore

from shared import public_addresses as addresses
from shared.public_addresses import NotAllowed

SECONDS: Final = 10.0
"""In which the receiver answers, connecting included."""
MOST_READ: Final = 64 << 10
"""Bytes of an answer that are read; what it says does not matter but for its status."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a delivery: the receiver's status, or why there is none."""

    status: int | None
    error: str | None

    @property
    def is_good(self) -> bool:
        return self.error is None

    @property
    def is_final(self) -> bool:
        """410: the receiver says that it is gone for good."""
        return self.status == 410


class _Guarded(httpcore.AsyncNetworkBackend):
    """Resolves a host anew for each connection, and connects to an address that was checked, not to the name."""

    def __init__(self, *, allow_local: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._allow_local = allow_local

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        resolved = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self._allow_local:
            for address in resolved:
                addresses.check_address(address)
        return await self._inner.connect_tcp(resolved[0], port, timeout, local_address, socket_options)


class Receivers:
    """Sends deliveries. `allow_local`: also to private addresses and over http, for trials."""

    def __init__(self, *, allow_local: bool = False) -> None:
        self.allow_local = allow_local

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = httpcore.default_ssl_context()
        context.load_default_certs()
        return context

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """The receiver's answer; good is a status from 200 to 299, a redirect is not followed."""
        try:
            addresses.check_url(url, allow_local=self.allow_local)
            async with asyncio.timeout(SECONDS):
                status = await self._post(url, headers, body)
        except NotAllowed as refused:
            return Answer(None, str(refused))
        except TimeoutError:
            return Answer(None, f"No answer within {SECONDS:.0f} seconds.")
        except (httpcore.NetworkError, httpcore.TimeoutException, OSError, ssl.SSLError) as problem:
            return Answer(None, f"No connection: {_reason(problem)}.")
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, UnicodeError):
            return Answer(None, "The answer is no HTTP.")
        return Answer(status, None if 200 <= status < 300 else f"The receiver answered {status}.")

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        backend = _Guarded(allow_local=self.allow_local)
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, network_backend=backend, max_keepalive_connections=0
            ) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as answer,
        ):
            read = 0
            async for part in answer.aiter_stream():
                read += len(part)
                if read > MOST_READ:
                    break
            return int(answer.status)


def _reason(problem: BaseException) -> str:
    """In words that show nothing of our own network."""
    text = str(problem).lower()
    if "certificate" in text:
        return "its certificate is not trusted"
    if isinstance(problem, ssl.SSLError) or "ssl" in text:
        return "TLS failed"
    if "name" in text or "nodename" in text or "getaddrinfo" in type(problem).__name__.lower():
        return "its name cannot be resolved"
    return "refused or lost"
