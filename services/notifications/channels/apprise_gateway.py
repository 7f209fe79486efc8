"""WhatsApp and SMS through one of the providers that the library apprise knows, by its URL.

Apprise says whether a provider took a message, and nothing more: what it did not take is passing, may have left, and is
tried again. Receipts and refusals for good come back through `/v1/inbound`.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from services.notifications.addresses import usable_phone
from services.notifications.channels import Message, Outcome
from services.notifications.channels.gateway import Gateway, is_near
from services.notifications.channels.texts import short_text

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset

AT_ONCE = 16
"""Messages that are handed over side by side, a thread each: apprise waits for its provider."""
SILENCED = ("apprise", "urllib3")
"""Their logs hold numbers, texts and the providers' credentials."""
EXAMPLE = "6281234567890"


@dataclass(frozen=True)
class AppriseGateway:
    """A provider as apprise's URL names it, with `{to}` where the number belongs (digits only, 6281234567890) and
    perhaps `{token}` for a secret that stands beside it."""

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for a URL that cannot be used; what may hold a secret is not repeated."""
        if "{to}" not in self.url:
            raise ValueError("a provider's URL has {to} where the number belongs")
        if ("{token}" in self.url) != bool(self.token):
            raise ValueError("a provider's URL has {token} if a token is given beside it, and only then")
        service = _service(self.of(EXAMPLE))
        if service is None or not _writes_to(service, EXAMPLE):
            raise ValueError("apprise knows no provider of this URL, or none that writes to a number in this place")
        if not _is_private(service):
            raise ValueError("a provider's URL is one with TLS that checks certificates; without in one's own network")

    def of(self, number: str) -> str:
        """The URL of a message to this number."""
        return self.url.replace("{token}", quote(self.token or "", safe="")).replace("{to}", number)


def gateway_of(url: str, token: str | None) -> Gateway | AppriseGateway:
    """What this URL names: a gateway that understands our own request, or a provider of apprise. Raises ValueError."""
    scheme, colon, _ = url.partition("://")
    return AppriseGateway(url, token) if colon and scheme.lower() not in ("http", "https") else Gateway(url, token)


class AppriseChannel:
    """Hands each message to the provider, in a thread. `timeout`: seconds after which no answer is waited for."""

    def __init__(self, name: Literal["whatsapp", "sms"], gateway: AppriseGateway, *, timeout: float = 20) -> None:
        self._name = name
        self._gateway = gateway
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"apprise-{name}")

    async def close(self) -> None:
        """Begin nothing more; what a thread still waits for ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, message: Message) -> Outcome:
        number = usable_phone(message.recipient.phone)
        if number is None:
            return Outcome("failed", "address_unusable")
        try:
            text = short_text(message, self._name)
        except (ValueError, KeyError) as problem:  # our own fault: it must not stop the others
            return Outcome("delayed", f"text: {type(problem).__name__}")
        handing_over = asyncio.get_running_loop().run_in_executor(
            self._threads, _hand_over, self._gateway.of(number.removeprefix("+")), text
        )
        try:
            return await asyncio.wait_for(handing_over, self._timeout)
        except TimeoutError:
            return Outcome("delayed", "apprise: TimeoutError", may_have_left=True, is_server_down=True)


def _hand_over(url: str, text: str) -> Outcome:
    service = _service(url)
    if service is not None and service.notify(text, body_format="text"):
        return Outcome("sent", "apprise: taken")
    return Outcome("delayed", "apprise: not taken", may_have_left=service is not None, is_server_down=True)


def _service(url: str) -> "Apprise | None":
    """The one service of this URL; None if apprise can make nothing of it."""
    from apprise import Apprise  # a second and 40 MB, for those alone who have such a provider

    found = Apprise(asset=_asset())
    if not found.add(url) or len(found) != 1:
        return None
    found[0].redirects = False  # the message would go wherever the provider's answer says
    return found


@cache
def _asset() -> "AppriseAsset":
    """Nothing is kept on disk, and no plug-in but apprise's own is loaded."""
    from apprise import AppriseAsset

    for name in SILENCED:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    return AppriseAsset(storage_mode="memory", plugin_paths=[])


def _writes_to(service: "Apprise", number: str) -> bool:
    """Whether the provider writes to this number: without one some write to their own."""
    plugin = service[0]
    return number in str(plugin.targets if hasattr(plugin, "targets") else plugin.url())


def _is_private(service: "Apprise") -> bool:
    """Whether nobody on the way can read what is sent."""
    plugin = service[0]
    secure = plugin.secure_protocol or ()
    uses_tls = plugin.schema in ((secure,) if isinstance(secure, str) else secure) and plugin.verify_certificate
    return uses_tls or is_near(urlsplit(plugin.url()).hostname or "")
