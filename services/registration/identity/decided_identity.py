"""A person decided that partners are the same, or different: the rows they have now are settled anew."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.registration.identity import grouping, kept_decisions
from services.registration.identity.decisions import DecidedRow
from services.registration.identity.evidence import to_row
from services.registration.identity.profile import values_of
from services.registration.identity.regrouping import Touched
from services.registration.identity.stored_rows import DatabaseRows
from services.registration.identity.unit_of_work import UnitOfWork


async def decide(work: UnitOfWork, case_id: UUID, partners: Sequence[UUID], *, same: bool) -> Touched:
    """Keep that these partners are one, or each another, and regroup. Deciding the same question anew replaces that."""
    decision = work.vault.hash("decision", case_id, *sorted(partners))
    decided = [DecidedRow(**record) for record in await work.fetch("decided_rows", decision)]
    if decided:
        decided = [replace(each, same=same) for each in decided]
    else:
        decided = await _rows_of_sides(work, decision, partners, same)
    if same:
        await work.execute("drop_contradicted", *values_of(decided, ("key", "nib", "nik_koperasi")))
    await kept_decisions.keep(work, decided)
    concerned = await DatabaseRows(work).of_decided(decided)
    _, touched = await grouping.regroup(work, [], again=concerned)
    return touched | Touched.by(concerned, set())


async def _rows_of_sides(work: UnitOfWork, decision: UUID, partners: Sequence[UUID], same: bool) -> list[DecidedRow]:
    """Each partner's present rows as a side; of partners that are one by now, one side."""
    answering = {row["asked"]: row["partner_id"] for row in await work.fetch("survivors", list(partners))}
    there = [answering[partner] for partner in partners if partner in answering]
    sides = {partner: side for side, partner in enumerate(dict.fromkeys(there))}
    records = await work.fetch("evidence_of_partners", list(sides))
    return [kept_decisions.decided_row(decision, same, sides[row.partner], row) for row in map(to_row, records)]
