"""New rows that share nothing with any other row by which the rule joins them: each is a partner of its own. Pure.

Most rows of a new list are such. What the rule says of them needs no groups: their number group and name group are they
alone, and no other row is joined otherwise for them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from services.registration.identity.profile import Row

JOINING = ("nib", "nik_koperasi", "nik", "name")
"""Without one of these in common rows are never joined, nor does a decision or a former identifier reach them."""


def split(changed: Sequence[Row], known: Iterable[Any]) -> tuple[list[Row], list[Row]]:
    """(the strangers, the others) among the `changed` rows, each in their order.

    `known` are all other rows, decided rows and former identifiers that have something in common with one of these;
    a row that is not new (it has a partner) is no stranger.
    """
    new = [row for row in changed if row.partner is None]
    shared = _shared(new, [*(row for row in changed if row.partner is not None), *known])
    nibs, nik_koperasis, niks, names, keys = shared
    alone = [
        row
        for row in new
        if row.name not in names
        and row.nik not in niks
        and row.nib not in nibs
        and row.nik_koperasi not in nik_koperasis
        and row.key not in keys
    ]
    if len(alone) == len(changed):
        return alone, []
    strangers = {row.key for row in alone}
    return alone, [row for row in changed if row.key not in strangers]


def _shared(new: Sequence[Row], known: Sequence[Any]) -> list[set[Any]]:
    """Of each of JOINING and of the key the values that two of the new rows have, or one of the known."""
    found = [_several([getattr(row, name) for row in new]) for name in JOINING]
    for values, name in zip(found, JOINING, strict=True):
        values.update([getattr(each, name) for each in known])
        values.discard(None)
    return [*found, {each.key for each in known}]


def _several(values: Iterable[Any]) -> set[Any]:
    """The values that there are more than once."""
    once: set[Any] = set()
    several: set[Any] = set()
    for value in values:
        (several if value in once else once).add(value)
    return several
