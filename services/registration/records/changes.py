"""What became of a partner, for the agencies that list it: a function of its facts before and after. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec

from services.registration.identity.partner_state import PartnerState
from services.registration.records.derivation import ENROLLMENT, PARTNER, Derived
from shared.events.enrollments import Period
from shared.events.partners import Listing

What = Literal["registered", "changed", "lapsed", "reinstated", "merged", "split", "delisted", "erased"]
WHATS: Final[tuple[What, ...]] = get_args(What)


class Change(msgspec.Struct, frozen=True):
    """`since`: the first day that is otherwise than before, of what concerns insurance. `other`: merged into, or split
    from."""

    agency: str
    partner: UUID
    what: What
    since: date | None = None
    other: UUID | None = None


def may_be_any(state: PartnerState, new: Derived, split: Mapping[UUID, UUID]) -> bool:
    """Whether `of` may find any: of a partner that nobody knew, listed for the first time, it does not."""
    return not state.is_new or new.enrollment is not None or state.partner_id in split


def of(
    state: PartnerState, new: Derived, today: date, split: Mapping[UUID, UUID], gone_with: frozenset[str] = frozenset()
) -> Iterator[Change]:
    """The changes of a partner. `state` is as it was before `new`, but for its status.

    `split`: partner → the one that it was split from in this transaction. `gone_with`: the agencies of the partners
    that were split from this one, which learn from that alone that they do not list it any more.
    """
    partner = state.partner_id
    if state.fact is None and state.enrollment_fact is None and new.enrollment is None and partner not in split:
        return  # new, and of nobody's interest but its sender's: most rows of a large list
    before = _agencies(state)
    if not state.is_active:
        what: What = "merged" if state.status == "merged" else "erased"
        if new.partner is not None:
            yield from (Change(agency, partner, what, other=state.merged_into) for agency in sorted(before))
        return
    after = _listing(new.partner.fact.lists) if new.partner is not None else before
    origin = split.get(partner)
    if origin is not None:
        yield from (Change(agency, partner, "split", other=origin) for agency in sorted(after))
    yield from (Change(agency, partner, "delisted") for agency in sorted(before - after - gone_with))
    yield from _of_insurance(state, new, before, after, today)


def _of_insurance(
    state: PartnerState, new: Derived, before: frozenset[str], after: frozenset[str], today: date
) -> Iterator[Change]:
    if new.enrollment is not None:
        held = ENROLLMENT.decode(state.enrollment_fact).periods if state.enrollment_fact else ()
        periods = new.enrollment.fact.periods
        since = first_difference(held, periods)
        what: What = new.enrollment.type.removeprefix("enrollment.")  # type: ignore[assignment]
        if since is not None:
            yield from (Change(agency, state.partner_id, what, since) for agency in sorted(before & after))
    elif state.enrollment_fact is not None and after - before:
        periods = ENROLLMENT.decode(state.enrollment_fact).periods
    else:
        return
    if (standing := _standing(periods, today)) is not None:
        yield from (Change(agency, state.partner_id, *standing) for agency in sorted(after - before))


def _agencies(state: PartnerState) -> frozenset[str]:
    """Those that listed the partner by its last fact."""
    return _listing(PARTNER.decode(state.fact).lists) if state.fact is not None else frozenset()


def _listing(lists: Sequence[Listing]) -> frozenset[str]:
    return frozenset(each.agency for each in lists)


def _standing(periods: Sequence[Period], today: date) -> tuple[What, date] | None:
    """How a partner stands that an agency lists from now on: None if it never was insured."""
    if not periods:
        return None
    present = next((period for period in periods if period.until is None or period.until > today), None)
    if present is not None:
        return "registered", present.start
    return "lapsed", periods[-1].until or periods[-1].start


def first_difference(one: Sequence[Period], other: Sequence[Period]) -> date | None:
    """The first day on which two timelines differ in programmes, segment or workers; None if they never do.

    [2021-03-01, …) against [2021-03-01, 2022-01-01) → 2022-01-01
    """
    days = sorted({day for period in (*one, *other) for day in (period.start, period.until) if day is not None})
    return next((day for day in days if _on(one, day) != _on(other, day)), None)


def _on(periods: Sequence[Period], day: date) -> tuple[object, ...] | None:
    for period in periods:
        if period.start <= day and (period.until is None or period.until > day):
            return period.programmes, period.segment, period.workers
    return None
