"""Where Kafka is and who we are, in one text as a database's DSN; what each client library needs of it.

`host:port[,host:port]`: a broker that is open to everybody, as in most tests.
`scram://user:password@host:port[,host:port]`: SCRAM-SHA-512; `scram+tls://` the same over TLS, with the system's
certificate authorities (or those of SSL_CERT_FILE). `plain://…`: the broker's own listener, for the administrator.
User and password are percent-encoded.
"""

import re
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

_MECHANISMS = {"scram": "SCRAM-SHA-512", "scram+tls": "SCRAM-SHA-512", "plain": "PLAIN"}
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")

EXPECTED = "expected host:port[,host:port] or scram://user:password@host:port[,host:port], percent-encoded"


@dataclass(frozen=True)
class KafkaUrl:
    """`servers` to begin with (`host:port`); `mechanism` None: the broker asks nobody who it is."""

    servers: tuple[str, ...]
    mechanism: str | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> "KafkaUrl":
        """Raises ValueError, which does not repeat the text: it may hold a password."""
        scheme, separator, rest = text.rpartition("://")
        identity, at, servers = rest.rpartition("@")
        user, colon, password = identity.partition(":")
        addresses = tuple(servers.split(","))
        is_closed = bool(separator)
        if not all(map(_SERVER.fullmatch, addresses)) or is_closed != bool(at):
            raise ValueError(EXPECTED)
        if not is_closed:
            return cls(addresses)
        if scheme not in _MECHANISMS or not (user and colon and password):
            raise ValueError(EXPECTED)
        return cls(addresses, _MECHANISMS[scheme], unquote(user), unquote(password), tls=scheme.endswith("+tls"))


def kafka_url(servers: str, user: str, password: str, scheme: str = "scram") -> str:
    """The text that `KafkaUrl.parse` reads."""
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{servers}"


def aiokafka_options(kafka: str) -> dict[str, Any]:
    """Keyword arguments for aiokafka's consumer, producer and administration client."""
    url = KafkaUrl.parse(kafka)
    options: dict[str, Any] = {"bootstrap_servers": list(url.servers)}
    if url.mechanism is None:
        return options
    return options | {
        "security_protocol": _protocol(url),
        "ssl_context": ssl.create_default_context() if url.tls else None,
        "sasl_mechanism": url.mechanism,
        "sasl_plain_username": url.user,
        "sasl_plain_password": url.password,
    }


def librdkafka_options(kafka: str) -> dict[str, Any]:
    """The configuration of confluent-kafka's clients."""
    url = KafkaUrl.parse(kafka)
    options: dict[str, Any] = {"bootstrap.servers": ",".join(url.servers)}
    if url.mechanism is None:
        return options
    return options | {
        "security.protocol": _protocol(url),
        "sasl.mechanism": url.mechanism,
        "sasl.username": url.user,
        "sasl.password": url.password,
    }


def _protocol(url: KafkaUrl) -> str:
    return "SASL_SSL" if url.tls else "SASL_PLAINTEXT"
