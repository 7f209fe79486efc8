"""What agencies send: the same types over HTTP and, for those that write to Kafka directly, on `intake.SLUG`.

These structs document the data and its field names. registration reads the data field by field,
because a refusal names the field and a stable code, and a sender's extra fields are allowed.
"""

import msgspec

from shared.events.model import DAY_MS, Kind, Scale, Segment, Topic, Workers, date

TOPIC = Topic("intake", retention_ms=DAY_MS)


class PartnerRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """Names a partner by any of these, or several; `ref` is the agency's own reference."""

    id: str | None = None
    ref: str | None = None
    nib: str | None = None
    nik_koperasi: str | None = None
    nik: str | None = None
    name: str | None = None
    region: str | None = None


class ContactDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a partner is reached; `name` is the contact person's."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str | None = None


class PartnerListed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A partner is on a list. The only event type that creates partners."""

    partner: PartnerRef
    name: str
    kind: Kind
    region: str
    listed_on: date
    contact: ContactDetails = ContactDetails()
    scale: Scale | None = None
    workers: int | Workers | None = None
    occupation: str | None = None
    cooperative: PartnerRef | None = None
    address: str | None = None
    list: str | None = None


class PartnerDelisted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A partner is no longer on this list of this agency."""

    partner: PartnerRef
    list: str | None = None


class EnrollmentState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A participant's whole state from `effective_on` on, until `until` (exclusive) if given."""

    participant_no: str
    partner: PartnerRef
    region: str
    programmes: tuple[str, ...]
    segment: Segment
    workers: int | Workers
    effective_on: date
    until: date | None = None
    scale: Scale | None = None


class EnrollmentLapsed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A participant's membership ends on `effective_on`, the first day without cover."""

    participant_no: str
    effective_on: date
    reason: str | None = None


class ClaimState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A claim in its status. Neither cause nor diagnosis belongs here; they are refused."""

    claim_ref: str
    participant_no: str
    programme: str
    amount: int
    occurred_on: date
    paid_on: date | None = None


class TargetSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """So many partners are to start within [from, until], both days included."""

    region: str
    measure: str
    value: int
    start: date = msgspec.field(name="from")
    until: date
    source: str
    list: str | None = None


class DenominatorSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A published figure with its day, source and status."""

    region: str
    measure: str
    value: float
    as_of: date
    source: str
    status: str


class BriefingHeld(msgspec.Struct, frozen=True, omit_defaults=True):
    """A briefing (sosialisasi) and who came."""

    region: str
    name: str
    batch: str
    held_on: date
    quota: int | None = None
    attendees: tuple[PartnerRef, ...] = ()


class AgreementSigned(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agreement between agencies; many have no number."""

    title: str
    parties: tuple[str, ...]
    date: date
    region: str
    number: str | None = None


TYPES = {
    "partner.listed": PartnerListed,
    "partner.delisted": PartnerDelisted,
    "enrollment.registered": EnrollmentState,
    "enrollment.changed": EnrollmentState,
    "enrollment.lapsed": EnrollmentLapsed,
    "claim.filed": ClaimState,
    "claim.paid": ClaimState,
    "claim.rejected": ClaimState,
    "target.set": TargetSet,
    "denominator.set": DenominatorSet,
    "briefing.held": BriefingHeld,
    "agreement.signed": AgreementSigned,
}
