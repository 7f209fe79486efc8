"""The one writer: what waits is accepted in one transaction (group commit), in order, over all instances."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Protocol, cast, get_args
from uuid import UUID

import asyncpg

from services.registration.identity.ids import Ids
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command
from services.registration.intake.values import Refusal
from services.registration.orders import Order, Outcome
from services.registration.queries import queries
from services.registration.records import missed
from services.registration.vault import Vault
from services.registration.writer.fair_queue import FairQueue
from services.registration.writer.fitting import Misfits, accept_all, accept_what_fits
from services.registration.writer.requests import Requests
from services.registration.writer.submissions import Events
from shared import tracing
from shared.bus.outbox import Relay
from shared.database import UNAVAILABLE, connection, encoding_checked
from shared.observability import Metrics, get_logger
from shared.part import Part, PartStatus
from shared.refusals import REFUSALS
from shared.regions import Regions

log = get_logger(__name__)

MOST_ORDERS = 20_000
"""Orders in one transaction at most, unless a single submission holds more."""


MANY = 8
"""Submissions of one transaction after which the next one waits for company: who was just answered sends again at once,
and a transaction costs the same dozen statements for ten requests and for a hundred."""

COMPANY_SECONDS, LONGEST_COMPANY_SECONDS = 0.002, 0.01
"""It waits on while so long a moment brings more, and no longer than that."""

MOST_WAITING = 2_000_000
"""Events that may wait to be published, as while Kafka is away; about a gigabyte. Beyond it nothing is taken."""


class NotNow(ConnectionError):
    """Nothing is taken now and nothing was; the text is for the sender, who may try again in so many `seconds`."""

    def __init__(self, text: str, seconds: int) -> None:
        super().__init__(text)
        self.seconds = seconds


class Submission(Protocol):
    """Orders that are accepted in one transaction: a request's events, a chunk of an import, an erasure."""

    keys: Collection[UUID]
    """What it must not share with another submission of the same transaction."""

    size: int
    """How many orders it has at most."""

    alone: bool
    """Whether its transaction may hold no other submission."""

    @property
    def agency(self) -> str | None:
        """For whom it is: agencies take turns."""

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        """Its orders, as they are due inside the transaction."""

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> Any:
        """Keep what the outcomes mean for the sender; its value is `submit`'s answer."""


Accept = Callable[[UnitOfWork, Sequence[Order[Command]]], Awaitable[tuple[UnitOfWork, list[Outcome]]]]
Waiting = tuple[Submission | Events, asyncio.Future[Any], str | None]
"""A submission, who waits for its answer, and the trace that it belongs to."""
Group = list[Waiting]
"""Submissions of one transaction."""


