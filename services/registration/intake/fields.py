"""What one field of an event's data says. Every reader returns the value, or leaves by the refusal of the field."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.registration.intake import values, vocabulary
from services.registration.intake.commands import ContactDetails, Heads
from services.registration.intake.values import Refusal, Refused, ok

LONGEST_TEXT: Final = 500

Data = Mapping[str, Any]


def needed(data: Data, field: str) -> Any:
    value = data.get(field)
    if value is None or value == "":
        raise Refused(Refusal("missing_field", field, f"{field} is not given."))
    return value


def text(data: Data, field: str) -> str:
    value = data.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(Refusal("invalid_value", field, f"{field} is a text."))
    if len(value) > LONGEST_TEXT:
        raise Refused(Refusal("invalid_value", field, f"{field} is longer than {LONGEST_TEXT} characters."))
    return value.replace("\x00", "").strip()


def required_text(data: Data, field: str) -> str:
    said = text(data, field)
    if not said:
        raise Refused(Refusal("missing_field", field, f"{field} is not given."))
    return said


def participant(data: Data) -> str:
    number = text(data, "participant_no")
    if values.absent(number):
        raise Refused(Refusal("missing_participant_no", "participant_no", "No participant number is given."))
    return number


def day(data: Data, field: str) -> date:
    value = needed(data, field)
    if not isinstance(value, str):
        raise Refused(Refusal("invalid_date", field, "A day is a text: 2021-12-31."))
    return ok(values.day(value, field))


def choice(data: Data, field: str, choices: Sequence[str], optional: bool = False) -> str | None:
    value = data.get(field)
    if value is None and optional:
        return None
    if needed(data, field) not in choices:
        raise Refused(Refusal("invalid_value", field, f"{field} is one of {', '.join(choices)}."))
    return str(value)


def whole(data: Data, field: str) -> int:
    value = needed(data, field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**12:
        raise Refused(Refusal("invalid_value", field, f"{field} is a whole number from 0."))
    return value


def names(data: Data, field: str) -> list[str]:
    value = needed(data, field)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refused(Refusal("invalid_value", field, f"{field} is a list of texts."))
    return value


def optional_day(data: Data, field: str) -> date | None:
    return day(data, field) if data.get(field) is not None else None


def identifier(given: Data, field: str, code: str, read: Callable[[str], str | Refusal | None]) -> str | Refusal | None:
    value = given.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        damaged = "nik_excel_damaged" if field == "nik" and number else code
        return Refusal(damaged, field, f"A {field.upper()} is sent as text: a number loses digits.")
    return read(value)


def heads(data: Data) -> Heads:
    """A number of workers, or their numbers by job level."""
    given = data.get("workers")
    if given is None:
        return Heads()
    if isinstance(given, dict):
        levels = {name: count(given[name]) for name in ("management", "staff", "labour") if given.get(name) is not None}
        return Heads(sum(levels.values()) if levels else None, **levels)
    return Heads(total=count(given))


def count(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= values.MAX_WORKERS:
        raise Refused(Refusal("invalid_worker_count", "workers", "A number of workers is a whole number from 0."))
    return given


def occupation(data: Data) -> str | None:
    return vocabulary.occupation(text(data, "occupation"))


def contact(data: Data) -> tuple[ContactDetails, tuple[str, ...]]:
    given = data.get("contact") or {}
    if not isinstance(given, dict):
        raise Refused(Refusal("invalid_value", "contact", "contact is an object."))
    phone, unusable = values.phone(text(given, "phone"))
    details = ContactDetails(
        person=text(given, "name") or None,
        phone=phone,
        email=text(given, "email") or None,
        language=text(given, "language") or None,
        address=text(data, "address") or None,
    )
    return details, ("phone_unusable",) if unusable else ()
