"""One event's data → what it asks for, or why it is refused: the same shapes and tests as for a row of a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from services.registration import health, rules, values
from services.registration.areas import area
from services.registration.commands import (
    Claimed,
    Command,
    ContactDetails,
    Delisted,
    Enrolled,
    Heads,
    Listed,
    Reference,
    Stated,
)
from services.registration.rows import occupation
from services.registration.values import Refusal, Refused, none, ok
from shared.events import reference
from shared.events.model import Kind, Scale, Segment
from shared.regions import RegionError, Regions

DEFAULT_LIST: Final = "default"
OCCUPATIONS: Final = frozenset(("farmer", "fisher", "home_industry", "driver", "trader", "other"))
LONGEST_TEXT: Final = 500
SCOPES: Final = {"partner": "publish", "enrollment": "enroll", "claim": "enroll"}
"""The scope a type's first word needs; the rest may be said by whoever has either."""

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Speaker:
    """On whose behalf events are read."""

    regions: tuple[str, ...]
    jkp: bool = False


class EventReader:
    """Reads events' data for one agency."""

    def __init__(self, speaker: Speaker, regions: Regions) -> None:
        self._speaker = speaker
        self._regions = regions
        self._readers: dict[str, Callable[[Data], Command]] = {
            "partner.listed": self._listed,
            "partner.delisted": self._delisted,
            "enrollment.registered": self._enrolled,
            "enrollment.changed": self._enrolled,
            "enrollment.lapsed": self._lapsed,
            "claim.filed": lambda data: self._claimed(data, "filed"),
            "claim.paid": lambda data: self._claimed(data, "paid"),
            "claim.rejected": lambda data: self._claimed(data, "rejected"),
            "target.set": self._target,
            "denominator.set": self._denominator,
            "briefing.held": self._briefing,
            "agreement.signed": self._agreement,
        }

    def read(self, kind: Any, data: Any) -> Command | Refusal:
        """What the event asks for, or the first thing that is wrong with it."""
        reader = self._readers.get(kind) if isinstance(kind, str) else None
        if reader is None:
            return Refusal("unknown_type", "type", "No event type of this name is taken.")
        if not isinstance(data, dict):
            return Refusal("missing_field", "data", "The event has no data object.")
        try:
            return reader(data)
        except Refused as way_out:
            return way_out.refusal

    # --- the types ------------------------------------------------------------------------------------------------

    def _listed(self, data: Data) -> Listed:
        name = _text(data, "name")
        if values.absent(name):
            raise Refused(Refusal("missing_name", "name", "The partner's name is not given."))
        partner = self._partner(_object(data, "partner"), "partner", name, required=False)
        kind = _choice(data, "kind", ("cooperative", "business", "individual"))
        region = self._place(data)
        heads = _heads(data)
        listed_on = _day(data, "listed_on")
        scale = _choice(data, "scale", ("micro", "small", "medium", "large"), optional=True)
        contact, warnings = _contact(data)
        if partner.nik is not None:
            known = self._regions.get(f"{partner.nik[:2]}.{partner.nik[2:4]}") is not None
            warnings += values.nik_warnings(partner.nik, known)
        cooperative = data.get("cooperative")
        return Listed(
            partner=partner,
            name=name,
            kind=cast(Kind, kind),
            region=region,
            list=_text(data, "list") or DEFAULT_LIST,
            listed_on=listed_on,
            scale=cast(Scale | None, scale),
            occupation=_occupation(data),
            cooperative=self._partner(cooperative, "cooperative", None) if cooperative is not None else None,
            heads=Heads(total=1) if kind == "individual" and heads == Heads() else heads,
            contact=contact,
            warnings=warnings,
        )

    def _delisted(self, data: Data) -> Delisted:
        partner = self._partner(_needed(data, "partner"), "partner", None)
        return Delisted(partner, _text(data, "list") or DEFAULT_LIST)

    def _enrolled(self, data: Data) -> Enrolled:
        number = _participant(data)
        partner = self._partner(_object(data, "partner"), "partner", None, required=False)
        region = self._place(data)
        start = _day(data, "effective_on")
        until = _day(data, "until") if data.get("until") is not None else None
        if until is not None and until <= start:
            raise Refused(Refusal("invalid_date", "until", "The end is not after the start."))
        segment = cast(Segment, _choice(data, "segment", ("PU", "BPU")))
        scale = cast(Scale | None, _choice(data, "scale", ("micro", "small", "medium", "large"), optional=True))
        held = ok(rules.programmes(_names(data, "programmes"), self._speaker.jkp))
        none(rules.judge(held, segment, scale))
        return Enrolled(number, start, partner, region, held, segment, scale, _heads(data), until)

    def _lapsed(self, data: Data) -> Enrolled:
        return Enrolled(_participant(data), _day(data, "effective_on"))

    def _claimed(self, data: Data, status: str) -> Claimed:
        if health.told(data):
            raise Refused(Refusal("health_data", "data", "A claim's cause or diagnosis must not be sent."))
        claim_ref = _required_text(data, "claim_ref")
        number = _participant(data)
        held = ok(rules.programmes([_required_text(data, "programme")], self._speaker.jkp, "programme"))
        amount = _needed(data, "amount")
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < amount <= values.MAX_AMOUNT:
            raise Refused(Refusal("invalid_amount", "amount", "The amount is whole rupiah above zero."))
        paid_on = _day(data, "paid_on") if data.get("paid_on") is not None else None
        return Claimed(claim_ref, number, held[0], amount, _day(data, "occurred_on"), status, paid_on)

    def _target(self, data: Data) -> Stated:
        region, measure, source = self._area(data), _required_text(data, "measure"), _required_text(data, "source")
        start, until = _day(data, "from"), _day(data, "until")
        if until < start:
            raise Refused(Refusal("invalid_date", "until", "The end is before the start."))
        fields = {
            "region": region,
            "measure": measure,
            "value": _whole(data, "value"),
            "start": start,
            "until": until,
            "source": source,
            "list": _text(data, "list") or None,
        }
        return Stated("target.set", reference.key(measure, region, start, source), fields)

    def _denominator(self, data: Data) -> Stated:
        region, measure, source = self._area(data), _required_text(data, "measure"), _required_text(data, "source")
        as_of, value = _day(data, "as_of"), _needed(data, "value")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e15:
            raise Refused(Refusal("invalid_value", "value", "The value is a number from 0."))
        fields = {
            "region": region,
            "measure": measure,
            "value": float(value),
            "as_of": as_of,
            "source": source,
            "status": _required_text(data, "status"),
        }
        return Stated("denominator.set", reference.key(measure, region, as_of, source), fields)

    def _briefing(self, data: Data) -> Stated:
        region, held_on = self._area(data), _day(data, "held_on")
        batch = str(given) if isinstance(given := data.get("batch"), int) else _text(data, "batch")
        fields = {
            "region": region,
            "name": _required_text(data, "name"),
            "batch": batch,
            "held_on": held_on,
            "quota": _whole(data, "quota") if data.get("quota") is not None else None,
        }
        guests = data.get("attendees") or []
        if not isinstance(guests, list):
            raise Refused(Refusal("invalid_value", "attendees", "attendees is a list of partners."))
        attendees = tuple(self._partner(guest, "attendees", None) for guest in guests)
        key = reference.key("briefing.held", region, held_on, batch)
        return Stated("briefing.held", key, fields, attendees)

    def _agreement(self, data: Data) -> Stated:
        title, region, signed = _required_text(data, "title"), self._area(data), _day(data, "date")
        number = _text(data, "number") or None
        fields = {
            "title": title,
            "parties": _names(data, "parties"),
            "date": signed,
            "region": region,
            "number": number,
        }
        return Stated("agreement.signed", reference.key("agreement.signed", region, signed, number or title), fields)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _partner(self, given: Any, field: str, name: str | None, required: bool = True) -> Reference:
        """A reference; identifiers present must be well formed, numbers must not come as JSON numbers."""
        if not isinstance(given, dict):
            raise Refused(Refusal("invalid_value", field, f"{field} is an object naming a partner."))
        nik = ok(_identifier(given, "nik", "invalid_nik", values.nik))
        nib = ok(_identifier(given, "nib", "invalid_nib", values.nib))
        region = given.get("region")
        own_name = name or _text(given, "name") or None
        found = Reference(
            id=_text(given, "id") or None,
            ref=_text(given, "ref") or None,
            nib=nib,
            nik_koperasi=values.nik_koperasi(_text(given, "nik_koperasi")),
            nik=nik,
            name=own_name,
            region=self._resolve(str(region)) if region is not None else None,
        )
        if required and found == Reference(region=found.region):
            raise Refused(Refusal("missing_field", field, f"{field} names nobody."))
        return found

    def _place(self, data: Data) -> str:
        code = self._resolve(_required_text(data, "region"))
        if not self._regions.within(self._speaker.regions, code):
            raise Refused(Refusal("outside_jurisdiction", "region", f"Your agency does not speak for {code}."))
        return code

    def _resolve(self, text: str) -> str:
        own = self._speaker.regions[0] if len(self._speaker.regions) == 1 else None
        try:
            return self._regions.resolve(text, own)
        except RegionError as unknown:
            raise Refused(
                Refusal(unknown.code, "region", "No regency has this name or code, or two have it.")
            ) from None

    def _area(self, data: Data) -> str:
        """A region of any level that lies wholly within the agency's."""
        return ok(area(self._regions, self._speaker.regions, _required_text(data, "region")))


