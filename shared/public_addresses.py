"""Where we post to what others have given, as webhooks: public addresses, so that nobody reaches the operator's own
network through us."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 500
SPECIAL: Final = (IPv4Network("100.64.0.0/10"), IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Networks of special purpose that not every release of Python knows."""
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
NAT64: Final = IPv6Network("64:ff9b::/96")
LOWEST_PORT: Final = 1024
"""Besides the port of https: what lies below are other services."""


class NotAllowed(ValueError):
    """The address is not one that we send to; the text says why."""


def check_url(url: str, *, allow_local: bool) -> None:
    """Raises NotAllowed for an URL that can be no webhook, whatever its host's addresses are."""
    if len(url) > LONGEST or not url.isascii() or any(ord(each) <= 32 or each in '\\"<>^`{|}\x7f' for each in url):
        raise NotAllowed(f"The URL has at most {LONGEST} ASCII characters, and no spaces.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotAllowed("This is no URL.") from None
    if parts.scheme != "https" and not (allow_local and parts.scheme == "http"):
        raise NotAllowed("The URL begins with https://.")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise NotAllowed("The URL has a host, and neither a user, a password nor a fragment.")
    if not allow_local:
        if port not in (None, 443) and (port is None or port < LOWEST_PORT):
            raise NotAllowed("The port is 443, or 1024 and above.")
        check_host(host)


def check_host(host: str) -> None:
    """Raises NotAllowed for a host that is an address that is not public, written as one; names are resolved later."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return
    check_address(str(address))


def check_address(address: str) -> None:
    """Raises NotAllowed unless the IP address is a public one, also where an IPv6 address leads to an IPv4 one."""
    if not _is_public(ip_address(address.partition("%")[0])):
        raise NotAllowed("The host's address is not a public one.")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = _within(address)
        if inner is not None:
            return _is_public(inner)
        if address not in GLOBAL_UNICAST:
            return False
    elif any(address in network for network in SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _within(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
