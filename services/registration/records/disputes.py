"""Partners that agencies list in regions of which nobody has both: each is a case for somebody who has."""

from typing import Final
from uuid import UUID

from services.registration.cases.open_cases import Case, close_cases, open_cases
from services.registration.identity.authority import Authority
from services.registration.identity.unit_of_work import UnitOfWork

KIND: Final = "region_conflict"


class Disputes:
    """Collects what is disputed of the partners whose rows changed; `save` opens and closes their cases at once."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._open: list[Case] = []
        self._settled: list[str] = []

    def note(self, partner: UUID, authority: Authority | None) -> None:
        """`authority` is None for a partner that no list names any more."""
        if authority is not None and authority.disputed:
            self._open.append(self._case(partner, authority))
        elif not self._work.states[partner].is_new:
            self._settled.append(str(partner))

    async def save(self) -> None:
        await open_cases(self._work.db, self._open, self._work.now)
        if self._settled and await self._work.there_are("region_conflicts"):
            await close_cases(self._work.db, KIND, self._settled, self._work.now)

    def _case(self, partner: UUID, authority: Authority) -> Case:
        rows = self._work.rows[partner]
        sides = [
            {"region": region, "agencies": sorted({row.agency for row in rows if row.region == region})}
            for region in (authority.region, *sorted(authority.disputed))
        ]
        return Case(self._work.ids(), KIND, str(partner), sides)