def _needed(data: Data, field: str) -> Any:
    value = data.get(field)
    if value is None or value == "":
        raise Refused(Refusal("missing_field", field, f"{field} is not given."))
    return value


def _object(data: Data, field: str) -> Any:
    return _needed(data, field)


def _text(data: Data, field: str) -> str:
    value = data.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(Refusal("invalid_value", field, f"{field} is a text."))
    if len(value) > LONGEST_TEXT:
        raise Refused(Refusal("invalid_value", field, f"{field} is longer than {LONGEST_TEXT} characters."))
    return value.replace("\x00", "").strip()


def _required_text(data: Data, field: str) -> str:
    text = _text(data, field)
    if not text:
        raise Refused(Refusal("missing_field", field, f"{field} is not given."))
    return text


def _participant(data: Data) -> str:
    text = _text(data, "participant_no")
    if values.absent(text):
        raise Refused(Refusal("missing_participant_no", "participant_no", "No participant number is given."))
    return text


def _day(data: Data, field: str) -> date:
    value = _needed(data, field)
    if not isinstance(value, str):
        raise Refused(Refusal("invalid_date", field, "A day is a text: 2021-12-31."))
    return ok(values.day(value, field))


def _choice(data: Data, field: str, choices: Sequence[str], optional: bool = False) -> str | None:
    value = data.get(field)
    if value is None and optional:
        return None
    if _needed(data, field) not in choices:
        raise Refused(Refusal("invalid_value", field, f"{field} is one of {', '.join(choices)}."))
    return str(value)


