"""The rows and decisions in the database, as far as a change needs to know them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.registration.identity import evidence
from services.registration.identity.decisions import DecidedRow
from services.registration.identity.profile import Row, values_of
from services.registration.identity.unit_of_work import UnitOfWork

NUMBERS = ("nib", "nik_koperasi", "nik")
MARKS = ("key", "nib", "nik_koperasi", "name")
"""By what a decision about a row is found again."""


@dataclass(frozen=True, slots=True)
class _Near:
    """All rows with these numbers, and all rows of the partners that bear these names."""

    numbers: list[set[Any]]
    sharing: Sequence[Row]
    names: set[UUID]
    bearing: Sequence[Row]


class DatabaseRows:
    """What `reach` asks for, by queries."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._near: _Near | None = None

    async def look_near(self, rows: Collection[Row]) -> None:
        """Load in one question what `sharing` and `bearing` will first be asked for when these rows change."""
        numbers, names = values_of(rows, NUMBERS), {row.name for row in rows}
        if not rows:
            return
        records = await self._work.fetch("evidence_near", *numbers, list(names))
        sharing = [evidence.to_row(record) for record in records if not record["by_name"]]
        bearing = [evidence.to_row(record) for record in records if record["by_name"]]
        self._near = _Near([set(values) for values in numbers], sharing, names, bearing)

    async def sharing(self, nibs: list[Any], nik_koperasis: list[Any], niks: list[Any]) -> Sequence[Row]:
        asked = [set(nibs), set(nik_koperasis), set(niks)]
        near = self._near
        if near is None or not all(map(set.issubset, asked, near.numbers)):
            return await self._rows("evidence_sharing", nibs, nik_koperasis, niks)
        if asked == near.numbers:
            return near.sharing
        nibs_, nik_koperasis_, niks_ = asked
        return [r for r in near.sharing if r.nib in nibs_ or r.nik_koperasi in nik_koperasis_ or r.nik in niks_]

    async def bearing(self, names: Collection[UUID]) -> Sequence[Row]:
        asked = set(names)
        if self._near is None:
            return await self._rows("evidence_bearing", list(asked)) if asked else []
        near = self._near.bearing
        if not self._near.names <= asked:
            partners = {row.partner for row in near if row.name in asked}
            near = [row for row in near if row.partner in partners]
        others = asked - self._near.names
        return [*near, *(await self._rows("evidence_bearing", list(others)) if others else ())]

    async def holding(self, niks: Collection[UUID]) -> Sequence[Row]:
        """All rows of the partners that hold one of these NIKs."""
        return await self._rows("evidence_holding", list(niks)) if niks else []

    async def of_partners(self, partners: Collection[UUID]) -> Sequence[Row]:
        return await self._rows("evidence_of_partners", list(partners)) if partners else []

    async def decided(self, rows: Collection[Row]) -> Sequence[DecidedRow]:
        if not rows or not await self._work.there_are("decisions"):
            return []
        found = await self._work.fetch("decisions_about", *values_of(rows, MARKS))
        return [DecidedRow(**record) for record in found]

    async def of_decided(self, decided: Collection[DecidedRow]) -> Sequence[Row]:
        return await self._rows("evidence_decided", *values_of(decided, MARKS)) if decided else []

    async def any_different(self) -> bool:
        return await self._work.there_are("decisions_of_different")

    async def _rows(self, query: str, *arguments: Any) -> list[Row]:
        return [evidence.to_row(record) for record in await self._work.fetch(query, *arguments)]
