"""What is known about one partner when its reminders are decided, and the days that follow from it. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.notifications.calendar import zone_of
from services.notifications.policy import KIND_OF, ChannelName

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
    kind: str = ""
    agencies: str = ""
    """All that list it or did, separated by spaces."""
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
    stop_kind: Literal["asked", "erased"] | None = None
    """Why an address or the person of this partner is not contacted, should it be so; beside its own opt-out."""
    has_phone: bool = False
    has_email: bool = False
    """Whether there is an address that can be used."""
    refused: tuple[ChannelName, ...] = ()
    """The channels whose provider refused the present address for good."""
    contacted: tuple[datetime, ...] = ()
    """The messages of the last month to the present addresses, whichever partner they were for."""
    sent: tuple[Sent, ...] = ()
    escalated_at: datetime | None = None
    asked_at: datetime | None = None
    """When a visit was asked for because no address could be used."""
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

    def has_address(self, channel: ChannelName) -> bool:
        """Whether there is an address for this channel, refused or not."""
        kind = KIND_OF.get(channel)
        return kind is None or (self.has_phone if kind == "phone" else self.has_email)

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
