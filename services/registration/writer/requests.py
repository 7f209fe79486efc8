"""The requests of a transaction, each statement made once for all of them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command
from services.registration.orders import Order, Outcome
from services.registration.writer import quarantine, sources
from services.registration.writer.submissions import Answer, Events
from shared.database import columns


class Requests:
    """Requests that share no event, as one: their orders follow each other, and each gets its answer."""

    def __init__(self, requests: Sequence[Events]) -> None:
        self._requests = requests

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        """The orders of all."""
        known = await sources.sent_before(work, self._requests)
        orders: list[Order[Command]] = []
        for request in self._requests:
            request.find_duplicates(known.events)
            await sources.check(work, request.agency, request.items, known.owners)
            orders += request.take_orders()
        return orders

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> list[Answer]:
        """Keep what became of the events; the answer to each request."""
        following = iter(outcomes)
        for request in self._requests:
            request.judge([next(following) for _ in request.due])
        await self._keep(work)
        survivors = await self._survivors(work)
        answers = [request.answer(survivors) for request in self._requests]
        await self._keep_answers(work, answers)
        return answers

    async def _keep(self, work: UnitOfWork) -> None:
        await self._settle_entries(work)
        accepted = [(item.key, item.content, item.partner) for request in self._requests for item in request.accepted()]
        settled = [item.key for request in self._requests for item in request.items if item.key and not item.refusal]
        if settled:
            await work.execute("keep_events", *columns(accepted, 3), settled)
        for request in self._requests:
            await sources.keep(work, request.agency, request.accepted())
        await quarantine.enter(work, ((r.agency, r.regions, r.refused()) for r in self._requests if r.entry is None))

    async def _settle_entries(self, work: UnitOfWork) -> None:
        """What became of entries of the quarantine; before they would leave it as events that are settled."""
        for request in self._requests:
            if request.entry is not None:
                refusals = [item.refusal for item in request.items if item.refusal is not None]
                command, refusal = request.items[0].command, refusals[0] if refusals else None
                await quarantine.update_entry(work, request.entry, request.agency, command, refusal)

    async def _survivors(self, work: UnitOfWork) -> dict[UUID, UUID]:
        """Who answers now for the partners of the events that may have been merged since."""
        partners = {item.partner for request in self._requests for item in request.items if item.partner is not None}
        asked = [partner for partner in partners if not _is_present(work, partner)]
        records: Iterable[Any] = await work.fetch("survivors", asked) if asked else ()
        return {record["asked"]: record["partner_id"] for record in records}

    async def _keep_answers(self, work: UnitOfWork, answers: Sequence[Answer]) -> None:
        rows = [
            (request.agency, request.idempotency_key, answer.status, msgspec.json.encode(answer.body))
            for request, answer in zip(self._requests, answers, strict=True)
            if request.idempotency_key is not None
        ]
        if rows:
            await work.execute("answer_requests", *columns(rows))


def _is_present(work: UnitOfWork, partner: UUID) -> bool:
    """Whether this transaction knows that the partner answers for itself."""
    return partner in work.states and work.states[partner].is_active
