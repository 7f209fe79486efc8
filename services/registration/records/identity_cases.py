"""Cases about who is one partner: opened, given their present sides and closed as the rows they are about change."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.registration.cases.open_cases import Case, Kind, close_cases, open_cases
from services.registration.identity import decisions, doubts
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Touched
from services.registration.identity.stored_rows import DatabaseRows
from services.registration.identity.unit_of_work import UnitOfWork

MOST_SIDES: Final = 50
"""Sides of a case at most; where more partners could be one, the first recorded are asked about first."""

Doubt = tuple[Kind, str]
"""The kind and subject of a case: the hash of a name or NIK, with a number group where a name has several cases."""


async def review(work: UnitOfWork, touched: Touched) -> None:
    """Keep the cases about the names and NIKs of these rows as they are now."""
    names, niks = touched.names & touched.doubtful, touched.niks & touched.doubtful
    if not names:
        return
    cases = await work.there_are("identity_cases")
    subjects = [str(each) for each in (*names, *niks)] if cases else []
    records = await work.fetch("in_doubt", list(names), list(niks), subjects)
    about = {record["about"] for record in records if record["about"] is not None}
    names, niks = names & about, niks & about
    found = await _doubts(work, names, niks) if about else {}
    await open_cases(work.db, [Case(work.ids(), *doubt, sides) for doubt, sides in sorted(found.items())], work.now)
    await _close_others(work, [(record["kind"], record["subject"]) for record in records if record["kind"]], found)


async def _doubts(work: UnitOfWork, names: Collection[UUID], niks: Collection[UUID]) -> dict[Doubt, list[Any]]:
    """What is in doubt about each of these, with the sides."""
    stored = DatabaseRows(work)
    rows = list({row.key: row for row in (*await stored.bearing(names), *await stored.holding(niks))}.values())
    apart = doubts.decided_apart(rows, decisions.among(rows, await stored.decided(rows)))
    rows_of = _by(rows, "partner")
    found: dict[Doubt, list[Any]] = {}
    for name, own in _whole_partners(rows, rows_of, "name", names):
        found["possible_duplicate", str(name)] = doubts.possible_duplicates(name, own, apart)
        for group, partners in doubts.conflicts_of_name(name, own, apart).items():
            found["conflict", f"{name}/{group}"] = partners
    for nik, own in _whole_partners(rows, rows_of, "nik", niks):
        found["conflict", str(nik)] = doubts.conflict_of_nik(nik, own, apart)
    return {doubt: _sides(partners, rows_of) for doubt, partners in found.items() if partners}


def _whole_partners(
    rows: Sequence[Row], rows_of: Mapping[Any, list[Row]], key: str, asked: Collection[UUID]
) -> Iterable[tuple[UUID, list[Row]]]:
    """Each of the asked names or NIKs with all rows of the partners that have it."""
    for value, own in _by(rows, key).items():
        if value in asked:
            yield value, [row for partner in {each.partner for each in own} for row in rows_of[partner]]


def _by(rows: Iterable[Row], key: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


def _sides(partners: Iterable[UUID], rows_of: Mapping[UUID, list[Row]]) -> list[dict[str, Any]]:
    return [
        {
            "partner": str(partner),
            "region": max(rows_of[partner], key=lambda row: (row.last_listed, row.line, row.key)).region,
            "agencies": sorted({row.agency for row in rows_of[partner]}),
        }
        for partner in sorted(partners, key=lambda each: min(row.sequence for row in rows_of[each]))[:MOST_SIDES]
    ]


async def _close_others(work: UnitOfWork, opened: Iterable[Doubt], found: Collection[Doubt]) -> None:
    """Of the cases that were open the reason of all but the found ones is gone."""
    gone: dict[Kind, list[str]] = defaultdict(list)
    for kind, subject in opened:
        if (kind, subject) not in found:
            gone[kind].append(subject)
    for kind, subjects in gone.items():
        await close_cases(work.db, kind, subjects, work.now)
