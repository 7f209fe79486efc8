"""What was decided about who is one partner, kept in the table `decided`."""

from collections.abc import Collection, Sequence
from dataclasses import astuple
from uuid import UUID

from services.registration.identity.decisions import DecidedRow
from services.registration.identity.profile import Row
from services.registration.identity.unit_of_work import UnitOfWork
from shared.database import columns


def decided_row(decision: UUID, same: bool, side: int, row: Row) -> DecidedRow:
    """A row on its side of a decision."""
    numbers = (row.nib, row.nik_koperasi, row.nik, row.name)
    return DecidedRow(decision, same, side, row.key, *numbers, row.phone, row.email, row.owner)


async def keep(work: UnitOfWork, decided: Sequence[DecidedRow]) -> None:
    """Keep these decisions instead of what was decided under the same ids before."""
    if decided:
        await drop(work, {each.decision for each in decided})
        await work.execute("keep_decided", *columns(astuple(each) for each in decided))
        work.added("decisions")
        if not all(each.same for each in decided):
            work.added("decisions_of_different")


async def drop(work: UnitOfWork, decisions: Collection[UUID]) -> None:
    """These decisions count no more."""
    await work.execute("drop_decided", list(decisions))


async def tie(work: UnitOfWork, ties: Sequence[tuple[Row, Row]]) -> None:
    """The first row of each names the second one's partner by id: that they are one is no guess."""
    decided = []
    for row, named in ties:
        decision = work.vault.hash("named-by-id", row.key)
        decided += [decided_row(decision, True, 0, row), decided_row(decision, True, 1, named)]
    await keep(work, decided)