def _whole(data: Data, field: str) -> int:
    value = _needed(data, field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**12:
        raise Refused(Refusal("invalid_value", field, f"{field} is a whole number from 0."))
    return value


def _names(data: Data, field: str) -> list[str]:
    value = _needed(data, field)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refused(Refusal("invalid_value", field, f"{field} is a list of texts."))
    return value


def _identifier(
    given: Data, field: str, code: str, read: Callable[[str], str | Refusal | None]
) -> str | Refusal | None:
    value = given.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        damaged = "nik_excel_damaged" if field == "nik" and number else code
        return Refusal(damaged, field, f"A {field.upper()} is sent as text: a number loses digits.")
    return read(value)


def _heads(data: Data) -> Heads:
    """A number of workers, or their numbers by job level."""
    given = data.get("workers")
    if given is None:
        return Heads()
    if isinstance(given, dict):
        levels = {
            name: _count(given[name]) for name in ("management", "staff", "labour") if given.get(name) is not None
        }
        return Heads(sum(levels.values()) if levels else None, **levels)
    return Heads(total=_count(given))


def _count(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= values.MAX_WORKERS:
        raise Refused(Refusal("invalid_worker_count", "workers", "A number of workers is a whole number from 0."))
    return given


def _occupation(data: Data) -> str | None:
    text = _text(data, "occupation")
    return text if text in OCCUPATIONS else occupation(text)


def _contact(data: Data) -> tuple[ContactDetails, tuple[str, ...]]:
    given = data.get("contact") or {}
    if not isinstance(given, dict):
        raise Refused(Refusal("invalid_value", "contact", "contact is an object."))
    phone, unusable = values.phone(_text(given, "phone"))
    details = ContactDetails(
        person=_text(given, "name") or None,
        phone=phone,
        email=_text(given, "email") or None,
        language=_text(given, "language") or None,
        address=_text(data, "address") or None,
    )
    return details, ("phone_unusable",) if unusable else ()
