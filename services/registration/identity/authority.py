"""Whose rows set what a partner is, where several agencies list it. Pure.

A partner's *present region* is the region of the row recorded first. An agency that may list there moves the partner by
a newer row in another of its regions; the same holds there again. A person's decision of a case takes the place of the
first row, and the regions it was taken against move the partner no more. The rows that count are those of agencies that
may list the present region; with only one agency on it, all rows count and the newest gives the region.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from services.registration.identity.profile import Row, age, in_time

MayList = Callable[[str, str], bool]
"""Whether this agency may list partners of this region."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A person decided that the partner is in `region`, not in those of `against`."""

    region: str
    against: frozenset[str]


class Authority(msgspec.Struct, frozen=True, gc=False):
    """The present region and the rows that set the partner's attributes, oldest first.

    `disputed`: regions in which agencies list it that may not list the present one, with nobody's later word on both.
    """

    region: str
    counting: Sequence[Row]
    disputed: frozenset[str] = frozenset()


def settle(rows: Sequence[Row], may_list: MayList, decided: Decision | None = None) -> Authority:
    """Whose rows count, of the partner that these rows are about; at least one row."""
    ordered = in_time(rows)
    if len(ordered) == 1 or len({row.agency for row in ordered}) == 1:
        return Authority(ordered[-1].region, ordered)
    first = min(ordered, key=lambda row: row.sequence)
    start, against = (decided.region, decided.against) if decided else (first.region, frozenset())
    region = _moved(ordered, start, against, may_list)
    counting = [row for row in ordered if may_list(row.agency, region)]
    counting = counting or [row for row in ordered if row.agency == first.agency]
    disputed = _disputed(ordered, counting, may_list) - against - {region}
    return Authority(region, counting, disputed)


def _moved(ordered: Sequence[Row], region: str, against: Collection[str], may_list: MayList) -> str:
    """The region after all moves from this one; each is by a newer row than the one before, so it ends."""
    since: tuple[Any, ...] | None = None
    while True:
        able = [row for row in ordered if may_list(row.agency, region) and row.region not in against]
        if not able or able[-1].region == region or (since is not None and age(able[-1]) <= since):
            return region
        since, region = age(able[-1]), able[-1].region


def _disputed(ordered: Sequence[Row], counting: Sequence[Row], may_list: MayList) -> frozenset[str]:
    """The regions of rows that do not count, unless a later row that counts is of an agency that may list there too.

    Of each region and agency only the newest row matters, so that a partner with many rows costs no more.
    """
    counted = {row.key for row in counting}
    newest_word = {row.agency: at for at, row in enumerate(ordered) if row.key in counted}
    newest_doubt = {row.region: at for at, row in enumerate(ordered) if row.key not in counted}
    return frozenset(
        region
        for region, at in newest_doubt.items()
        if not any(later > at and may_list(agency, region) for agency, later in newest_word.items())
    )
