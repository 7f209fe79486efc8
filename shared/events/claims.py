"""What was claimed and paid. Neither cause nor diagnosis is ever part of it."""

from typing import Literal

import msgspec

from shared.events.model import Programme, Segment, Topic, date, datetime

TOPIC = Topic("claims")


class Claim(msgspec.Struct, frozen=True):
    """One claim in its current status; `amount` in whole rupiah, `tenure_months` from first start to `occurred_on`.

    A withdrawn one counts no more: its agency took back the file that filed it.
    """

    claim_id: str
    version: int
    partner_id: str
    region: str
    programme: Programme
    segment: Segment
    amount: int
    status: Literal["filed", "paid", "rejected", "withdrawn"]
    occurred_on: date
    tenure_months: int
    recorded_at: datetime
    agency: str
    paid_on: date | None = None


TYPES = {"claim.filed": Claim, "claim.paid": Claim, "claim.rejected": Claim, "claim.withdrawn": Claim}
