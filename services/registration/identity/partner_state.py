"""A partner id and its last published facts, as a row of the table `partner`."""

from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

COLUMNS = (
    "partner_id",
    "first_recorded",
    "status",
    "merged_into",
    "formed_by",
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

    `is_new`: the id was given in this transaction, nobody knows it yet. `is_formed`: an import named it first, in this
    transaction; `formed_by` is that import.
    """

    partner_id: UUID
    first_recorded: datetime
    status: str = "active"
    merged_into: UUID | None = None
    formed_by: UUID | None = None
    region: str | None = None
    listed_on: date | None = None
    version: int = 0
    fact: bytes | None = None
    enrollment_version: int = 0
    enrollment_fact: bytes | None = None
    contact_version: int = 0
    contact_digest: UUID | None = None
    is_new: bool = False
    is_formed: bool = False

    @property
    def is_active(self) -> bool:
        return self.status == "active"

    @property
    def age(self) -> tuple[datetime, UUID]:
        """Partners in this order: the first recorded survives a merge."""
        return self.first_recorded, self.partner_id

    def as_record(self) -> tuple[Any, ...]:
        """The values of COLUMNS."""
        return _values(self)
