"""Partners that several agencies listed while every row counted: their facts are derived anew, once, before serving."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command, DerivePartner
from services.registration.orders import Order, Outcome
from services.registration.writer.writer import Writer
from shared.database import transaction

BATCH: Final = 1_000


async def run(pool: asyncpg.Pool, writer: Writer) -> None:
    """Derive all that wait; a kill repeats nothing. Who listed a partner where others have a say becomes a case."""
    waiting = True
    while waiting:
        async with transaction(pool) as db:
            (waiting,) = await writer.inside(db, [_Deriving()])


@dataclass
class _Deriving:
    """A submission that derives some partners anew; whether there were any."""

    keys: Collection[UUID] = ()
    size: int = BATCH
    alone: bool = True
    partners: list[UUID] = field(default_factory=list)

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        self.partners = [row["partner_id"] for row in await work.fetch("take_partners_to_derive", BATCH)]
        return [Order("", (), DerivePartner(str(partner))) for partner in self.partners]

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> bool:
        return bool(self.partners)
