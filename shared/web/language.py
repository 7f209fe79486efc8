"""The pages' languages: texts by gettext, numbers and dates by Babel. The English text is the id of a message."""

import io
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from shared.jakarta import ZONE
from shared.web.sentences import Sentences

LOCALE: Final = Path(__file__).with_name("locale")
CODES: Final = ("id", "en")
DEFAULT: Final = "id"
_ISO_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")


class Language:
    """One language: `gettext`, `ngettext`, and how it writes figures and days. None is written as –."""

    def __init__(self, code: str, translations: NullTranslations, messages: Iterable[str] = ()) -> None:
        self.code = code
        self.sentence = Sentences(list(messages), translations.gettext, self.day, self.moment).translated
        """What a service answered, in this language."""
        self._locale = Locale.parse(code)
        self._percent = "#,##0.{}\u00a0%" if code == "id" else "#,##0.{}%"
        self.gettext, self.ngettext = translations.gettext, translations.ngettext

    def explained(self, text: str) -> str:
        """A sentence that a service answered, its days as people write them: on 2026-03-02 → pada 2 Mar 2026."""
        return _ISO_DAY.sub(self._day_within, self.sentence(text))

    def _day_within(self, found: re.Match[str]) -> str:
        with suppress(ValueError):  # another number of this form
            return self.day(found[0])
        return found[0]

    @property
    def name(self) -> str:
        """The language in itself: Indonesia, English."""
        return str(self._locale.get_language_name(self._locale)).removeprefix("Bahasa ")

    def number(self, value: float | None, digits: int = 0) -> str:
        """12345 → 12.345 or 12,345; with `digits` places after the mark."""
        if value is None:
            return "–"
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=self._locale)

    def compact(self, value: float | None) -> str:
        """Where there is no room: 12.345 in full, from a hundred thousand on 123,5 rb or 123.5K."""
        if value is None or abs(value) < 100_000:
            return self.number(value)
        return numbers.format_compact_decimal(value, locale=self._locale, fraction_digits=1)

    def percent(self, rate: float | None, digits: int = 1) -> str:
        """0.0812 → 8,1 % or 8.1%. What is not nothing is not shown as 0: 0.00001 → < 0,1 %."""
        if rate is None:
            return "–"
        pattern = self._percent.format("0" * digits)
        text, zero = (numbers.format_percent(each, format=pattern, locale=self._locale) for each in (rate, 0))
        if rate > 0 and text == zero:
            return "< " + numbers.format_percent(10.0 ** -(digits + 2), format=pattern, locale=self._locale)
        return text

    def day(self, value: date | str | None) -> str:
        """A day, or an ISO text of one: 31 Des 2025. Of a time with its zone, the day in Jakarta."""
        if value is None:
            return "–"
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(parsed, datetime) and parsed.tzinfo:
            parsed = parsed.astimezone(ZONE)
        return dates.format_date(parsed, "d MMM y", locale=self._locale)

    def month(self, value: str, pattern: str = "MMM y") -> str:
        """2026-10 → Okt 2026, or as another pattern has it."""
        return dates.format_date(date.fromisoformat(f"{value}-01"), pattern, locale=self._locale)

    def moment(self, value: datetime | str | None) -> str:
        """A time with its zone, or an ISO text of one, in Jakarta: 31 Des 2025 14.05 WIB."""
        if value is None:
            return "–"
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
        clock = "HH.mm" if self.code == "id" else "HH:mm"
        return dates.format_datetime(parsed, f"d MMM y {clock} 'WIB'", tzinfo=ZONE, locale=self._locale)

    def duration(self, seconds: float | None) -> str:
        """518400 → 6 hari."""
        if seconds is None:
            return "–"
        return dates.format_timedelta(timedelta(seconds=seconds), locale=self._locale, threshold=1.2)


def load() -> dict[str, Language]:
    """Both languages, their catalogues read anew."""
    indonesian = _read("id")
    messages = [message.id for message in indonesian if isinstance(message.id, str) and message.id]
    return {
        "id": Language("id", _translations(indonesian), messages),
        "en": Language("en", NullTranslations()),
    }


def catalogue(code: str) -> Path:
    return LOCALE / code / "LC_MESSAGES" / "payung.po"


def _read(code: str) -> Catalog:
    with catalogue(code).open("rb") as file:
        return read_po(file, locale=code)


def _translations(messages: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


def asked_for(cookies: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    """The language that a caller asks for, None for a program that asks for none."""
    is_asked = cookies.get(COOKIE) in CODES or "accept-language" in headers
    return chosen(cookies, headers) if is_asked else None


def chosen(cookies: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The language that a browser asks for: by its cookie, else by Accept-Language, else the default.

    >>> chosen({}, {"accept-language": "fr, en-GB;q=0.8, id;q=0.7"})
    'en'
    """
    if cookies.get(COOKIE) in CODES:
        return cookies[COOKIE]
    wanted = []
    for position, part in enumerate(headers.get("accept-language", "").split(",")):
        tag, _, weight = part.partition(";q=")
        code = tag.strip().lower().partition("-")[0]
        code = "id" if code == "in" else code  # Java's and old Android's name for Indonesian
        if code in CODES:
            wanted.append((-_weight(weight), position, code))
    return min(wanted)[2] if wanted else DEFAULT


COOKIE: Final = "payung_language"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
