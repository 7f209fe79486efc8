"""Partners that several agencies listed while every row counted: their facts are derived anew, once, before serving."""

from typing import Final

import asyncpg

from services.registration.intake.commands import DerivePartner
from services.registration.writer import upgrade_batches
from services.registration.writer.writer import Writer

BATCH: Final = 1_000


async def run(pool: asyncpg.Pool, writer: Writer) -> None:
    """Derive all that wait; a kill repeats nothing. Who listed a partner where others have a say becomes a case."""
    await upgrade_batches.work_off(
        pool, writer, "take_partners_to_derive", BATCH, lambda taken: [DerivePartner(str(each)) for each in taken]
    )
