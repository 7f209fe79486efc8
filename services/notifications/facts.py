"""What is known about one partner when its reminders are decided, and the days that follow from it. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.notifications.calendar import zone_of

Status = Literal["unknown", "active", "merged", "erased"]

OPEN_END = date.max
"""The `insured_until` of an enrolment without an end."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One reminder that went out (or may have): which step, when."""

    step: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one partner, including those that were merged into it."""

    partner_id: str
    zone: str
    region: str = ""
    is_region_known: bool = True
    status: Status = "unknown"
    listed_known_at: datetime | None = None
    """When the fact that made the current listing known was recorded; None: on no list."""
    insured_from: date | None = None
    insured_until: date | None = None
    """First day without insurance after the last period; None: never enrolled."""
    end_known_at: datetime | None = None
    """When the fact that set the present `insured_until` was recorded."""
    opted_out_at: datetime | None = None
    has_email: bool = False
    contact_known_at: datetime | None = None
    refused_at: datetime | None = None
    """When the address was last refused for good."""
    sent: tuple[Sent, ...] = ()
    escalated_at: datetime | None = None
    """When all reminders had been sent and a visit was asked for."""
    asked_at: datetime | None = None
    """When a visit was asked for since no address was known that could be used."""
    visit_outcome: str | None = None
    """What the newest visit or check found; `visited_at`: when."""
    visited_at: datetime | None = None
    retry_at: datetime | None = None
    """After a passing failure: not before this."""
    settled_at: datetime | None = None
    """Not before this either: what else the newest listing or merge changed may still be on its way."""

    @property
    def anchor(self) -> date:
        """The local day from which the cadence of a listed, unregistered partner is counted; it names the episode."""
        assert self.listed_known_at is not None
        listed = self.local_day(self.listed_known_at)
        if self.insured_until is None:
            return listed
        known = self.local_day(self.end_known_at) if self.end_known_at else self.insured_until
        return max(listed, self.insured_until, known)

    @property
    def is_address_refused(self) -> bool:
        """Whether the address was refused for good and has not changed since."""
        if self.refused_at is None:
            return False
        return self.contact_known_at is None or self.contact_known_at <= self.refused_at

    @property
    def visited_on(self) -> date | None:
        """The local day of the newest visit since the anchor; None without one."""
        day = self.local_day(self.visited_at) if self.visited_at else None
        return day if day is not None and day > self.anchor else None

    @property
    def last_message_day(self) -> date | None:
        """The local day of the newest message; None before the first."""
        return max((self.local_day(sent.at) for sent in self.sent), default=None)

    def earliest(self, now: datetime) -> datetime:
        """Nothing is sent before this moment."""
        return max(now, self.retry_at or now, self.settled_at or now)

    def local_day(self, moment: datetime) -> date:
        """The date of this moment where the partner lives."""
        return moment.astimezone(zone_of(self.zone)).date()
