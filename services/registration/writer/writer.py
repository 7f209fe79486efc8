"""The one writer: whatever waits is done in one transaction (group commit), in order, over all instances."""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from services.registration.identity.ids import Ids
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.queries import queries
from services.registration.vault import Vault
from services.registration.writer.accept import Order, Outcome, accept
from shared.bus.outbox import Relay
from shared.database import UNAVAILABLE, transaction
from shared.observability import Metrics, get_logger
from shared.part import Part
from shared.regions import Regions

log = get_logger(__name__)

TOGETHER = 20_000
"""Orders done in one transaction at most, unless a single submission holds more."""


class Submission(Protocol):
    """Something to be done whole: a request's events, a chunk of an import, an erasure."""

    keys: Collection[UUID]
    """What it must not share with another submission of the same transaction."""

    weight: int

    async def prepare(self, work: UnitOfWork) -> Sequence[Order]:
        """What to order, seen from inside the transaction."""

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> Any:
        """Keep what the outcomes mean for the sender; its value is `submit`'s answer. Raise Undo for a dry run."""


class Undo(Exception):  # not a failure: `answer` holds, the effects do not
    """Raised by `finish`: give this answer and roll the transaction back."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


class Writer(Part):
    """Takes submissions and answers each once its transaction is durable."""

    longest_back_off = 0.5
    stalled_after = 660.0
    """Longer than the database lets a transaction take."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault, relay: Relay, metrics: Metrics, *, jkp: bool = False) -> None:
        super().__init__("writer")
        self._pool, self._vault, self._relay, self._jkp = pool, vault, relay, jkp
        self._regions, self._ids = Regions.load(), Ids()
        self._waiting: list[tuple[Submission, asyncio.Future[Any]]] = []
        self._duration = metrics.histogram("transaction_duration_seconds", "Time of one group commit")
        self._accepted = metrics.counter("accepted_total", "Orders accepted", ("kind",))
        self._refused = metrics.counter("refused_total", "Orders refused in the transaction", ("code",))

    async def submit(self, submission: Submission) -> Any:
        """The submission's answer, once durable. Raises one of UNAVAILABLE when the database is down."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((submission, future))
        self.wake()
        return await future

    async def step(self) -> None:
        """Do whatever waits, group by group."""
        while self._waiting:
            await self._do(self._next_group())
            self.progressed()

    async def close(self) -> None:
        """What was submitted while we were told to stop is still done."""
        with suppress(*UNAVAILABLE):
            await self.step()

    def detail(self) -> dict[str, Any]:
        return {"waiting": len(self._waiting)}

    def _next_group(self) -> list[tuple[Submission, asyncio.Future[Any]]]:
        """As many as go together: not too many orders, no key twice, none that may be undone beside another."""
        group = [self._waiting.pop(0)]
        keys, weight = set(group[0][0].keys), group[0][0].weight
        while self._waiting:
            following = self._waiting[0][0]
            if weight + following.weight > TOGETHER or not keys.isdisjoint(following.keys):
                break
            keys |= set(following.keys)
            weight += following.weight
            group.append(self._waiting.pop(0))
        return group

    async def _do(self, group: list[tuple[Submission, asyncio.Future[Any]]]) -> None:
        try:
            answers = await self._transact([submission for submission, _ in group])
        except UNAVAILABLE as problem:
            _answer_all(group, problem)
            raise
        except Exception as problem:
            if len(group) == 1:
                log.error("a submission failed", problem=type(problem).__name__, exc_info=True)
                _answer_all(group, problem)
            else:  # one of them is at fault: the others must not suffer
                for each in group:
                    await self._do([each])
        else:
            self._relay.wake()
            for (_, future), answer in zip(group, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _transact(self, submissions: Sequence[Submission]) -> list[Any]:
        begun = time.perf_counter()
        try:
            async with transaction(self._pool) as db:
                return await self.inside(db, submissions)
        except Undo as undone:
            return [undone.answer]
        finally:
            self._duration.observe(time.perf_counter() - begun)

    async def inside(self, db: asyncpg.Connection, submissions: Sequence[Submission]) -> list[Any]:
        """Do the submissions within the caller's transaction, which holds the writer's lock from here to its end."""
        await db.execute(queries["lock_writer"])
        await db.execute(queries["plan_by_index"])
        now = await db.fetchval(queries["tick"])
        work = UnitOfWork(db, self._vault, self._regions, self._ids, now, self._jkp)
        ordered = [await submission.prepare(work) for submission in submissions]
        outcomes = await accept(work, [order for orders in ordered for order in orders])
        answers, at = [], 0
        for submission, orders in zip(submissions, ordered, strict=True):
            own = outcomes[at : at + len(orders)]
            at += len(orders)
            answers.append(await submission.finish(work, own))
            self._count(orders, own)
        return answers

    def _count(self, orders: Sequence[Order], outcomes: Sequence[Outcome]) -> None:
        for order, outcome in zip(orders, outcomes, strict=True):
            if outcome.refusal is None:
                self._accepted.labels(type(order.command).__name__.lower()).inc()
            else:
                self._refused.labels(outcome.refusal.code).inc()


def _answer_all(group: list[tuple[Submission, asyncio.Future[Any]]], problem: BaseException) -> None:
    for _, future in group:
        with suppress(asyncio.InvalidStateError):
            future.set_exception(problem)
