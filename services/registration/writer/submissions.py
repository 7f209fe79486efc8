"""What the writer gets besides imports: a request's events, a corrected row, an erasure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from services.registration import audit
from services.registration.audit import Actor
from services.registration.cases import decisions
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command, DecideCase, ErasePartner, WithdrawPartner
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.writer import quarantine
from services.registration.writer.items import Item
from services.registration.writer.quarantine import Retry


@dataclass
class Events:
    """The events of one request, taken whole, and what is found out about them. The writer takes them as `Requests`."""

    agency: str
    regions: tuple[str, ...]
    items: list[Item]
    idempotency_key: str | None = None
    entry: Retry | None = None
    """The quarantine's entry that this is a retry of."""
    keys: Collection[UUID] = field(init=False)
    size: int = field(init=False)
    alone: bool = False

    def __post_init__(self) -> None:
        self.keys = {item.key for item in self.items if item.key is not None}
        self.size = len(self.items)
        self.due: list[Item] = []
        """The events that nothing speaks against before they are judged."""
        self._refused_as_sent = [item.refusal for item in self.items]

    def find_duplicates(self, before: Mapping[UUID, asyncpg.Record]) -> None:
        """Compare the events, as they were sent, with those accepted `before` and with each other."""
        self._as_sent()
        first: dict[UUID, Item] = {}
        for item in self.items:
            if item.key is None or item.refusal is not None:
                continue
            record, twin = before.get(item.key), first.setdefault(item.key, item)
            if record is not None:
                self._compare(item, record["content"], record["partner_id"])
            elif twin is not item:
                self._compare(item, twin.content, None)
                item.twin_of = twin
            elif isinstance(item.command, Refusal):
                item.refusal = item.command
        for item in self.items:
            if item.key is None and isinstance(item.command, Refusal):
                item.refusal = item.command

    def _as_sent(self) -> None:
        """Nothing was found out about the events yet: a transaction may be tried anew."""
        for item, refusal in zip(self.items, self._refused_as_sent, strict=True):
            item.refusal, item.duplicate, item.twin_of, item.partner = refusal, False, None, None

    def _compare(self, item: Item, content: UUID | None, partner: UUID | None) -> None:
        if item.content == content:
            item.duplicate, item.partner = True, partner
        else:
            item.refusal = Refusal("id_reused", "id", "This source and id were used for another event.")

    def take_orders(self) -> list[Order[Command]]:
        """The orders of the events that nothing speaks against; these are `due` from now on."""
        self.due = [item for item in self.items if item.is_due]
        return [
            Order(self.agency, self.regions, item.command) for item in self.due if not isinstance(item.command, Refusal)
        ]

    def judge(self, outcomes: Sequence[Outcome]) -> None:
        """Note what became of the due events, and of their twins."""
        for item, outcome in zip(self.due, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                item.refusal = outcome
            else:
                item.partner, item.notes = outcome.partner, outcome.notes
        for item in self.items:
            if item.twin_of is not None and item.duplicate:
                item.refusal, item.partner = item.twin_of.refusal, item.twin_of.partner
                item.duplicate = item.refusal is None

    def accepted(self) -> list[Item]:
        return [item for item in self.due if item.refusal is None and item.key is not None]

    def refused(self) -> list[Item]:
        return [item for item in self.items if item.refusal is not None]

    def answer(self, survivors: Mapping[UUID, UUID]) -> "Answer":
        """The answer to the request; `survivors` of those partners that do not answer for themselves."""
        body = {
            "accepted": sum(item.refusal is None and not item.duplicate for item in self.items),
            "duplicates": sum(item.duplicate for item in self.items),
            "rejected": [_rejected(item) for item in self.refused()],
            "partners": {
                item.id: str(survivors.get(item.partner, item.partner))
                for item in self.items
                if item.partner is not None and item.id
            },
        }
        warnings = [warned for item in self.due if item.refusal is None for warned in _warned(item)]
        notes = [noted for item in self.due if item.refusal is None for noted in _noted(item)]
        more = {"warnings": warnings, "notes": notes}
        return Answer(202, body | {name: found for name, found in more.items() if found})


@dataclass(frozen=True)
class Answer:
    """A request's answer: HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


def _warned(item: Item) -> list[dict[str, Any]]:
    codes = () if isinstance(item.command, Refusal) else item.command.warnings
    return [_named(item) | {"code": code} for code in codes]


def _noted(item: Item) -> list[dict[str, Any]]:
    if not item.notes:
        return []
    return [_named(item) | {"code": code, "count": count} for code, count in Counter(item.notes).items()]


def _named(item: Item) -> dict[str, Any]:
    """Which event of the request it is, and which of its members."""
    found = {"index": item.index, "id": item.id}
    return found if item.member is None else found | {"member": item.member}


def _rejected(item: Item) -> dict[str, Any]:
    assert item.refusal is not None
    refusal = item.refusal
    return _named(item) | {"code": refusal.code, "field": refusal.field, "detail": refusal.detail}


@dataclass
class Erasure:
    """Erase one partner everywhere; for an agency only what it sent, unless nobody else is concerned.

    `agency` is None for the administrator. Its answer is whether there was such a partner.
    """

    partner: UUID
    by: Actor
    agency: str | None = None
    regions: tuple[str, ...] = ()
    keys: Collection[UUID] = ()
    size: int = 1
    alone: bool = True

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        found = [row["partner_id"] for row in await work.fetch("survivors", [self.partner])]
        return [Order(self.agency or "", self.regions, await self._command(work, partner)) for partner in found]

    async def _command(self, work: UnitOfWork, partner: UUID) -> ErasePartner | WithdrawPartner:
        if self.agency is not None:
            own = [regency for region in self.regions for regency in work.regions.regencies(region)]
            if await work.is_true("others_concerned", partner, self.agency, own):
                return WithdrawPartner(str(partner))
        return ErasePartner(str(partner))

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> bool:
        for outcome in outcomes:
            everywhere = isinstance(outcome, Accepted) and outcome.effect is Effect.ERASED
            about: audit.Subjects = {"partner": str(self.partner), "everywhere": everywhere}
            await audit.note(work.db, self.by, "partner.erased", about)
        return bool(outcomes)


@dataclass
class Decision:
    """Decide a case; its answer is the case as decided, why not, or None where there is none for this caller.

    `regions` are those of the caller, None for the administrator.
    """

    case: UUID
    decision: str
    by: Actor
    regions: tuple[str, ...] | None
    partners: tuple[str, ...] = ()
    keys: Collection[UUID] = ()
    size: int = 1
    alone: bool = True
    refusal: Refusal | None = None

    @property
    def agency(self) -> str | None:
        return self.by.agency

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        found = await work.fetch("case_to_decide", self.case)
        if not found or not decisions.may_see(found[0], work.regions, self.regions):
            return []
        self.refusal = decisions.check(found[0], self.decision, self.partners)
        if self.refusal is not None:
            return []
        return [
            Order(
                self.by.agency or "admin", self.regions or (), DecideCase(str(self.case), self.decision, self.partners)
            )
        ]

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> asyncpg.Record | Refusal | None:
        if not outcomes:
            return self.refusal
        case = (await work.fetch("case_of", self.case))[0]
        about: audit.Subjects = {"case": str(self.case), "kind": case["kind"], "decision": self.decision}
        await audit.note(work.db, self.by, "case.decided", about)
        return case


@dataclass
class CorrectedRow:
    """A refused row of a file, corrected; its answer is why it is still refused, or None."""

    entry: Retry
    order: Order[Command] | Refusal
    agency: str
    keys: Collection[UUID] = ()
    size: int = 1
    alone: bool = False

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        return [] if isinstance(self.order, Refusal) else [self.order]

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> Refusal | None:
        outcome = self.order if isinstance(self.order, Refusal) else outcomes[0]
        refusal = outcome if isinstance(outcome, Refusal) else None
        command = None if isinstance(self.order, Refusal) else self.order.command
        await quarantine.update_entry(work, self.entry, self.agency, command, refusal)
        return refusal
