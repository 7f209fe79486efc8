"""The one writer: whatever waits is done in one transaction (group commit), in order, over all instances."""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from services.registration.accepting import Order, Outcome, accept
from services.registration.ids import Ids
from services.registration.privacy import Vault
from services.registration.work import QUERIES, Work
from shared.bus.outbox import Relay
from shared.database import UNAVAILABLE, transaction
from shared.observability import Metrics, get_logger
from shared.regions import Regions
from shared.service import PartStatus

log = get_logger(__name__)

TOGETHER = 20_000
"""Orders done in one transaction at most, unless a single submission holds more."""


class Submission(Protocol):
    """Something to be done whole: a request's events, a chunk of an import, an erasure."""

    keys: Collection[UUID]
    """What it must not share with another submission of the same transaction."""

    weight: int

    async def prepare(self, work: Work) -> Sequence[Order]:
        """What to order, seen from inside the transaction."""

    async def finish(self, work: Work, outcomes: Sequence[Outcome]) -> Any:
        """Keep what the outcomes mean for the sender; its value is `submit`'s answer. Raise Undo for a dry run."""


class Undo(Exception):  # not a failure: `answer` holds, the effects do not
    """Raised by `finish`: give this answer and roll the transaction back."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


class Writer:
    """Takes submissions and answers each once its transaction is durable."""

    name = "writer"

    def __init__(self, pool: asyncpg.Pool, vault: Vault, relay: Relay, metrics: Metrics, *, jkp: bool = False) -> None:
        self._pool, self._vault, self._relay, self._jkp = pool, vault, relay, jkp
        self._regions, self._ids = Regions.load(), Ids()
        self._waiting: list[tuple[Submission, asyncio.Future[Any]]] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._busy_since: float | None = None
        self._trouble: str | None = None
        self._duration = metrics.histogram("transaction_duration_seconds", "Time of one group commit")
        self._accepted = metrics.counter("accepted_total", "Orders accepted", ("kind",))
        self._refused = metrics.counter("refused_total", "Orders refused in the transaction", ("code",))

    async def submit(self, submission: Submission) -> Any:
        """The submission's answer, once durable. Raises one of UNAVAILABLE when the database is down."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((submission, future))
        self._wake.set()
        return await future

    async def run(self) -> None:
        while not self._stopping or self._waiting:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._do(self._next_group())

    async def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def status(self) -> PartStatus:
        busy = time.monotonic() - self._busy_since if self._busy_since is not None else 0.0
        detail = {"waiting": len(self._waiting), "busy_seconds": round(busy, 1), "trouble": self._trouble}
        return PartStatus(live=busy < 660, ready=self._trouble is None, detail=detail)

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
        self._busy_since = time.monotonic()
        try:
            answers = await self._transact([submission for submission, _ in group])
            self._trouble = None
        except UNAVAILABLE as problem:
            self._trouble = type(problem).__name__
            log.warning("writer could not reach the database", problem=self._trouble)
            _answer_all(group, problem)
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
        finally:
            self._busy_since = None

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
        await db.execute(QUERIES["lock_writer"])
        await db.execute(QUERIES["plan_by_index"])
        now = await db.fetchval(QUERIES["tick"])
        work = Work(db, self._vault, self._regions, self._ids, now, self._jkp)
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
