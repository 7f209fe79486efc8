"""Accepts the orders whose facts fit: a row or event that would make its partner too large is refused, no other.

Only all rows and participants of a partner together show whether its facts fit. So the orders are accepted first; where
that gives facts that do not fit, it is undone and the orders of these partners are bisected: as many of them are taken,
in their order, as fit. That takes a few more attempts for the rare group that has such a partner, and none for others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command, Enrol, ListPartner
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Order, Outcome
from services.registration.writer.accept import accept

GROWING: Final = (ListPartner, Enrol)
"""What can make a partner larger. Delistings and erasures are never refused: where one of them lets partners merge that
do not fit as one, the last facts hold."""


class Misfits(Exception):
    """Facts of a partner do not fit: its orders are to be bisected."""


class _Again(Exception):
    """Rolls an attempt back."""


async def accept_all(work: UnitOfWork, orders: Sequence[Order[Command]]) -> tuple[UnitOfWork, list[Outcome]]:
    """As `accept`, for the usual case that all facts fit. Raises Misfits else: the transaction is to be rolled back."""
    outcomes = await accept(work, orders)
    if work.misfits:
        raise Misfits
    return work, outcomes


async def accept_what_fits(work: UnitOfWork, orders: Sequence[Order[Command]]) -> tuple[UnitOfWork, list[Outcome]]:
    """As `accept`, within savepoints; also the unit of work of the attempt that holds."""
    searches = Searches()
    while True:
        attempt, refused = work.anew(), searches.refused()
        taken = [at for at in range(len(orders)) if at not in refused]
        try:
            async with work.db.transaction():
                accepted = await accept(attempt, [orders[at] for at in taken])
                outcomes: dict[int, Outcome] = refused | dict(zip(taken, accepted, strict=True))
                if attempt.misfits or refused:
                    _search_on(searches, orders, outcomes, attempt)
        except _Again:
            continue
        return attempt, [outcomes[at] for at in range(len(orders))]


def _search_on(
    searches: "Searches", orders: Sequence[Order[Command]], outcomes: Mapping[int, Outcome], attempt: UnitOfWork
) -> None:
    """Raises _Again unless the search ends with this attempt."""
    blamed: list[tuple[list[int], Refusal]] = []
    for partner, refusal in attempt.misfits.items():
        own = [at for at, outcome in outcomes.items() if isinstance(outcome, Accepted) and outcome.partner == partner]
        blamed.append(([at for at in sorted(own) if isinstance(orders[at].command, GROWING)], refusal))
    if searches.learn(blamed):
        raise _Again


@dataclass(eq=False)
class _Search:
    """The orders of a partner: the first `fits` of them fit, the first `fails` do not."""

    orders: list[int]
    refusal: Refusal
    fails: int
    fits: int = 0

    @property
    def tried(self) -> int:
        """How many of them the next attempt takes."""
        return (self.fits + self.fails) // 2

    def narrow(self, failed: bool) -> None:
        if failed:
            self.fails = self.tried
            self.fits = min(self.fits, max(0, self.fails - 1))
        else:
            self.fits = self.tried


class Searches:
    """How many orders of each partner that does not fit are taken. Pure."""

    def __init__(self) -> None:
        self._searches: list[_Search] = []

    def refused(self) -> dict[int, Outcome]:
        """The orders that the next attempt leaves out, with their refusals."""
        return {at: search.refusal for search in self._searches for at in search.orders[search.tried :]}

    def learn(self, misfits: Sequence[tuple[Sequence[int], Refusal]]) -> bool:
        """Take the result of an attempt: for each partner that does not fit, the orders that may be the cause.

        Whether another attempt is needed.
        """
        before = self.refused().keys()
        failed, added = [], []
        for orders, refusal in misfits:
            owners = [search for search in self._searches if not set(search.orders).isdisjoint(orders)]
            if len(owners) == 1 and set(orders) <= set(owners[0].orders):
                failed.append(owners[0])
            elif orders:
                every = sorted({*orders, *(at for search in owners for at in search.orders)})
                self._searches = [search for search in self._searches if search not in owners]
                added.append(_Search(every, refusal, len(every)))
        for search in self._searches:
            search.narrow(search in failed)
        self._searches += added
        return self.refused().keys() != before or bool(failed or added)
