"""One event's data → what it asks for, or why it is refused: the same shapes and tests as for a row of a file."""

from collections.abc import Callable
from typing import Any, Final, cast

from services.registration.intake import fields, health, jurisdiction, programmes, values
from services.registration.intake.commands import (
    Command,
    DelistPartner,
    Enrol,
    FileClaim,
    Heads,
    ListPartner,
    RecordStatement,
    Reference,
)
from services.registration.intake.fields import Data
from services.registration.intake.senders import Speaker
from services.registration.intake.values import Refusal, Refused, none, ok
from shared.events import reference
from shared.events.model import Kind, Scale, Segment
from shared.regions import Regions

DEFAULT_LIST: Final = "default"
SCOPES: Final = {"partner": "publish", "enrollment": "enroll", "claim": "enroll"}
"""The scope a type's first word needs; the rest may be said by whoever has either."""


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

    def _listed(self, data: Data) -> ListPartner:
        name = fields.text(data, "name")
        if values.absent(name):
            raise Refused(Refusal("missing_name", "name", "The partner's name is not given."))
        partner = self._partner(fields.needed(data, "partner"), "partner", name, required=False)
        kind = fields.choice(data, "kind", ("cooperative", "business", "individual"))
        region = self._place(data)
        heads = fields.heads(data)
        listed_on = fields.day(data, "listed_on")
        scale = fields.choice(data, "scale", ("micro", "small", "medium", "large"), optional=True)
        contact, warnings = fields.contact(data)
        if partner.nik is not None:
            known = self._regions.get(f"{partner.nik[:2]}.{partner.nik[2:4]}") is not None
            warnings += values.nik_warnings(partner.nik, known)
        cooperative = data.get("cooperative")
        return ListPartner(
            partner=partner,
            name=name,
            kind=cast(Kind, kind),
            region=region,
            list=fields.text(data, "list") or DEFAULT_LIST,
            listed_on=listed_on,
            scale=cast(Scale | None, scale),
            occupation=fields.occupation(data),
            cooperative=self._partner(cooperative, "cooperative", None) if cooperative is not None else None,
            heads=Heads(total=1) if kind == "individual" and heads == Heads() else heads,
            contact=contact,
            warnings=warnings,
        )

    def _delisted(self, data: Data) -> DelistPartner:
        partner = self._partner(fields.needed(data, "partner"), "partner", None)
        return DelistPartner(partner, fields.text(data, "list") or DEFAULT_LIST)

    def _enrolled(self, data: Data) -> Enrol:
        number = fields.participant(data)
        partner = self._partner(fields.needed(data, "partner"), "partner", None, required=False)
        region = self._place(data)
        start = fields.day(data, "effective_on")
        until = fields.optional_day(data, "until")
        if until is not None and until <= start:
            raise Refused(Refusal("invalid_date", "until", "The end is not after the start."))
        segment = cast(Segment, fields.choice(data, "segment", ("PU", "BPU")))
        scale = cast(Scale | None, fields.choice(data, "scale", ("micro", "small", "medium", "large"), optional=True))
        held = ok(programmes.programmes(fields.names(data, "programmes"), self._speaker.jkp))
        none(programmes.judge(held, segment, scale))
        return Enrol(number, start, partner, region, held, segment, scale, fields.heads(data), until)

    def _lapsed(self, data: Data) -> Enrol:
        return Enrol(fields.participant(data), fields.day(data, "effective_on"))

    def _claimed(self, data: Data, status: str) -> FileClaim:
        if health.told(data):
            raise Refused(Refusal("health_data", "data", "A claim's cause or diagnosis must not be sent."))
        claim_ref = fields.required_text(data, "claim_ref")
        number = fields.participant(data)
        held = ok(programmes.programmes([fields.required_text(data, "programme")], self._speaker.jkp, "programme"))
        amount = fields.needed(data, "amount")
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < amount <= values.MAX_AMOUNT:
            raise Refused(Refusal("invalid_amount", "amount", "The amount is whole rupiah above zero."))
        occurred_on, paid_on = fields.day(data, "occurred_on"), fields.optional_day(data, "paid_on")
        return FileClaim(claim_ref, number, held[0], amount, occurred_on, status, paid_on)

    def _target(self, data: Data) -> RecordStatement:
        region = self._area(data)
        measure, source = fields.required_text(data, "measure"), fields.required_text(data, "source")
        start, until = fields.day(data, "from"), fields.day(data, "until")
        if until < start:
            raise Refused(Refusal("invalid_date", "until", "The end is before the start."))
        said = {
            "region": region,
            "measure": measure,
            "value": fields.whole(data, "value"),
            "start": start,
            "until": until,
            "source": source,
            "list": fields.text(data, "list") or None,
        }
        return RecordStatement("target.set", reference.key(measure, region, start, source), said)

    def _denominator(self, data: Data) -> RecordStatement:
        region = self._area(data)
        measure, source = fields.required_text(data, "measure"), fields.required_text(data, "source")
        as_of, value = fields.day(data, "as_of"), fields.needed(data, "value")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e15:
            raise Refused(Refusal("invalid_value", "value", "The value is a number from 0."))
        said = {
            "region": region,
            "measure": measure,
            "value": float(value),
            "as_of": as_of,
            "source": source,
            "status": fields.required_text(data, "status"),
        }
        return RecordStatement("denominator.set", reference.key(measure, region, as_of, source), said)

    def _briefing(self, data: Data) -> RecordStatement:
        region, held_on = self._area(data), fields.day(data, "held_on")
        batch = str(given) if isinstance(given := data.get("batch"), int) else fields.text(data, "batch")
        said = {
            "region": region,
            "name": fields.required_text(data, "name"),
            "batch": batch,
            "held_on": held_on,
            "quota": fields.whole(data, "quota") if data.get("quota") is not None else None,
        }
        guests = data.get("attendees") or []
        if not isinstance(guests, list):
            raise Refused(Refusal("invalid_value", "attendees", "attendees is a list of partners."))
        attendees = tuple(self._partner(guest, "attendees", None) for guest in guests)
        key = reference.key("briefing.held", region, held_on, batch)
        return RecordStatement("briefing.held", key, said, attendees)

    def _agreement(self, data: Data) -> RecordStatement:
        title, region, signed = fields.required_text(data, "title"), self._area(data), fields.day(data, "date")
        number = fields.text(data, "number") or None
        said = {
            "title": title,
            "parties": fields.names(data, "parties"),
            "date": signed,
            "region": region,
            "number": number,
        }
        return RecordStatement(
            "agreement.signed", reference.key("agreement.signed", region, signed, number or title), said
        )

    # --- parts ----------------------------------------------------------------------------------------------------

    def _partner(self, given: Any, field: str, name: str | None, required: bool = True) -> Reference:
        """A reference; identifiers present must be well formed, numbers must not come as JSON numbers."""
        if not isinstance(given, dict):
            raise Refused(Refusal("invalid_value", field, f"{field} is an object naming a partner."))
        nik = ok(fields.identifier(given, "nik", "invalid_nik", values.nik))
        nib = ok(fields.identifier(given, "nib", "invalid_nib", values.nib))
        region = given.get("region")
        own_name = name or fields.text(given, "name") or None
        found = Reference(
            id=fields.text(given, "id") or None,
            ref=fields.text(given, "ref") or None,
            nib=nib,
            nik_koperasi=values.nik_koperasi(fields.text(given, "nik_koperasi")),
            nik=nik,
            name=own_name,
            region=ok(jurisdiction.regency(self._regions, self._speaker.regions, str(region)))
            if region is not None
            else None,
        )
        if required and found == Reference(region=found.region):
            raise Refused(Refusal("missing_field", field, f"{field} names nobody."))
        return found

    def _place(self, data: Data) -> str:
        return ok(jurisdiction.place(self._regions, self._speaker.regions, fields.required_text(data, "region")))

    def _area(self, data: Data) -> str:
        """A region of any level that lies wholly within the agency's."""
        return ok(jurisdiction.area(self._regions, self._speaker.regions, fields.required_text(data, "region")))
