"""Which scope a kind of event or file needs. Pure."""

from collections.abc import Callable
from typing import Any, Final

BY_FIRST_WORD: Final = {
    "partner": "publish",
    "partners": "publish",
    "persons": "publish",
    "enrollment": "enroll",
    "enrollments": "enroll",
    "claim": "enroll",
    "claims": "enroll",
}
"""By the first word of an event's type or a file's kind; for the others either of SENDING is enough."""

SENDING: Final = ("publish", "enroll")
"""Who has neither of these scopes may not send at all."""

May = Callable[[str], bool]
"""Whether the sender has this scope."""


def lacking(kind: Any, may: May) -> str | None:
    """The scope that the sender lacks for events of this type or files of this kind, None if it may send them."""
    needed = BY_FIRST_WORD.get(kind.partition(".")[0]) if isinstance(kind, str) else None
    if needed is None:
        return None if any(map(may, SENDING)) else SENDING[0]
    return None if may(needed) else needed


def hidden_words(may: May) -> list[str]:
    """The first words of the kinds that the sender may not send."""
    return [word for word, scope in BY_FIRST_WORD.items() if not may(scope)]
