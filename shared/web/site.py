"""What a service's pages work with: the product's addresses, the assets, and the templates in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from shared.web import language
from shared.web.assets import Assets
from shared.web.language import Language
from shared.web.reasons import in_words

TEMPLATES: Final = Path(__file__).with_name("templates")
SERVICES: Final = ("coverage", "registration", "notifications")
"""In the order of the header."""


@dataclass(frozen=True)
class Urls:
    """Where browsers find each service, without a / at the end."""

    registration: str
    coverage: str
    notifications: str

    def of(self, service: str) -> str:
        return str(getattr(self, service))

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(map(self.of, SERVICES))

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https."""
        return self.registration.startswith("https://")

    def is_own(self, url: str) -> bool:
        """Whether an absolute address is of one of the services: the only ones that a browser is sent to."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        is_plain = url.isascii() and url.isprintable() and not set(url) & set(" \\\"'<>") and "@" not in parts.netloc
        return is_plain and any((parts.scheme, parts.hostname, port) == _origin(each) for each in self.all)

    def sign_in(self, following: str | None) -> str:
        """Where to sign in, and to go on from there to `following`."""
        return f"{self.registration}/sign-in" + (f"?next={quote(following, safe='')}" if following else "")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


class Site:
    """One service's pages. `templates` is the service's own folder, beside the shared one."""

    def __init__(self, service: str, urls: Urls, assets: Assets, templates: Path) -> None:
        self.service, self.urls, self.assets = service, urls, assets
        self.languages = language.load()
        self._environments = {code: self._environment(each, templates) for code, each in self.languages.items()}

    def render(self, template: str, code: str, context: Mapping[str, Any]) -> str:
        """A template in one language; a name that it does not know is an error."""
        return self._environments[code].get_template(template).render(context)

    def headers(self) -> dict[str, str]:
        """Those of every page. Forms may lead to our other services, where sign-in ends as well; Pico's marks in form
        fields are images in its style sheet (data:)."""
        policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        return {
            "Content-Security-Policy": f"{policy}; form-action 'self' {' '.join(self.urls.all)}",
            "Referrer-Policy": "strict-origin",
            "Cache-Control": "no-store",
            "Vary": "Accept-Encoding, Accept-Language, Cookie",
        }

    def _environment(self, spoken: Language, templates: Path) -> Environment:
        made = Environment(
            loader=ChoiceLoader([FileSystemLoader(templates), FileSystemLoader(TEMPLATES)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        made.policies["ext.i18n.trimmed"] = True
        install: Any = getattr(made, "install_gettext_callables")  # noqa: B009 - the extension adds it
        install(spoken.gettext, spoken.ngettext, newstyle=True)
        formats = ("number", "compact", "percent", "day", "month", "moment", "duration", "sentence", "explained")
        for name in formats:
            made.filters[name] = getattr(spoken, name)
        made.globals |= {
            "language": spoken,
            "reason": partial(in_words, language=spoken.code),
            "languages": self.languages,
            "asset": self.assets.url,
            "missing_assets": self.assets.missing,
            "urls": self.urls,
            "service": self.service,
            "services": SERVICES,
        }
        return made
