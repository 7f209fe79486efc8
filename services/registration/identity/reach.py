"""Everything that changed rows can reach, loaded: rows, former identifiers and the age of the partners."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.registration.identity import evidence, former_identifiers
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Reach
from services.registration.identity.unit_of_work import UnitOfWork


async def load(work: UnitOfWork, changed: Sequence[Row], old: Sequence[Row]) -> Reach:
    """What `changed` rows (new, or in their new form) and the `old` ones (removed, or as they were before) reach."""
    rows, vetoed = await _closure(work, changed, old)
    former = await former_identifiers.sharing(work, changed)
    partners = {row.partner for row in (*rows, *old) if row.partner is not None}
    await work.load_states(partners)
    partners |= {each.partner for each in former}
    ages = {partner: work.states[partner].age for partner in partners}
    return Reach(rows, old, {row.key for row in changed}, vetoed, former, ages)


async def _closure(work: UnitOfWork, changed: Sequence[Row], old: Sequence[Row]) -> tuple[list[Row], set[UUID]]:
    """All rows that the changed ones can reach, and the names known to join nobody.

    A name whose rows already hold two NIBs or two NIKs joins nobody, before and after, unless one of its rows changed
    or was removed: it is not followed. That keeps a popular name from pulling in a whole regency.
    """
    found = {row.key: row for row in changed}
    hidden = {row.key for row in old} | found.keys()
    open_names = {row.name for row in old}
    seen: dict[str, set[Any]] = {"nib": set(), "nik_koperasi": set(), "nik": set(), "name": set(), "partner": set()}
    vetoed: set[UUID] = set()
    frontier: Iterable[Row] = [*changed, *old]
    while frontier:
        asked = _unseen(frontier, seen)
        clashing = await work.fetch("clashing_names", [name for name in asked["name"] if name not in open_names])
        vetoed |= {row["name"] for row in clashing}
        names = [name for name in asked["name"] if name not in vetoed]
        records = await work.fetch(
            "evidence_sharing", asked["nib"], asked["nik_koperasi"], asked["nik"], names, asked["partner"]
        )
        frontier = [evidence.to_row(record) for record in records if record["key"] not in hidden]
        for row in frontier:
            found[row.key] = row
            hidden.add(row.key)
    return list(found.values()), vetoed


def _unseen(frontier: Iterable[Row], seen: dict[str, set[Any]]) -> dict[str, list[Any]]:
    """The values of each kind in these rows that were not asked for yet; from now on they were."""
    asked: dict[str, list[Any]] = {}
    for kind, known in seen.items():
        values = {getattr(row, kind) for row in frontier} - known - {None}
        known |= values
        asked[kind] = list(values)
    return asked
