"""What a page of figures is about: all of it is in its address, so that a page can be kept, sent and opened again."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from fastapi import Request

from services.coverage import boundaries
from services.coverage.api import parameters
from services.coverage.figures import Dimensions
from services.coverage.selection import Selection
from services.coverage.web import table
from shared.jakarta import today
from shared.problems import Problem
from shared.regions import NATION, Level, Region, Regions

FILTERS: Final = ("programme", "segment", "kind")
NAMES: Final = ("region", "level", "as_of", "known_at", *FILTERS, "boundaries", "sort")
LEVELS: Final[Mapping[Level, tuple[str, ...]]] = {
    "national": ("province", "kanwil", "regency"),
    "kanwil": ("province", "regency"),
    "province": ("regency",),
    "regency": (),
}
"""The level of a region → those that its table may have, the usual one first."""
_WITHOUT_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")


@dataclass(frozen=True)
class Question:
    """`level` is that of the table, None where nothing lies below; `known_at` a second, None for now."""

    region: Region
    level: str | None
    as_of: date
    known_at: int | None
    filters: Mapping[str, str]
    sort: str
    given: Mapping[str, str]
    """The parameters as they stand in the address."""
    is_former: bool = False
    """Whether Papua's provinces are meant as they were before 2022."""

    @property
    def is_mapped(self) -> bool:
        """Whether the map shows what the table does."""
        return self.region.code == NATION and self.level in ("kanwil", "province")

    @property
    def month_before(self) -> date:
        """The same day a month earlier, or the last one of that month."""
        year, month = divmod(self.as_of.year * 12 + self.as_of.month - 2, 12)
        return date(year, month + 1, min(self.as_of.day, calendar.monthrange(year, month + 1)[1]))

    def selection(
        self, level: str = "self", by: tuple[str, ...] = (), *, region: str | None = None, day: date | None = None
    ) -> Selection:
        """These figures of the question's region, by its filters and these dimensions."""
        dimensions = tuple(dict.fromkeys((*self.filters, *by)))
        code, only = region or self.region.code, {name: (value,) for name, value in self.filters.items()}
        former = self.is_former
        return Selection(code, level, dimensions, day or self.as_of, self.known_at, only=only, is_former=former)

    def address(self, path: str = "/", **changes: str | None) -> str:
        """The address of the same question with these changes; None leaves a parameter out."""
        wanted = {**self.given, **changes}
        query = urlencode({name: wanted[name] for name in NAMES if wanted.get(name)})
        return f"{path}?{query}" if query else path

    def about(self, code: str) -> str:
        """The page of another region, else the same; one that is younger than the boundaries is shown in today's."""
        level = self.given.get("level")
        fits = level is None or level in LEVELS[Regions.load()[code].level]
        edition = None if code in boundaries.NEWER else self.given.get("boundaries")
        return self.address(region=code, level=level if fits else None, boundaries=edition)


def read(request: Request, programmes: tuple[str, ...]) -> Question:
    """The question of a page. Raises Problem for what cannot be asked."""
    region = Regions.load()[parameters.region(request)]
    given = {name: text for name in NAMES if (text := request.query_params.get(name))}
    sort = given.get("sort", "")
    if sort.removeprefix("-") not in ("", *table.SORTS):
        raise parameters.wrong("sort", (each for name in table.SORTS for each in (name, f"-{name}")))
    return Question(
        region,
        _level(region, given.get("level")),
        parameters.as_of(request, today()),
        parameters.second_known_at(_with_zone(given.get("known_at"))),
        _filters(given, Dimensions(programmes)),
        sort,
        given,
        parameters.is_former(request, region.code),
    )


def _level(region: Region, asked: str | None) -> str | None:
    allowed = LEVELS[region.level]
    if asked is None:
        return allowed[0] if allowed else None
    if asked not in allowed:
        raise parameters.wrong("level", allowed) if allowed else _nothing_below()
    return asked


def _nothing_below() -> Problem:
    return Problem(422, "invalid_value", "Nothing lies below a regency: leave level out.", field="level")


def _filters(given: Mapping[str, str], dimensions: Dimensions) -> dict[str, str]:
    found = {name: given[name] for name in FILTERS if name in given}
    for name, value in found.items():
        if value not in dimensions.values(name):
            raise parameters.wrong(name, dimensions.values(name))
    return found


def _with_zone(text: str | None) -> str | None:
    """A form's field for a time has no zone: it means Jakarta's."""
    return f"{text}+07:00" if text and _WITHOUT_ZONE.fullmatch(text) else text
