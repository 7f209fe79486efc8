"""The sentences of refusals, warnings and reports in another language than English, in which they are made and stored.

A sentence is found again in the catalogue by its text, `A NIB has exactly 13 digits.`, or by its template,
`{field} has at most {limit} characters.`, whose values are put into the translation. So what was stored is translated
when it is shown, in whatever language. What is not found stays as it is.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Final

Gettext = Callable[[str], str]

ANOTHER_FAULT: Final = "Also {field} ({code}): "
"""Before each further fault of a row."""
LONGEST: Final = 4_000
"""Characters; what is longer is not looked up."""
LONGEST_MESSAGE: Final = 1_000
"""Characters of one message within it: the time of a template with three values grows with the cube of them."""
MOST_KEPT: Final = 4_096
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_ANOTHER_FAULT: Final = re.compile(r" Also ([\w.]+|None) \(([a-z_]+)\): ")
_END: Final = re.compile(r"(?<=[.:]) (?=[A-Z'0-9])")
_NAMES: Final = frozenset(("field", "name", "meaning", "twice", "first", "found", "found_2", "code"))
"""Placeholders of one word: a field's name, no text."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?", re.ASCII)
_ALTERNATIVES: Final = " or "


class Sentences:
    """The catalogue's messages as they are looked up: `templates` are those with placeholders in braces.

    `day` and `moment` write a value that is an ISO date or time as people do.
    """

    def __init__(self, messages: Iterable[str], gettext: Gettext, day: Gettext = str, moment: Gettext = str) -> None:
        self._gettext, self._day, self._moment = gettext, day, moment
        self._plain = {text for text in messages if not _PLACEHOLDER.search(text)}
        templates = [text for text in messages if _PLACEHOLDER.search(text)]
        templates.sort(key=lambda text: (-len(_PLACEHOLDER.sub("", text)), text))
        self._templates = [(re.compile(_pattern(text), re.DOTALL), text) for text in templates]
        self.translated = lru_cache(maxsize=MOST_KEPT)(self._translated)

    def _translated(self, text: str) -> str:
        """The text, sentence by sentence."""
        if len(text) > LONGEST:
            return text
        first, *others = _ANOTHER_FAULT.split(text)
        found = [self._whole(first)]
        for field, code, fault in zip(others[::3], others[1::3], others[2::3], strict=True):
            found.append(
                self._gettext(ANOTHER_FAULT).format(field=self._value(field), code=code).strip()
                + " "
                + self._whole(fault)
            )
        return " ".join(found)

    def _whole(self, text: str) -> str:
        """One message, or several behind each other; in English where one of them is not known."""
        found = self._before_a_plain_one(text) or self._message(text)
        if found is not None:
            return found
        for end in _END.finditer(text, 0, LONGEST_MESSAGE):
            head = self._message(text[: end.start()])
            if head is not None:
                return f"{head} {self._whole(text[end.end() :])}"
        return text

    def _before_a_plain_one(self, text: str) -> str | None:
        """A message with one behind it that has no values, which a value of the first would take for its end."""
        for end in _END.finditer(text, 0, LONGEST_MESSAGE):
            tail = text[end.end() :]
            if tail in self._plain and (head := self._message(text[: end.start()])) is not None:
                return f"{head} {self._gettext(tail)}"
        return None

    def _message(self, text: str) -> str | None:
        if text in self._plain:
            return self._gettext(text)
        for pattern, template in self._templates if len(text) <= LONGEST_MESSAGE else ():
            if found := pattern.fullmatch(text):
                values = {name: self._value(value) for name, value in found.groupdict().items()}
                return _PLACEHOLDER.sub(lambda each: values[each[1]], self._gettext(template))  # noqa: B023
        return None

    def _value(self, text: str) -> str:
        """A value that is a message itself is translated as well, and so are a time and the words of ours in it."""
        found = self._time(text) or self._message(text)
        if found is not None:
            return found
        words = [self._gettext(word) if word in self._plain else word for word in text.split(_ALTERNATIVES)]
        return f" {self._gettext('or')} ".join(words)

    def _time(self, text: str) -> str | None:
        if not _TIME.fullmatch(text):
            return None
        with suppress(ValueError):  # as 2021-02-30, of which a message tells
            return self._moment(text) if "T" in text else self._day(text)
        return None


def _pattern(template: str) -> str:
    parts = _PLACEHOLDER.split(template)
    values = (r"[\w.\-]+" if name in _NAMES else r".+?" for name in parts[1::2])
    groups = (f"(?P<{name}>{value})" for name, value in zip(parts[1::2], values, strict=True))
    return "".join(piece for pair in zip(map(re.escape, parts[::2]), [*groups, ""], strict=True) for piece in pair)