class Writer(Part):
    """Takes submissions and answers each once its transaction is durable.

    `pool` has a connection for it alone: the plans of its statements are kept, and another's use of them in the same
    session could leave it a scan of a table that has grown.
    """

    longest_back_off = 0.5
    stalled_after = 660.0
    """Longer than the database lets a transaction take."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault, relay: Relay, metrics: Metrics) -> None:
        super().__init__("writer")
        self._pool, self._vault, self._relay = pool, vault, relay
        self._regions, self._ids = Regions.load(), Ids()
        self._waiting: FairQueue[Waiting] = FairQueue(lambda waiting: waiting[0].agency or "")
        self._duration = metrics.histogram("transaction_duration_seconds", "Time of one group commit")
        self._accepted = metrics.counter("accepted_total", "Orders accepted", ("kind",))
        self._held_back = metrics.counter("held_back_total", "Partners whose new facts were held back, not fitting")
        self._refused = metrics.counter("refused_total", "Events and rows refused", ("code",))
        for code in REFUSALS:  # a series that begins with its first refusals shows no increase
            self._refused.labels(code)
        for command in get_args(Command):
            self._accepted.labels(command.label)

    async def compare_with_log(self) -> None:
        """Before anything is taken: a database that is older than its log would give ids and versions twice."""
        await self._relay.compare_with_log()

    async def submit(self, submission: Submission | Events) -> Any:
        """The submission's answer, once durable. Raises one of UNAVAILABLE when the database is down, NotNow, which is
        one of them, where nothing may be taken."""
        if (refusal := self._refusal()) is not None:
            raise refusal
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.add((submission, future, tracing.current()))
        self.wake()
        return await future

    async def step(self) -> None:
        """Do whatever waits, group by group."""
        if self._waiting:
            group = self._waiting.take(_OneTransaction().admits)
            try:
                async with connection(self._pool) as db:
                    while group:
                        await self._do(db, group)
                        self.progressed()
                        await self._company(len(group))
                        group = self._waiting.take(_OneTransaction().admits)
            except UNAVAILABLE as problem:
                _answer_all(group, problem)
                raise

    async def _company(self, before: int) -> None:
        """After a group of many: wait as long as more come."""
        until, seen = time.monotonic() + LONGEST_COMPANY_SECONDS, -1
        while before > MANY and seen < len(self._waiting) and time.monotonic() < until:
            seen = len(self._waiting)
            await asyncio.sleep(COMPANY_SECONDS)

    async def close(self) -> None:
        """What was submitted before the stop is still done."""
        with suppress(*UNAVAILABLE):
            await self.step()

    def detail(self) -> dict[str, Any]:
        return {"waiting": len(self._waiting)}

    def status(self) -> PartStatus:
        """Not ready while nothing is taken."""
        status = super().status()
        return replace(status, ready=status.ready and self.takes)

    @property
    def takes(self) -> bool:
        """Whether anything may be taken now."""
        return self._refusal() is None

    def _refusal(self) -> NotNow | None:
        if self._relay.halts:
            return NotNow("Nothing is taken until our operator has mended our log. Please send it again later.", 300)
        if self._relay.waiting > MOST_WAITING:
            return NotNow("Too much waits to be published. Please send it again in a minute.", 60)
        return None

    async def _do(self, db: asyncpg.Connection, group: Group) -> None:
        try:
            with tracing.span("accept", parent=group[0][2], payung__submissions=len(group)):
                answers = await self._transact(db, [submission for submission, *_ in group])
        except UNAVAILABLE:
            raise
        except Exception as problem:
            if len(group) == 1:
                log.error("a submission failed", problem=type(problem).__name__, exc_info=True)
                _answer_all(group, problem)
            else:  # one of them is at fault: the others must not suffer
                for each in group:
                    await self._do(db, [each])
        else:
            self._relay.wake()
            for (_, future, _), answer in zip(group, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _transact(self, db: asyncpg.Connection, submissions: Sequence[Submission | Events]) -> list[Any]:
        """Do the submissions in a transaction: as if all facts fitted, and anew where they do not."""
        begun = time.perf_counter()
        try:
            with encoding_checked():
                with suppress(Misfits):
                    async with db.transaction():
                        return await self.inside(db, submissions, accept_all)
                async with db.transaction():
                    return await self.inside(db, submissions)
        finally:
            self._duration.observe(time.perf_counter() - begun)

    async def inside(
        self, db: asyncpg.Connection, submissions: Sequence[Submission | Events], accept: Accept = accept_what_fits
    ) -> list[Any]:
        """Do the submissions within the caller's transaction, which holds the writer's lock from here to its end."""
        now = await db.fetchval(queries["begin_writing"])
        work = UnitOfWork(db, self._vault, self._regions, self._ids, now)
        runs = _runs(submissions)
        ordered = [await run.prepare(work) for run in runs]
        all_orders = [order for orders in ordered for order in orders]
        work, outcomes = await accept(work, all_orders)
        self._report_held_back(work)
        answers: list[Any] = []
        at = 0
        for run, orders in zip(runs, ordered, strict=True):
            own = outcomes[at : at + len(orders)]
            at += len(orders)
            answers += await run.finish(work, own)
            self._count(orders, own)
        for code, count in work.refused.items():
            self._refused.labels(code).inc(count)
        await missed.note_arrivals(work, all_orders, outcomes)
        return answers

    def _report_held_back(self, work: UnitOfWork) -> None:
        """A partner whose facts do not fit, although no order is to blame, as after an erasure that merged others."""
        for partner, refusal in work.misfits.items():
            self._held_back.inc()
            log.error("the new facts of a partner are held back", partner=str(partner), code=refusal.code)

    def _count(self, orders: Sequence[Order[Command]], outcomes: Sequence[Outcome]) -> None:
        accepted = Counter(
            order.command.label
            for order, outcome in zip(orders, outcomes, strict=True)
            if not isinstance(outcome, Refusal)
        )
        for label, count in accepted.items():
            self._accepted.labels(label).inc(count)


class _OneTransaction:
    """What fits one transaction: not too many orders, no key twice, nothing beside what must be alone, one trace: so
    all facts of a transaction follow from the same."""

    def __init__(self) -> None:
        self._trace: str | None = None
        self._size = 0
        self._keys: set[UUID] = set()
        self._is_closed = False

    def admits(self, waiting: Waiting) -> bool:
        """Whether the submission fits beside those admitted before; the first always does."""
        wanted, _, trace = waiting
        if self._size and (trace != self._trace or not self._has_room(wanted)):
            return False
        self._trace = trace
        self._size += wanted.size
        self._keys.update(wanted.keys)
        self._is_closed = wanted.alone
        return True

    def _has_room(self, wanted: Submission | Events) -> bool:
        if self._is_closed or wanted.alone or self._size + wanted.size > MOST_ORDERS:
            return False
        return self._keys.isdisjoint(wanted.keys)


@dataclass(frozen=True)
class _Alone:
    """A submission that is prepared and finished by itself."""

    submission: Submission

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        return await self.submission.prepare(work)

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> list[Any]:
        return [await self.submission.finish(work, outcomes)]


def _runs(submissions: Sequence[Submission | Events]) -> list[Requests | _Alone]:
    """The submissions in their order, requests that follow each other as one."""
    found: list[Requests | _Alone] = []
    for are_requests, run in groupby(submissions, key=lambda each: isinstance(each, Events)):
        same = list(run)
        found += [Requests(cast("list[Events]", same))] if are_requests else [_Alone(cast(Submission, s)) for s in same]
    return found


def _answer_all(group: Group, problem: BaseException) -> None:
    for _, future, _ in group:
        with suppress(asyncio.InvalidStateError):
            future.set_exception(problem)
