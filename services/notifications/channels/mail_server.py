"""Where mail is handed in, as a URL says it."""

from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit


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
