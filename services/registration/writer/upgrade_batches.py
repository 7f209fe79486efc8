"""Work that an upgrade left in the database, taken through the writer batch by batch until none waits."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command
from services.registration.orders import Order, Outcome
from services.registration.writer.writer import Writer
from shared.database import transaction


@dataclass
class _Batch:
    """A submission of the next `size` ids that `query` takes out of the database; whether there were any."""

    query: str
    size: int
    to_commands: Callable[[list[UUID]], Sequence[Command]]
    keys: Collection[UUID] = ()
    alone: bool = True
    agency: None = None
    taken: list[UUID] = field(default_factory=list)

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        self.taken = [row[0] for row in await work.fetch(self.query, self.size)]
        return [Order("", (), command) for command in self.to_commands(self.taken)] if self.taken else []

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> Any:
        return bool(self.taken)


async def work_off(
    pool: asyncpg.Pool, writer: Writer, query: str, size: int, to_commands: Callable[[list[UUID]], Sequence[Command]]
) -> None:
    """Take batches until `query` finds nothing; each is one transaction, so a kill repeats nothing."""
    waiting = True
    while waiting:
        async with transaction(pool) as db:
            (waiting,) = await writer.inside(db, [_Batch(query, size, to_commands)])
