"""The rows and decisions in the database, as far as a change needs to know them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from services.registration.identity import evidence
from services.registration.identity.decisions import DecidedRow
from services.registration.identity.profile import Row, values_of
from services.registration.identity.unit_of_work import UnitOfWork

MARKS = ("key", "nib", "nik_koperasi", "name")
"""By what a decision about a row is found again."""


class DatabaseRows:
    """What `reach` asks for, by queries."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._kinds: set[bool] | None = None

    async def sharing(self, nibs: list[Any], nik_koperasis: list[Any], niks: list[Any]) -> Sequence[Row]:
        return await self._rows("evidence_sharing", nibs, nik_koperasis, niks)

    async def bearing(self, names: Collection[UUID]) -> Sequence[Row]:
        return await self._rows("evidence_bearing", list(names)) if names else []

    async def holding(self, niks: Collection[UUID]) -> Sequence[Row]:
        """All rows of the partners that hold one of these NIKs."""
        return await self._rows("evidence_holding", list(niks)) if niks else []

    async def of_partners(self, partners: Collection[UUID]) -> Sequence[Row]:
        return await self._rows("evidence_of_partners", list(partners)) if partners else []

    async def decided(self, rows: Collection[Row]) -> Sequence[DecidedRow]:
        if not rows or not await self._kinds_of_decisions():
            return []
        found = await self._work.fetch("decisions_about", *values_of(rows, MARKS))
        return [DecidedRow(**record) for record in found]

    async def of_decided(self, decided: Collection[DecidedRow]) -> Sequence[Row]:
        return await self._rows("evidence_decided", *values_of(decided, MARKS)) if decided else []

    async def any_different(self) -> bool:
        return False in await self._kinds_of_decisions()

    async def _kinds_of_decisions(self) -> set[bool]:
        if self._kinds is None:
            self._kinds = {record["same"] for record in await self._work.fetch("kinds_of_decisions")}
        return self._kinds

    async def _rows(self, query: str, *arguments: Any) -> list[Row]:
        return [evidence.to_row(record) for record in await self._work.fetch(query, *arguments)]
