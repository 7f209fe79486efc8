"""What an agency asks for, whether it came as a row of a file, an HTTP event or a record: one shape for all."""

from datetime import date
from typing import ClassVar

import msgspec

from shared.events.model import Kind, Programme, Scale, Segment
from shared.refusals import WarningCode


class Reference(msgspec.Struct, frozen=True, gc=False):
    """Names a partner by any of these, already cleaned; `ref` is the agency's own reference."""

    id: str | None = None
    ref: str | None = None
    nib: str | None = None
    nik_koperasi: str | None = None
    nik: str | None = None
    name: str | None = None
    region: str | None = None


class Heads(msgspec.Struct, frozen=True, gc=False):
    """Workers by job level; None where it is not given. `total` counts where levels are not split."""

    total: int | None = None
    management: int | None = None
    staff: int | None = None
    labour: int | None = None


class ContactDetails(msgspec.Struct, frozen=True, gc=False):
    """How the partner is reached; personal."""

    person: str | None = None
    phone: str | None = None
    email: str | None = None
    language: str | None = None
    address: str | None = None


class ListPartner(msgspec.Struct, frozen=True, gc=False):
    """A partner is on a list: one piece of evidence that it exists."""

    label: ClassVar[str] = "list_partner"

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
    warnings: tuple[WarningCode, ...] = ()
    owner: str | None = None
    """Who owns the business, as given beside its name; None where only one of the two names is given."""
    other_texts: tuple[str, ...] = ()
    """What else distinguishes the row from others of its list: texts of columns without a meaning, as compared."""


class DelistPartner(msgspec.Struct, frozen=True):
    """A partner is no longer on this list of this agency."""

    label: ClassVar[str] = "delist_partner"

    partner: Reference
    list: str
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class Enrol(msgspec.Struct, frozen=True, gc=False):
    """A participant's whole state from `effective_on` on; without programmes it has lapsed."""

    label: ClassVar[str] = "enrol"

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
    warnings: tuple[WarningCode, ...] = ()
    contact: ContactDetails = ContactDetails()
    cooperative: Reference | None = None
    """Through which cooperative it is enrolled."""

    @property
    def lapses(self) -> bool:
        return not self.programmes


class FileClaim(msgspec.Struct, frozen=True, gc=False):
    """A claim in its status: filed, paid or rejected."""

    label: ClassVar[str] = "file_claim"

    claim_ref: str
    participant_no: str
    programme: Programme
    amount: int
    occurred_on: date
    status: str
    paid_on: date | None = None
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class RecordAttendance(msgspec.Struct, frozen=True):
    """Somebody represented this partner at the agency's briefing of this day; without a region, where that was held."""

    label: ClassVar[str] = "record_attendance"

    partner: Reference
    region: str | None
    held_on: date
    person: str = ""
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()
    contact: ContactDetails = ContactDetails()


class RecordStatement(msgspec.Struct, frozen=True):
    """Something to hold the figures against; `fields` as in the fact's struct, `type` its event type."""

    label: ClassVar[str] = "record_statement"

    type: str
    key: str
    fields: dict[str, object]
    attendees: tuple[Reference, ...] = ()
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class ErasePartner(msgspec.Struct, frozen=True):
    """Erase this partner: contact and identity are deleted, the figures no longer count it."""

    label: ClassVar[str] = "erase_partner"

    partner_id: str
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class WithdrawPartner(msgspec.Struct, frozen=True):
    """The agency takes back what it sent of this partner; others' listings of it stay."""

    label: ClassVar[str] = "withdraw_partner"

    partner_id: str
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class DerivePartner(msgspec.Struct, frozen=True):
    """The facts of this partner are derived anew from its rows, which stay as they are."""

    label: ClassVar[str] = "derive_partner"

    partner_id: str
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class DecideCase(msgspec.Struct, frozen=True):
    """A person decided this case; the decision is one that the case allows."""

    label: ClassVar[str] = "decide_case"

    case_id: str
    decision: str
    partners: tuple[str, ...] = ()
    """The sides that are decided about, by their partners; all if none are named."""
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class LeaveOut(msgspec.Struct, frozen=True):
    """These rows, by key, are not in the upload that is their whole list: they leave it."""

    label: ClassVar[str] = "leave_out"

    import_id: str
    keys: tuple[str, ...]
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class TakeBack(msgspec.Struct, frozen=True):
    """What this upload did to these rows, by key, is undone."""

    label: ClassVar[str] = "take_back"

    import_id: str
    kind: str
    keys: tuple[str, ...]
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


class SettleRows(msgspec.Struct, frozen=True):
    """These stored rows, by key, are joined otherwise than before: their partners are settled anew."""

    label: ClassVar[str] = "settle_rows"

    keys: tuple[str, ...]
    line: int = 0
    warnings: tuple[WarningCode, ...] = ()


Command = (
    ListPartner
    | DelistPartner
    | Enrol
    | FileClaim
    | RecordAttendance
    | RecordStatement
    | ErasePartner
    | WithdrawPartner
    | DecideCase
    | DerivePartner
    | SettleRows
    | LeaveOut
    | TakeBack
)
