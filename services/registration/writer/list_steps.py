"""What an upload does behind its rows, step by step: a whole list loses who is not in the file; an undo takes all back.

Each step is a transaction with what is left to do, so that a killed service goes on where it was.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command, LeaveOut, TakeBack
from services.registration.orders import Order, Outcome
from services.registration.queries import queries
from services.registration.writer.writer import Writer
from shared.database import transaction

STEP = 2_000
"""Rows in one transaction."""
ASKED_FROM = 5
"""More than one in so many partners of a list leave it only when somebody confirmed that."""
SUPERSEDED = "Nobody was taken off the list: a later file is the whole list now."


@dataclass
class _Step:
    """Some of the rows that are left to do; its answer is whether there were any."""

    record: asyncpg.Record
    keys: Collection[UUID] = ()
    size: int = STEP
    alone: bool = True
    taken: tuple[str, ...] = field(default=(), init=False)

    @property
    def agency(self) -> str:
        return str(self.record["agency"])

    async def take(self, work: UnitOfWork, due: str) -> Sequence[str]:
        """The keys of this step; none once the upload is not due any more."""
        if not await work.fetch(due, self.record["import_id"]):
            return ()
        self.taken = tuple(row["key"] for row in await work.fetch("take_list_work", self.record["import_id"], STEP))
        return self.taken

    def order(self, command: Command) -> list[Order[Command]]:
        return [Order(self.record["agency"], tuple(self.record["regions"]), command, self.record["import_id"])]


@dataclass
class Leaving(_Step):
    """Rows that are not in the file of a whole list."""

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        keys = await self.take(work, "leaving_import")
        return self.order(LeaveOut(str(self.record["import_id"]), tuple(keys))) if keys else []

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> bool:
        if outcomes:
            await work.execute("add_delisted", self.record["import_id"], work.taken_back["delisted"])
        return bool(outcomes)


@dataclass
class TakingBack(_Step):
    """Rows of an upload that is undone."""

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        keys = await self.take(work, "undoing_import")
        return self.order(TakeBack(str(self.record["import_id"]), self.record["kind"], tuple(keys))) if keys else []

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> bool:
        if outcomes:
            counts = (work.taken_back[each] for each in ("removed", "restored", "kept"))
            await work.execute("advance_undo", self.record["import_id"], *counts)
        return bool(outcomes)


async def leave(pool: asyncpg.Pool, writer: Writer, record: asyncpg.Record, goes_on: Callable[[], bool]) -> None:
    """Take off the list who is not in the file, once all its rows are in; above a fifth only when that is confirmed."""
    if record["leaving_since"] is None and not await _settle(pool, record):
        return
    while await writer.submit(Leaving(record)):
        if not goes_on():
            return
    async with transaction(pool) as db:
        if await db.fetch(queries["leaving_import"], record["import_id"]):
            await db.execute(queries["finish_import"], record["import_id"])


async def _settle(pool: asyncpg.Pool, record: asyncpg.Record) -> bool:
    """Whether these rows may leave; else the upload waits for an answer."""
    import_id, of_list = record["import_id"], (record["agency"], record["list"])
    async with transaction(pool) as db:
        if not await db.fetch(queries["leaving_import"], import_id):
            return False
        await db.execute(queries["supersede_waiting"], import_id, *of_list, SUPERSEDED)
        found = await db.fetchrow(queries["count_leaving"], import_id, *of_list)
        assert found is not None
        listed, missing = found["listed"], found["missing"]
        await db.execute(queries["note_leaving"], import_id, listed, missing)
        allowed = max(record["delist_at_most"] or 0, listed // ASKED_FROM)
        if missing > allowed:
            await db.execute(queries["wait_for_answer"], import_id, question(listed, missing))
            return False
        await db.execute(queries["settle_leaving"], import_id, *of_list)
        return True


async def count_again(db: asyncpg.Connection, agency: str, name: str) -> None:
    """The list changed: what is asked of its whole lists that wait for an answer is counted anew."""
    for waiting in await db.fetch(queries["waiting_imports"], agency, name):
        found = await db.fetchrow(queries["count_leaving"], waiting["import_id"], agency, name)
        assert found is not None
        counts = found["listed"], found["missing"]
        await db.execute(queries["ask_again"], waiting["import_id"], *counts, question(*counts))


def question(listed: int, missing: int) -> str:
    """Why the upload waits and how it is answered."""
    return (
        f"All rows are in; nobody was taken off the list yet. {missing} of the {listed} partners that were on it are "
        f'not in this file. If they are to leave it: POST …/confirm with {{"delisted": {missing}}}. If not, the file '
        "is not the whole list: DELETE leaves them on it."
    )


async def undo(pool: asyncpg.Pool, writer: Writer, record: asyncpg.Record, goes_on: Callable[[], bool]) -> None:
    """Take back all that the upload did."""
    import_id = record["import_id"]
    if not record["undo_filled"]:
        async with transaction(pool) as db:
            await db.execute(queries["drop_list_work"], import_id)  # what a failed upload left
            await db.execute(queries["settle_undo"], import_id, record["agency"], record["list"])
    while await writer.submit(TakingBack(record)):
        if not goes_on():
            return
    async with transaction(pool) as db:
        await count_again(db, record["agency"], record["list"])
        await db.execute(queries["finish_undo"], import_id)
