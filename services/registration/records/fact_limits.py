"""Which facts of a partner may be published: those that fit a record and whose workers can be summed. Pure.

A fact grows with the partner's lists, participants and their versions, also when partners are merged. coverage bounds a
level of workers as we do, so that every fact that passes here is applied there.
"""

from typing import Final

from services.registration.intake.values import MAX_WORKERS, Refusal
from services.registration.records.derivation import Derived
from shared.bus.records import LARGEST_RECORD
from shared.events.enrollments import Enrollment

LARGEST_FACT: Final = LARGEST_RECORD - 2_000
"""Bytes; key, headers, version and time take the rest."""

TOO_LARGE: Final = Refusal(
    "too_large", "partner", "With this one the partner has more lists or periods than one record of it can hold."
)
TOO_MANY_WORKERS: Final = Refusal(
    "invalid_worker_count",
    "workers",
    f"With these the workers of all participants of the partner exceed {MAX_WORKERS:,}: check the numbers.",
)


def misfit(new: Derived) -> Refusal | None:
    """Why what is new of a partner may not be published, None if it may."""
    facts = (new.partner, new.enrollment)
    if any(fact is not None and len(fact.stored) > LARGEST_FACT for fact in facts):
        return TOO_LARGE
    if new.enrollment is not None and _has_too_many_workers(new.enrollment.fact):
        return TOO_MANY_WORKERS
    return None


def _has_too_many_workers(fact: Enrollment) -> bool:
    """Whether at any time the workers of a level are more than may be reported at once."""
    workers = (period.workers for period in fact.periods)
    return any(max(each.management, each.staff, each.labour) > MAX_WORKERS for each in workers)
