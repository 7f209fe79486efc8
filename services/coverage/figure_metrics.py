"""Today's figures as Prometheus metrics, so that operators see them beside lag and errors: per province and programme,
and when each agency was last seen. Whoever may read metrics need not have the right to small counts: those and what
would give them away have no sample, as in `GET /v1/coverage` without `figures:detail`.
"""

import asyncio
from datetime import datetime
from typing import NamedTuple

import asyncpg

from services.coverage import figures, protection
from services.coverage.api import freshness
from services.coverage.figures import Dimensions, Sum, Tally
from services.coverage.selection import RegionOfCell, Selection
from services.coverage.sums import sums_by_mask
from shared.database import connection
from shared.jakarta import today
from shared.observability import Metrics
from shared.part import Part
from shared.regions import NATION

SECONDS = 60.0
BY = ("programme",)


class Sample(NamedTuple):
    """A province's listed and enrolled partners in a programme; None: not shown."""

    province: str
    programme: str
    listed: int | None
    enrolled: int | None


class FigureMetrics(Part):
    """Asks once a minute."""

    stalled_after = 600.0

    def __init__(self, pool: asyncpg.Pool, metrics: Metrics, programmes: tuple[str, ...]) -> None:
        super().__init__("figure_metrics")
        self._pool, self._dimensions = pool, Dimensions(programmes)
        labels = ("province", "programme")
        self._listed = metrics.gauge("listed_partners", "Partners listed today that are eligible", labels)
        self._enrolled = metrics.gauge("enrolled_partners", "Partners enrolled today", labels)
        self._last_event = metrics.gauge(
            "agency_last_event_timestamp_seconds", "When the newest event of an agency was recorded", ("agency",)
        )

    async def step(self) -> float:
        wanted = Selection(NATION, "province", BY, today(), None)
        whole, split = (figures.mask(by, True) for by in ((), BY))
        async with connection(self._pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
            found = await sums_by_mask(db, [whole, split], wanted.as_of, None)
            agencies = await freshness.agencies(db)
        samples = await asyncio.to_thread(_samples, found[whole], found[split], wanted, self._dimensions)
        for gauge in (self._listed, self._enrolled, self._last_event):
            gauge.clear()
        for each in samples:
            for gauge, value in ((self._listed, each.listed), (self._enrolled, each.enrolled)):
                if value is not None:
                    gauge.labels(each.province, each.programme).set(value)
        for agency in agencies:
            if agency["last_event"] is not None:
                last = datetime.fromisoformat(agency["last_event"])
                self._last_event.labels(agency["agency"]).set(last.timestamp())
        return SECONDS


def _samples(whole: list[Sum], split: list[Sum], wanted: Selection, dimensions: Dimensions) -> list[Sample]:
    rules = protection.protection(split, BY, dimensions, protection.protection(whole, (), dimensions))
    tallies = figures.tallies(split, BY, RegionOfCell(wanted), dimensions)
    rows = [
        {"region": province, "programme": programme, "denominators": [], "targets": []}
        | figures.row(tallies.get((province, (programme,))) or Tally(), BY)
        for province in wanted.codes
        for programme in dimensions.programmes
    ]
    shown = [protection.protected_row(row, BY, rules) for row in rows if not rules.is_split_suppressed(row["region"])]
    return [Sample(row["region"], row["programme"], row["listed"], row["enrolled"]) for row in shown]
