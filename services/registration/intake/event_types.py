"""What an event asks for, a function per event type: the same shapes and tests as for a row of a file."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import chain
from typing import Final, cast

from services.registration.intake import day_bounds, event_fields, free_text, health_data, member_events, values
from services.registration.intake.cells import placeholders, programmes
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
from services.registration.intake.contexts import EventContext
from services.registration.intake.event_fields import Data
from services.registration.intake.values import Refused, checked, refuse_if
from shared import measures
from shared.events import reference
from shared.events.model import Kind, Scale, Segment
from shared.refusals import WarningCode

DEFAULT_LIST: Final = "default"
KINDS: Final = ("cooperative", "business", "individual")
SCALES: Final = ("micro", "small", "medium", "large")


def partner_listed(data: Data, context: EventContext) -> ListPartner:
    name = event_fields.text(data, "name")
    if placeholders.is_nothing(name):
        raise Refused("missing_name", "name", "The partner's name is not given.")
    partner = event_fields.reference(event_fields.needed(data, "partner"), "partner", context.jurisdiction, name=name)
    kind = event_fields.choice(data, "kind", KINDS)
    region = event_fields.place(data, context.jurisdiction)
    heads = event_fields.heads(data)
    listed_on = event_fields.day(data, "listed_on")
    scale = event_fields.choice(data, "scale", SCALES, optional=True)
    list_name = event_fields.text(data, "list") or DEFAULT_LIST
    contact, warnings = event_fields.contact(data)
    warnings += event_fields.number_warnings(data["partner"], partner, context.jurisdiction)
    warnings += free_text.warnings([list_name])
    return ListPartner(
        partner=partner,
        name=name,
        kind=cast(Kind, kind),
        region=region,
        list=list_name,
        listed_on=listed_on,
        scale=cast(Scale | None, scale),
        occupation=event_fields.occupation(data),
        cooperative=_cooperative(data, context),
        heads=Heads(total=1) if kind == "individual" and heads == Heads() else heads,
        contact=contact,
        warnings=warnings,
    )


def _cooperative(data: Data, context: EventContext) -> Reference | None:
    given = data.get("cooperative")
    return None if given is None else event_fields.named_partner(given, "cooperative", context.jurisdiction)


def partner_delisted(data: Data, context: EventContext) -> DelistPartner:
    partner = event_fields.named_partner(event_fields.needed(data, "partner"), "partner", context.jurisdiction)
    warnings = event_fields.number_warnings(data["partner"], partner, context.jurisdiction)
    return DelistPartner(partner, event_fields.text(data, "list") or DEFAULT_LIST, warnings=warnings)


def enrolment_state(data: Data, context: EventContext) -> Enrol:
    member_events.check(data)
    number = event_fields.participant_no(data)
    partner = event_fields.reference(event_fields.needed(data, "partner"), "partner", context.jurisdiction)
    region = event_fields.place(data, context.jurisdiction)
    start = event_fields.day(data, "effective_on")
    until = event_fields.end(data, start)
    segment = cast(Segment, event_fields.choice(data, "segment", ("PU", "BPU")))
    scale = cast(Scale | None, event_fields.choice(data, "scale", SCALES, optional=True))
    held = checked(programmes.programmes(event_fields.programmes(data), context.jkp))
    refuse_if(programmes.judge(held, segment, scale))
    return Enrol(
        participant_no=number,
        effective_on=start,
        partner=partner,
        region=region,
        programmes=held,
        segment=segment,
        scale=scale,
        heads=event_fields.heads(data),
        until=until,
        warnings=event_fields.number_warnings(data["partner"], partner, context.jurisdiction),
        cooperative=_cooperative(data, context),
    )


def enrolment_lapsed(data: Data, _: EventContext) -> Enrol:
    event_fields.text(data, "reason")  # its length is checked; it is not kept
    return Enrol(event_fields.participant_no(data), event_fields.day(data, "effective_on"))


def claim_filed(data: Data, context: EventContext) -> FileClaim:
    return _claim(data, context, "filed")


def claim_paid(data: Data, context: EventContext) -> FileClaim:
    return _claim(data, context, "paid")


def claim_rejected(data: Data, context: EventContext) -> FileClaim:
    return _claim(data, context, "rejected")


def _claim(data: Data, context: EventContext, status: str) -> FileClaim:
    if health_data.is_in(data):
        raise Refused("health_data", "data", "A claim's cause or diagnosis must not be sent.")
    claim_ref = event_fields.required_text(data, "claim_ref")
    number = event_fields.participant_no(data)
    held = checked(programmes.programmes([event_fields.required_text(data, "programme")], context.jkp, "programme"))
    amount = event_fields.amount(data, "amount")
    occurred_on, paid_on = event_fields.day(data, "occurred_on"), event_fields.optional_day(data, "paid_on")
    warnings = day_bounds.warnings_of_claim(status, paid_on)
    return FileClaim(claim_ref, number, held[0], amount, occurred_on, status, paid_on, warnings=warnings)


def target_set(data: Data, context: EventContext) -> RecordStatement:
    region = event_fields.area(data, context.jurisdiction)
    measure, source = event_fields.required_text(data, "measure"), event_fields.required_text(data, "source")
    start, until = event_fields.day(data, "from"), event_fields.day(data, "until")
    if until < start:
        raise Refused("invalid_date", "until", "The end is before the start.")
    fields: dict[str, object] = {
        "region": region,
        "measure": measure,
        "value": event_fields.whole(data, "value"),
        "start": start,
        "until": until,
        "source": source,
        "list": event_fields.text(data, "list") or None,
    }
    values.refuse_unknown("measure", measures.refused_target(measure))
    return _statement("target.set", reference.key(measure, region, start, source), fields)


def denominator_set(data: Data, context: EventContext) -> RecordStatement:
    region = event_fields.area(data, context.jurisdiction)
    measure, source = event_fields.required_text(data, "measure"), event_fields.required_text(data, "source")
    as_of, value = event_fields.day(data, "as_of"), event_fields.number(data, "value")
    status = event_fields.required_text(data, "status")
    values.refuse_unknown("measure", measures.refused_measure(measure))
    values.refuse_unknown("status", measures.refused_status(status))
    fields: dict[str, object] = {
        "region": region,
        "measure": measure,
        "value": value,
        "as_of": as_of,
        "source": source,
        "status": status,
    }
    return _statement("denominator.set", reference.key(measure, region, as_of, source), fields)


def briefing_held(data: Data, context: EventContext) -> RecordStatement:
    region, held_on = event_fields.area(data, context.jurisdiction), event_fields.day(data, "held_on")
    batch = event_fields.batch(data)
    fields: dict[str, object] = {
        "region": region,
        "name": event_fields.required_text(data, "name"),
        "batch": batch,
        "held_on": held_on,
        "quota": event_fields.whole(data, "quota") if data.get("quota") is not None else None,
    }
    key = reference.key("briefing.held", region, held_on, batch)
    attendees = event_fields.attendees(data, context.jurisdiction)
    given = zip(data.get("attendees") or (), attendees, strict=True)
    warnings = (event_fields.number_warnings(sent, each, context.jurisdiction) for sent, each in given)
    return _statement("briefing.held", key, fields, attendees, tuple(dict.fromkeys(chain.from_iterable(warnings))))


def agreement_signed(data: Data, context: EventContext) -> RecordStatement:
    title = event_fields.required_text(data, "title")
    region, signed_on = event_fields.area(data, context.jurisdiction), event_fields.day(data, "date")
    number = event_fields.text(data, "number") or None
    fields: dict[str, object] = {
        "title": title,
        "parties": event_fields.parties(data),
        "date": signed_on,
        "region": region,
        "number": number,
        **_validity(event_fields.optional_day(data, "from"), event_fields.optional_day(data, "until")),
    }
    key = reference.key("agreement.signed", region, signed_on, number or title)
    return _statement("agreement.signed", key, fields)


def _validity(start: date | None, until: date | None) -> dict[str, object]:
    """The days from which and up to which an agreement holds, both included, as far as they are given."""
    if start is not None and until is not None and until < start:
        raise Refused("invalid_date", "until", "The end is before the start.")
    return {name: day for name, day in (("start", start), ("until", until)) if day is not None}


def _statement(
    kind: str,
    key: str,
    fields: dict[str, object],
    attendees: tuple[Reference, ...] = (),
    warnings: tuple[WarningCode, ...] = (),
) -> RecordStatement:
    warnings += free_text.warnings(fields.get(field) for field in free_text.FIELDS)
    return RecordStatement(kind, key, fields, attendees, warnings=warnings)


READERS: Final[Mapping[str, Callable[[Data, EventContext], Command]]] = {
    "partner.listed": partner_listed,
    "partner.delisted": partner_delisted,
    "enrollment.registered": enrolment_state,
    "enrollment.changed": enrolment_state,
    "enrollment.lapsed": enrolment_lapsed,
    "claim.filed": claim_filed,
    "claim.paid": claim_paid,
    "claim.rejected": claim_rejected,
    "target.set": target_set,
    "denominator.set": denominator_set,
    "briefing.held": briefing_held,
    "agreement.signed": agreement_signed,
}
