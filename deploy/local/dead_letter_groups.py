"""Dead letters for people: grouped, described without personal data, and which of them somebody means."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from shared.bus.dead_letters import DeadLetter
from shared.bus.principals import INTAKE_PREFIX

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_TYPE: Final = re.compile(r"[a-z]+\.[a-z_]+")


class _OfAgency(msgspec.Struct):
    agency: str = ""


@dataclass(frozen=True)
class Choice:
    """Which dead letters are meant: what is not given matches all. `reason` is how the reason begins; `before` a
    release that has not tried them."""

    topic: str | None = None
    reason: str | None = None
    agency: str | None = None
    id: str | None = None
    before: str | None = None

    def matches(self, letter: DeadLetter) -> bool:
        return (
            self.topic in (None, letter.topic)
            and letter.reason.startswith(self.reason or "")
            and self.agency in (None, agency_of(letter))
            and self.id in (None, letter.id)
            and (self.before is None or self.before != letter.release)
        )


def agency_of(letter: DeadLetter) -> str:
    """The agency that sent it, by its topic or by the fact; "" where neither says it."""
    if letter.topic.startswith(INTAKE_PREFIX):
        return letter.topic.removeprefix(INTAKE_PREFIX)
    try:
        agency = msgspec.json.decode(letter.record.value or b"{}", type=_OfAgency).agency
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return agency if _SLUG.fullmatch(agency) else ""


def groups(letters: Iterable[DeadLetter]) -> list[dict[str, Any]]:
    """One row a topic, reason code and agency, the most frequent first: count, oldest, newest, cut, ids."""
    found: dict[tuple[str, str, str], list[DeadLetter]] = {}
    for letter in letters:
        found.setdefault((letter.topic, letter.code, agency_of(letter)), []).append(letter)
    rows = [
        {
            "topic": topic,
            "reason": code,
            "agency": agency or None,
            "count": len(own),
            "oldest": min(each.first_failure for each in own),
            "newest": max(each.last_failure for each in own),
            "cut": sum(each.is_cut for each in own),
            "ids": [each.id for each in own],
        }
        for (topic, code, agency), own in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["topic"], row["reason"], row["agency"] or ""))


def described(letter: DeadLetter) -> dict[str, str]:
    """What may be shown of one to anybody: neither key nor contents, which may be personal."""
    return {
        "reason": letter.reason,
        "agency": agency_of(letter) or "not known",
        "refused by": letter.consumer,
        "came from": letter.origin,
        "first failure": letter.first_failure,
        "last failure": letter.last_failure,
        "type": letter.type if _TYPE.fullmatch(letter.type) else "unknown",
        "size": f"{len(letter.record.value or b''):,} bytes" + (", cut: cannot be put back" if letter.is_cut else ""),
    }


def contents(letter: DeadLetter) -> dict[str, str]:
    """The record itself; may be personal."""
    headers = {name: _text(value) for name, value in letter.record.headers if name.startswith("ce_")}
    return {"key": _text(letter.record.key), **headers, "value": _text(letter.record.value)}


def came_back(before: Sequence[DeadLetter], now: Iterable[DeadLetter]) -> list[DeadLetter]:
    """Those that failed again: they are there now and were not before. Those that stayed have another id now."""
    known = {_failure(letter) for letter in before}
    return [letter for letter in now if _failure(letter) not in known]


def _failure(letter: DeadLetter) -> tuple[str, str, str]:
    return letter.origin, letter.consumer, letter.last_failure


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="backslashreplace")
