"""Which figures a question selects: region, level, dimensions, the day, and as known when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.coverage import boundaries, cells
from shared.regions import NATION, Regions


@dataclass(frozen=True)
class Selection:
    """The figures of every `level` region within `region`, by these dimensions, on day `as_of`.

    `known_at`: by what was recorded up to and including this second; None: by all that is known.
    """

    region: str
    level: str
    by: tuple[str, ...]
    as_of: date
    known_at: int | None
    cooperative: str | None = None
    """The id of the cooperative whose members alone are meant; None: all partners."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of some dimensions in `by` the values asked for; of others all."""

    is_former: bool = False
    """Whether provinces are meant as they were before 2022."""

    @property
    def codes(self) -> list[str]:
        """The regions of the level within the region."""
        if self.is_former and self.level == "regency":
            return self.regencies(self.region)
        found = Regions.load().children(self.region, self.level)
        return [code for code in found if not (self.is_former and code in boundaries.NEWER)]

    def regencies(self, code: str) -> list[str]:
        """All regencies within a region in these boundaries."""
        codes = boundaries.FORMER.get(code, (code,)) if self.is_former else (code,)
        return [regency for each in codes for regency in Regions.load().regencies(each)]

    def includes(self, combination: tuple[str, ...]) -> bool:
        """Whether the rows of this combination of the dimensions' values are asked for."""
        values = dict(zip(self.by, combination, strict=True))
        return all(values[name] in wanted for name, wanted in self.only.items())

    @property
    def is_by_regency(self) -> bool:
        return self.level == "regency" or (self.level == "self" and "." in self.region)

    @property
    def places(self) -> tuple[list[int] | None, list[int]]:
        """The region as numbers of provinces (None: all) and regencies, the way cells hold them."""
        if self.region == NATION:
            return None, []
        if "." in self.region:
            return [], [cells.REGION_BITS[self.region] >> cells.REGENCY]
        inside = self.regencies(self.region)
        return sorted({int(regency[:2]) for regency in inside}), []


class RegionOfCell:
    """Finds the region of the selected level that a cell belongs to."""

    def __init__(self, selection: Selection) -> None:
        regions = Regions.load()
        self._selection = selection
        self._kanwil = {int(region.code): region.kanwil or "" for region in regions if region.level == "province"}

    def __call__(self, cell: int) -> str:
        province, regency = cells.place(cell)
        match self._selection.level:
            case "self":
                return self._selection.region
            case "kanwil":
                return self._kanwil.get(province, "")
            case "province":
                code = f"{province:02}"
                return boundaries.former(code) if self._selection.is_former else code
            case _:
                return f"{province:02}.{regency:02}"
