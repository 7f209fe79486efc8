"""The fields of an event's data. Every reader returns the value, or raises Refused with the refusal of the field."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.registration.intake import values
from services.registration.intake.cells import days, identifiers, phones, placeholders, vocabulary
from services.registration.intake.commands import ContactDetails, Heads, Reference
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refused, checked
from shared.events.text_limits import MOST_ATTENDEES, MOST_PARTIES, MOST_PROGRAMMES, limit_of
from shared.refusals import WarningCode

Data = Mapping[str, Any]

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LANGUAGES = ("id", "en")


def needed(data: Data, field: str) -> Any:
    value = data.get(field)
    if value is None or value == "":
        raise Refused("missing_field", field, f"{field} is not given.")
    return value


def text(data: Data, field: str) -> str:
    value = data.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused("invalid_value", field, f"{field} is a text.")
    if len(value) > limit_of(field):
        checked(values.within(value, field))
    return value.replace("\x00", "").strip()


def required_text(data: Data, field: str) -> str:
    value = text(data, field)
    if not value:
        raise Refused("missing_field", field, f"{field} is not given.")
    return value


def participant_no(data: Data) -> str:
    number = text(data, "participant_no")
    if placeholders.is_nothing(number):
        raise Refused("missing_participant_no", "participant_no", "No participant number is given.")
    return number


def day(data: Data, field: str) -> date:
    """A day as programs write it; another form may be read in two ways (03/04/2021), as no column shows which."""
    value = needed(data, field)
    if not isinstance(value, str) or (len(value) <= limit_of(field) and not _DAY.fullmatch(value)):
        raise Refused("invalid_date", field, f"{field} is a day of the form 2021-12-31.")
    return checked(days.day(checked(values.within(value, field)), field))


def choice(data: Data, field: str, choices: Sequence[str], optional: bool = False) -> str | None:
    value = data.get(field)
    if value is None and optional:
        return None
    if needed(data, field) not in choices:
        raise Refused("invalid_value", field, f"{field} is one of {', '.join(choices)}.")
    return str(value)


def whole(data: Data, field: str) -> int:
    value = needed(data, field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**12:
        raise Refused("invalid_value", field, f"{field} is a whole number from 0.")
    return value


def number(data: Data, field: str) -> float:
    value = needed(data, field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e12:
        raise Refused("invalid_value", field, "The value is a number from 0 up to a trillion.")
    return float(value)


def amount(data: Data, field: str) -> int:
    """Whole rupiah above zero."""
    value = needed(data, field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= values.MAX_AMOUNT:
        raise Refused("invalid_amount", field, "The amount is whole rupiah above zero.")
    return value


def parties(data: Data) -> list[str]:
    return _texts(data, "parties", MOST_PARTIES)


def programmes(data: Data) -> list[str]:
    return _texts(data, "programmes", MOST_PROGRAMMES)


def _texts(data: Data, field: str, most: int) -> list[str]:
    value = needed(data, field)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refused("invalid_value", field, f"{field} is a list of texts.")
    return [checked(values.within(each, field)) for each in checked(values.at_most(value, field, most))]


def end(data: Data, start: date) -> date | None:
    """The day in `until`, which comes after `start`; None where it is open (not given, 9999-12-31, 1900-01-01)."""
    given = data.get("until")
    if given is None or (isinstance(given, str) and days.is_open_end(given)):
        return None
    until = day(data, "until")
    if until <= start:
        raise Refused("invalid_date", "until", "The end is not after the start.")
    return until


def number_warnings(given: Any, found: Reference, jurisdiction: Jurisdiction) -> tuple[WarningCode, ...]:
    """What is odd about a partner's numbers: a NIK of no district or day, or what is no number in their place."""
    numbers = {"nik": found.nik, "nib": found.nib, "nik_koperasi": found.nik_koperasi}
    sent = given if isinstance(given, dict) else {}
    is_any = any(identifiers.is_left_out(str(sent.get(name) or ""), number) for name, number in numbers.items())
    odd = () if found.nik is None else identifiers.nik_warnings(found.nik, jurisdiction.nik_district_exists(found.nik))
    return ((identifiers.LEFT_OUT,) if is_any else ()) + odd


def optional_day(data: Data, field: str) -> date | None:
    return day(data, field) if data.get(field) is not None else None


