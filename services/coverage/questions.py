"""What the figures are asked: region, level, dimensions, the day, and as known when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from services.coverage import cells, figures
from services.coverage.figures import Sum
from services.coverage.queries import queries
from shared.regions import NATION, Regions


@dataclass(frozen=True)
class Question:
    """The figures of every `level` region within `region`, by these dimensions, on day `as_of`.

    `known_at`: by what was recorded up to and including this second; None: by all that is known.
    """

    region: str
    level: str
    by: tuple[str, ...]
    as_of: date
    known_at: int | None

    @property
    def by_regency(self) -> bool:
        return self.level == "regency" or (self.level == "self" and "." in self.region)


async def sums(
    db: asyncpg.Connection,
    mask: int,
    as_of: date,
    known_at: int | None,
    provinces: Sequence[int] | None = None,
    regencies: Sequence[int] = (),
) -> list[Sum]:
    """The sums of the cells, merged by `mask`, of these provinces and regencies (None: the whole nation)."""
    bounds = (as_of, mask, provinces, list(regencies))
    if known_at is None:
        rows = await db.fetch(queries["figures"], *bounds)
    else:
        rows = await db.fetch(queries["figures_known"], *bounds, known_at)
    return [Sum(*row) for row in rows]


async def answer(db: asyncpg.Connection, question: Question) -> list[Sum]:
    mask = figures.mask(question.by, question.by_regency)
    return await sums(db, mask, question.as_of, question.known_at, *within(question.region))


def within(code: str) -> tuple[list[int] | None, list[int]]:
    """The region as numbers of provinces and regencies, the way cells hold them."""
    if code == NATION:
        return None, []
    if "." in code:
        return [], [cells.PLACES[code] >> cells.REGENCY]
    inside = Regions.load().regencies(code)
    return sorted({int(regency[:2]) for regency in inside}), []


class RegionOf:
    """Tells of a cell the region of the asked level that it belongs to."""

    def __init__(self, question: Question) -> None:
        regions = Regions.load()
        self._question = question
        self._kanwil = {int(region.code): region.kanwil or "" for region in regions if region.level == "province"}

    def __call__(self, cell: int) -> str:
        province, regency = cells.place(cell)
        match self._question.level:
            case "self":
                return self._question.region
            case "kanwil":
                return self._kanwil.get(province, "")
            case "province":
                return f"{province:02}"
            case _:
                return f"{province:02}.{regency:02}"
