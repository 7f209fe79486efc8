"""What an agency asks for, whether it came as a row of a file, an HTTP event or a record: one shape for all."""

from dataclasses import dataclass, field
from datetime import date

from shared.events.model import Kind, Programme, Scale, Segment


@dataclass(frozen=True, slots=True)
class Reference:
    """Names a partner by any of these, already cleaned; `ref` is the agency's own reference."""

    id: str | None = None
    ref: str | None = None
    nib: str | None = None
    nik_koperasi: str | None = None
    nik: str | None = None
    name: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Heads:
    """Workers by job level; None where nothing was said. `total` stands when levels are not split."""

    total: int | None = None
    management: int | None = None
    staff: int | None = None
    labour: int | None = None


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """How the partner is reached; personal."""

    person: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A partner stands on a list: one piece of evidence that it exists."""

    partner: Reference
    name: str
    kind: Kind
    region: str
    list: str
    listed_on: date
    scale: Scale | None = None
    occupation: str | None = None
    cooperative: Reference | None = None
    heads: Heads = Heads()
    contact: ContactDetails = ContactDetails()
    line: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delisted:
    """A partner no longer stands on this list of this agency."""

    partner: Reference
    list: str
    line: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A participant's whole state from `effective_on` on; without programmes it has lapsed."""

    participant_no: str
    effective_on: date
    partner: Reference = Reference()
    region: str | None = None
    programmes: tuple[Programme, ...] = ()
    segment: Segment = "PU"
    scale: Scale | None = None
    heads: Heads = Heads()
    until: date | None = None
    line: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def lapses(self) -> bool:
        return not self.programmes


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim in its status: filed, paid or rejected."""

    claim_ref: str
    participant_no: str
    programme: Programme
    amount: int
    occurred_on: date
    status: str
    paid_on: date | None = None
    line: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody came to the agency's briefing of this day; without a region, where that was held."""

    partner: Reference
    region: str | None
    held_on: date
    line: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """Something to hold the figures against; `fields` as in the fact's struct, `type` its event type."""

    type: str
    key: str
    fields: dict[str, object] = field(hash=False)
    attendees: tuple[Reference, ...] = ()
    line: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """Forget this partner: contact and identity go, the figures no longer count it."""

    partner_id: str
    line: int = 0
    warnings: tuple[str, ...] = ()


Command = Listed | Delisted | Enrolled | Claimed | Attended | Stated | Erased
