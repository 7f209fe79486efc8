"""What every reader of a cell or a field returns: the value, or a refusal with its code, field and sentence."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from shared.events.text_limits import limit_of
from shared.refusals import RefusalCode


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not accepted: a stable code, the field it is about, and a sentence for a person."""

    code: RefusalCode
    field: str | None
    detail: str


class Refused(Exception):  # raised by the tests of a reader, caught by that reader only
    """Carries a refusal out of nested tests."""

    def __init__(self, code: RefusalCode, field: str | None, detail: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, field, detail)


T = TypeVar("T")
S = TypeVar("S", bound=Sized)

MAX_WORKERS: Final = 10_000_000
"""In one row, all levels together; and of each level in all participants of a partner (`records/fact_limits.py`)."""
MAX_AMOUNT: Final = 10**12


def checked(value: T | Refusal) -> T:
    """The value. Raises Refused if it is a refusal."""
    if isinstance(value, Refusal):
        raise Refused(value.code, value.field, value.detail)
    return value


def refuse_if(refusal: Refusal | None) -> None:
    """Raises Refused if there is a refusal."""
    if refusal is not None:
        raise Refused(refusal.code, refusal.field, refusal.detail)


def refuse_unknown(field: str, why: str | None) -> None:
    """Raises Refused where a value is none of those known, with the sentence that says so."""
    if why is not None:
        raise Refused("invalid_value", field, why)


def within(text: str, field: str) -> str | Refusal:
    """The text, if it has no more characters than the field may have."""
    limit = limit_of(field)
    return text if len(text) <= limit else Refusal("too_long", field, f"{field} has at most {limit} characters.")


def at_most(entries: S, field: str, most: int) -> S | Refusal:
    """The list, if it has no more entries than that."""
    return entries if len(entries) <= most else Refusal("too_long", field, f"{field} has at most {most} entries.")


def uuid_or_none(text: str) -> UUID | None:
    """The id in this text, None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
