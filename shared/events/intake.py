"""What agencies send: the same types over HTTP and, for those that write to Kafka directly, on `intake.SLUG`.

These structs document the data and its field names. registration reads the data field by field,
because a refusal names the field and a stable code. A field that no struct here has is refused by name.
"""

from typing import Annotated

import msgspec

from shared.events import text_limits
from shared.events.model import DAY_MS, Day, Kind, Scale, Segment, Topic, Workers, date
from shared.events.text_limits import Address, Email, Language, Name, Number, Other, Phone, Title, Word

Programmes = Annotated[tuple[Word, ...], msgspec.Meta(max_length=text_limits.MOST_PROGRAMMES)]

TOPIC = Topic("intake", retention_ms=DAY_MS, whole_state=False)


class PartnerRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """Names a partner by any of these, or several; `ref` is the agency's own reference."""

    id: Number | None = None
    ref: Number | None = None
    nib: str | None = None
    nik_koperasi: Number | None = None
    nik: str | None = None
    name: Name | None = None
    region: Name | None = None


class ContactDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a partner is reached; `name` is the contact person's."""

    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    language: Language | None = None


class PartnerListed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A partner is on a list. The only event type that creates partners."""

    partner: PartnerRef
    name: Name
    kind: Kind
    region: Name
    listed_on: date
    contact: ContactDetails = ContactDetails()
    scale: Scale | None = None
    workers: int | Workers | None = None
    occupation: Name | None = None
    cooperative: PartnerRef | None = None
    address: Address | None = None
    list: Name | None = None


class PartnerDelisted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A partner is no longer on this list of this agency."""

    partner: PartnerRef
    list: Name | None = None


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of several participants in an event: what it has of its own stands above what the event says of all."""

    participant_no: Number
    partner: PartnerRef
    region: Name | None = None
    programmes: Programmes | None = None
    segment: Segment | None = None
    workers: int | Workers | None = None
    effective_on: date | None = None
    until: date | None = None
    scale: Scale | None = None
    cooperative: PartnerRef | None = None


class EnrollmentState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A participant's whole state from `effective_on` on, until `until` (exclusive) if given.

    `cooperative`: the cooperative (wadah) through which it is enrolled. Several participants stand in `members`, each
    with a `participant_no` and `partner` of its own; what all have in common may stand beside them. Each is accepted
    or refused by itself, as the event `<id>/members/<number from 0>`.
    """

    participant_no: Number | None = None
    partner: PartnerRef | None = None
    region: Name | None = None
    programmes: Programmes | None = None
    segment: Segment | None = None
    workers: int | Workers | None = None
    effective_on: date | None = None
    until: date | None = None
    scale: Scale | None = None
    cooperative: PartnerRef | None = None
    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=text_limits.MOST_MEMBERS)] = ()


class EnrollmentLapsed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A participant's membership ends on `effective_on`, the first day without cover."""

    participant_no: Number
    effective_on: date
    reason: Other | None = None


class ClaimState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A claim in its status. Neither cause nor diagnosis belongs here; they are refused."""

    claim_ref: Number
    participant_no: Number
    programme: Word
    amount: int
    occurred_on: date
    paid_on: date | None = None


class TargetSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """So many partners are to start within [from, until], both days included."""

    region: Name
    measure: Word
    value: int
    start: date = msgspec.field(name="from")
    until: date
    source: Name
    list: Name | None = None


class DenominatorSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """A published figure with its day, source and status."""

    region: Name
    measure: Word
    value: float
    as_of: date
    source: Name
    status: Word


class BriefingHeld(msgspec.Struct, frozen=True, omit_defaults=True):
    """A briefing (sosialisasi) and who came."""

    region: Name
    name: Name
    batch: Number
    held_on: date
    quota: int | None = None
    attendees: Annotated[tuple[PartnerRef, ...], msgspec.Meta(max_length=text_limits.MOST_ATTENDEES)] = ()


class AgreementSigned(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agreement between agencies; many have no number. `parties` are names of organisations, never of persons.

    It holds from `from` to `until`, both days included, as far as they are known.
    """

    title: Title
    parties: Annotated[tuple[Name, ...], msgspec.Meta(max_length=text_limits.MOST_PARTIES)]
    date: date
    region: Name
    number: Number | None = None
    start: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = None


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
