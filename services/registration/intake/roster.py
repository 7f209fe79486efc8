"""An employer's list of its workers (SIPP): a row is a worker, and together they are one participant's enrolment.

Of a worker nothing is kept but that there is one; how many there are is counted before the rows are read.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date

import msgspec

from services.registration.intake.commands import Enrol, Heads
from services.registration.intake.values import Refusal
from shared.events.model import PROGRAMMES, Programme

KEPT = frozenset(
    (
        "participant_no",
        "name",
        "nib",
        "segment",
        "scale",
        "region",
        "region_code",
        "effective_on",
        "until",
        "programmes",
        "status",
    )
)
"""The meanings of columns that are about the employer or the membership; the others are about a worker."""

ALONE = Refusal(
    "invalid_value",
    "participant_no",
    "A worker's row counts together with the others: correct the file and send it whole.",
)

Membership = tuple[date, date | None, tuple[Programme, ...]]
"""From when, until when (exclusive) and in which programmes a worker is a member."""


class Roster:
    """Counts workers, each once: `add` every row of the file, then ask for the `whole` of each.

    Holds a few bytes for each worker, and one count for each membership that an employer's workers have.
    """

    def __init__(self) -> None:
        self._workers: set[int] = set()
        self._memberships: dict[str, Counter[Membership]] = defaultdict(Counter)

    def add(self, row: Enrol, worker: str) -> None:
        """A worker's row; `worker` is the worker's own number or name, "" where there is none."""
        counted = hash((row.participant_no, worker)) if worker else 0
        is_new = not worker or counted not in self._workers
        if worker:
            self._workers.add(counted)
        self._memberships[row.participant_no][row.effective_on, row.until, row.programmes] += is_new

    def whole(self, row: Enrol) -> Enrol | Refusal:
        """The participant's state from the row's day on: all its workers and programmes by then.

        A row that was not added, as one corrected by itself later, would be all of them: it is refused.
        """
        memberships = self._memberships.get(row.participant_no)
        if not memberships:
            return ALONE
        begun = {each: count for each, count in memberships.items() if each[0] <= row.effective_on}
        held = {name for _, _, programmes in begun for name in programmes}
        return msgspec.structs.replace(
            row,
            programmes=tuple(name for name in PROGRAMMES if name in held),
            heads=Heads(total=sum(count for each, count in begun.items() if _lasts_after(each, row.effective_on))),
            until=_last_end([until for _, until, _ in memberships]),
        )


def _lasts_after(membership: Membership, day: date) -> bool:
    return membership[1] is None or membership[1] > day


def _last_end(ends: Collection[date | None]) -> date | None:
    """When the last worker's membership ends; None if one is open."""
    closed = [end for end in ends if end is not None]
    return max(closed) if len(closed) == len(ends) else None
