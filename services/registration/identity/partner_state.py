"""A partner id and its last published facts, as a row of the table `partner`."""

from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from services.registration.identity.authority import Decision

COLUMNS = (
    "partner_id",
    "first_recorded",
    "status",
    "merged_into",
    "region",
    "listed_on",
    "version",
    "fact",
    "enrollment_version",
    "enrollment_fact",
    "contact_version",
    "contact_digest",
)
_values = attrgetter(*COLUMNS)


@dataclass(slots=True)
class PartnerState:
    """A partner id and its last published facts, those without version and time.

    `is_new`: the id was given in this transaction, nobody knows it yet. `decided_…`: in which region a person decided
    it is, and in which not.
    """

    partner_id: UUID
    first_recorded: datetime
    status: str = "active"
    merged_into: UUID | None = None
    region: str | None = None
    listed_on: date | None = None
    version: int = 0
    fact: bytes | None = None
    enrollment_version: int = 0
    enrollment_fact: bytes | None = None
    contact_version: int = 0
    contact_digest: UUID | None = None
    decided_region: str | None = None
    decided_against: list[str] | None = None
    is_new: bool = False

    @property
    def is_active(self) -> bool:
        return self.status == "active"

    @property
    def decision(self) -> Decision | None:
        if self.decided_region is None:
            return None
        return Decision(self.decided_region, frozenset(self.decided_against or ()))

    @property
    def age(self) -> tuple[datetime, UUID]:
        """Partners in this order: the first recorded survives a merge."""
        return self.first_recorded, self.partner_id

    def as_record(self) -> tuple[Any, ...]:
        """The values of COLUMNS; a decision is written where it is taken."""
        return _values(self)
