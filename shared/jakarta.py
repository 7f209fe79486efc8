"""The time of the capital, by which days begin and end for the whole country's figures and policies."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Jakarta")
OFFSET_SECONDS: Final = 7 * 3600
"""Jakarta is seven hours ahead of UTC, since 1964 and without summer time."""


def today() -> date:
    """The day it is in Jakarta now."""
    return day_of(datetime.now(UTC))


def day_of(moment: datetime) -> date:
    """The day it is in Jakarta at this moment, which has a zone."""
    return moment.astimezone(ZONE).date()


def beginning_of(day: date) -> datetime:
    """Midnight in Jakarta, when this day begins."""
    return datetime.combine(day, time.min, ZONE)
