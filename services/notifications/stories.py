"""What a message may tell of a region: that claims were paid there lately, and about how much one of them was.

Nobody can be recognised in it: a region tells only of five or more, and of an amount only its first two digits.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from services.notifications.queries import queries
from shared import jakarta
from shared.regions import Regions

FEWEST: Final = 5
"""Paid claims of a region, below which it tells nothing."""
WITHIN: Final = timedelta(days=365)
KEPT: Final = timedelta(hours=1)
"""So long what a region tells is not asked for again."""
PROGRAMMES: Final = frozenset(("JKK", "JKM", "JHT", "JP"))
"""Those that the templates of a story have words for."""


@dataclass(frozen=True, slots=True)
class Story:
    """Of `count` claims that were paid in `place`, the newest: its programme and rounded amount in rupiah."""

    place: str
    count: int
    programme: str
    amount: int


def rounded(amount: int) -> int:
    """The first two digits.

    >>> [rounded(each) for each in (41_812_345, 42_000_000, 999_500, 7)]
    [42000000, 42000000, 1000000, 7]
    """
    return round(amount, min(0, 2 - len(str(amount))))


class Stories:
    """What each region tells; asked for once an hour, since messages leave by the thousand."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self._known: dict[str, tuple[datetime, Story | None]] = {}

    async def of(self, db: asyncpg.Connection, codes: Collection[str | None], now: datetime) -> dict[str, Story]:
        """By region; no entry for one that tells nothing."""
        asked = sorted({code for code in codes if code is not None and self._regions.get(code) is not None})
        unknown = [code for code in asked if code not in self._known or self._known[code][0] <= now - KEPT]
        if unknown:
            today = jakarta.day_of(now)
            rows = {
                row["region"]: row for row in await db.fetch(queries["stories"], unknown, today - WITHIN, today, FEWEST)
            }
            self._known |= {code: (now, self._story(rows.get(code))) for code in unknown}
        return {code: story for code in asked if (story := self._known[code][1]) is not None}

    def _story(self, row: asyncpg.Record | None) -> Story | None:
        place = self._regions.get(row["region"]) if row else None
        if row is None or place is None or row["programme"] not in PROGRAMMES:
            return None
        return Story(place.name, row["count"], row["programme"], rounded(row["amount"]))