def nik(given: Data) -> str | None:
    """A NIK; sent as a JSON number it may have lost digits."""
    value = given.get("nik")
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Refused("nik_excel_damaged", "nik", "A NIK is sent as text: a number loses digits.")
    if value is not None and not isinstance(value, str):
        raise Refused("invalid_nik", "nik", "A NIK is sent as text: a number loses digits.")
    return checked(identifiers.nik(value or ""))


def nib(given: Data) -> str | None:
    value = given.get("nib")
    if value is not None and not isinstance(value, str):
        raise Refused("invalid_nib", "nib", "A NIB is sent as text: a number loses digits.")
    return checked(identifiers.nib(value or ""))


def reference(given: Any, field: str, jurisdiction: Jurisdiction, name: str | None = None) -> Reference:
    """What names a partner, possibly nothing; identifiers that are given must be well formed."""
    if not isinstance(given, dict):
        raise Refused("invalid_value", field, f"{field} is an object naming a partner.")
    person, business = nik(given), nib(given)
    region = _region(given)
    name = name or text(given, "name") or None
    return Reference(
        id=text(given, "id") or None,
        ref=text(given, "ref") or None,
        nib=business,
        nik_koperasi=identifiers.nik_koperasi(text(given, "nik_koperasi")),
        nik=person,
        name=name,
        region=checked(jurisdiction.regency(region)) if region is not None else None,
    )


def _region(given: Data) -> str | None:
    """The text of a reference's region; a number is read as its digits."""
    region = given.get("region")
    return None if region is None else checked(values.within(str(region)[: limit_of("region") + 1], "region"))


def named_partner(given: Any, field: str, jurisdiction: Jurisdiction) -> Reference:
    """As `reference`; refused unless it names somebody."""
    found = reference(given, field, jurisdiction)
    if found == Reference(region=found.region):
        raise Refused("missing_field", field, f"{field} names nobody.")
    return found


def attendees(data: Data, jurisdiction: Jurisdiction) -> tuple[Reference, ...]:
    given = data.get("attendees") or []
    if not isinstance(given, list):
        raise Refused("invalid_value", "attendees", "attendees is a list of partners.")
    checked(values.at_most(given, "attendees", MOST_ATTENDEES))
    return tuple(named_partner(each, "attendees", jurisdiction) for each in given)


def batch(data: Data) -> str:
    """The batch's name or number."""
    given = data.get("batch")
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) <= values.MAX_AMOUNT:
        return str(given)
    return text(data, "batch")


def place(data: Data, jurisdiction: Jurisdiction) -> str:
    """The regency in `region`, which lies in the agency's regions."""
    return checked(jurisdiction.place(required_text(data, "region")))


def area(data: Data, jurisdiction: Jurisdiction) -> str:
    """The region in `region`, of any level, which lies wholly in the agency's regions."""
    return checked(jurisdiction.area(required_text(data, "region")))


def heads(data: Data) -> Heads:
    """A number of workers, or their numbers by job level."""
    given = data.get("workers")
    if given is None:
        return Heads()
    if isinstance(given, dict):
        levels = {name: count(given[name]) for name in ("management", "staff", "labour") if given.get(name) is not None}
        return Heads(count(sum(levels.values())) if levels else None, **levels)
    return Heads(total=count(given))


def count(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= values.MAX_WORKERS:
        detail = f"A number of workers is a whole number from 0 to {values.MAX_WORKERS:,}."
        raise Refused("invalid_worker_count", "workers", detail)
    return given


def occupation(data: Data) -> str | None:
    return vocabulary.occupation(text(data, "occupation"))


def _language(given: Data) -> str | None:
    language = text(given, "language") or None
    return choice({"language": language}, "language", LANGUAGES, optional=True)


def contact(data: Data) -> tuple[ContactDetails, tuple[WarningCode, ...]]:
    given = data.get("contact") or {}
    if not isinstance(given, dict):
        raise Refused("invalid_value", "contact", "contact is an object.")
    phone, unusable = phones.phone(text(given, "phone"))
    details = ContactDetails(
        person=text(given, "name") or None,
        phone=phone,
        email=text(given, "email") or None,
        language=_language(given),
        address=text(data, "address") or None,
    )
    return details, ("phone_unusable",) if unusable else ()
