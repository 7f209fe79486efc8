"""What a message may tell of a region: that claims were paid there lately, and about how much one of them was.

Nobody can be recognised in it: a region tells only of five or more, and of an amount only its first two digits.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import fill
from typing import Final, Literal

import asyncpg

from services.notifications.queries import queries
from shared import jakarta
from shared.regions import Regions

FEWEST: Final = 5
"""Paid claims of a region, below which it tells nothing."""
WITHIN: Final = timedelta(days=365)
KEPT: Final = timedelta(hours=1)
"""So long what a region tells is not asked for again."""
WIDTH: Final = 88
PROGRAMMES: Final = {
    "JKK": {"id": "Jaminan Kecelakaan Kerja", "en": "work accident insurance"},
    "JKM": {"id": "Jaminan Kematian", "en": "death insurance"},
    "JHT": {"id": "Jaminan Hari Tua", "en": "old age savings"},
    "JP": {"id": "Jaminan Pensiun", "en": "pension"},
}
TEXTS: Final = {
    "id": "Dalam setahun terakhir {count} klaim dibayarkan di {place}; salah satunya {programme}, sekitar {amount}.",
    "en": "In the last year {count} claims were paid in {place}; one of them of {programme}, about {amount}.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """Of `count` claims that were paid in `place`, the newest: its programme and rounded amount in rupiah."""

    place: str
    count: int
    programme: str
    amount: int

    def text(self, language: Literal["id", "en"]) -> str:
        """
        >>> print(Story("Kota Tangerang", 12, "JKM", 42_000_000).text("id"))
        Dalam setahun terakhir 12 klaim dibayarkan di Kota Tangerang; salah satunya Jaminan
        Kematian, sekitar Rp42.000.000.
        """
        amount = f"Rp{self.amount:,}".replace(",", ".")
        programme = PROGRAMMES[self.programme][language]
        return fill(
            TEXTS[language].format(count=self.count, place=self.place, programme=programme, amount=amount), WIDTH
        )


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
