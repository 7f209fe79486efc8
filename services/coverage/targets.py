"""Targets of regions, with their progress."""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from services.coverage.progress import Started, Target
from services.coverage.queries import queries
from services.coverage.selection import Selection


class Found(NamedTuple):
    """A target, and who started within its days."""

    target: Target
    started: Started


async def targets_with_progress(
    db: asyncpg.Connection, selection: Selection, codes: Sequence[str]
) -> dict[str, list[Found]]:
    """Region → all its targets known by then: listed partners whose first start lies within a target's days, and not
    after `as_of`.

    Of each partner only the newest first start and lists are kept, so progress is by what is known now, whatever
    knowledge was asked for.
    """
    rows = await db.fetch(queries["targets"], list(codes), selection.known_at)
    targets = [Target(**dict(row)) for row in rows]
    started = await _started(db, selection, targets)
    found: dict[str, list[Found]] = {}
    for number, target in enumerate(targets):
        found.setdefault(target.region, []).append(Found(target, started.get(number, Started())))
    return found


async def _started(db: asyncpg.Connection, selection: Selection, targets: Sequence[Target]) -> dict[int, Started]:
    if not targets:
        return {}
    within = [(code, regency) for code in {each.region for each in targets} for regency in selection.regencies(code)]
    rows = await db.fetch(
        queries["progress"],
        [code for code, _ in within],
        [regency for _, regency in within],
        list(range(len(targets))),
        [each.region for each in targets],
        [each.list for each in targets],
        [each.agency for each in targets],
        [each.starts for each in targets],
        [each.last_day(selection.as_of) for each in targets],
        [each.numerator for each in targets],
    )
    return {row["target"]: Started(row["partners"], row["workers"]) for row in rows}
