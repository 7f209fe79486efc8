"""What moved the figures and what they are made of equals the oracle's, whatever the batches, and adds up."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.coverage import moved
from services.coverage.api import explain
from services.coverage.moved import Interval
from services.coverage.rollup import roll_up
from services.coverage.selection import Selection
from tests.integration.test_coverage_figures import Deliver, RollUp, apply, db, emptied, happenings
from tests.unit.coverage import histories, movement_oracle, oracle
from tests.unit.coverage.oracle import Fact

__all__ = ["db"]
WITHIN = ["ID", "jateng-diy", "33", "33.11"]


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(log=histories.logs(), plan=st.lists(happenings, min_size=4, max_size=14), questions=st.data())
async def test_movements_equal_the_oracle(
    db: asyncpg.Connection, log: list[Fact], plan: list[Any], questions: st.DataObject
) -> None:
    await emptied(db)
    rest = list(log)
    for happening in [*plan, Deliver(len(log))]:
        if isinstance(happening, RollUp):
            await roll_up(db, happening.day, happening.slice_rows)
        else:
            batch, rest = rest[: happening.facts], rest[happening.facts :]
            await apply(db, batch)
    seconds = sorted({oracle.second(fact.recorded_at) for fact in log})
    since, until = sorted(questions.draw(st.tuples(*[st.sampled_from([seconds[0] - 1, *seconds])] * 2)))
    days = sorted(questions.draw(st.tuples(histories.days, histories.days)))
    regions = [questions.draw(st.sampled_from(WITHIN))]
    await check(db, log, regions, days, since, questions.draw(st.sampled_from([None, until])))


async def check(
    db: asyncpg.Connection, log: list[Fact], regions: list[str], days: list[date], since: int, until: int | None
) -> None:
    """What moved the figures between these days and these times of knowledge, and what they are made of."""
    first, last = days
    for region in regions:
        start = Selection(region, "self", (), first, until)
        by_day = Interval(start, replace(start, as_of=last), is_by_day=True)
        (row,) = await moved_rows(db, by_day)
        assert caused(row) == nonzero(movement_oracle.by_day(log, first, last, until, region))
        assert figures_of(row, "start") == nonzero(movement_oracle.totals(log, first, until, region))
        assert_adds_up(row)
        end = Selection(region, "self", (), last, until)
        by_knowledge = Interval(replace(end, known_at=since), end, is_by_day=False)
        (row,) = await moved_rows(db, by_knowledge)
        assert caused(row) == nonzero(movement_oracle.by_knowledge(log, last, since, until, region))
        assert figures_of(row, "end") == nonzero(movement_oracle.totals(log, last, until, region))
        assert_adds_up(row)
        for by_place in (False, True):
            made = Counter[tuple[bool, tuple[str, ...]]]()
            for each in await explain.sources(db, end, by_place=by_place):
                made[each.enrolled, each.names] += each.partners
            assert made == nonzero(movement_oracle.by_source(log, last, until, region))
        ids = await moved.partners(db, by_day, None, None, 10)
        assert added_up(ids) == nonzero(movement_oracle.by_day(log, first, last, until, region))


async def moved_rows(db: asyncpg.Connection, interval: Interval) -> list[dict[str, Any]]:
    start, end = await moved.totals(db, interval.start), await moved.totals(db, interval.end)
    return moved.rows(interval, start, end, await moved.counts(db, interval))


def caused(row: dict[str, Any]) -> Counter[tuple[str, str]]:
    return nonzero({(side, name): n for side in moved.SIDES for name, n in row[side]["causes"].items()})


def figures_of(row: dict[str, Any], name: str) -> dict[str, int]:
    return {side: row[side][name] for side in moved.SIDES if row[side][name]}


def assert_adds_up(row: dict[str, Any]) -> None:
    for side in moved.SIDES:
        assert row[side]["start"] + sum(row[side]["causes"].values()) == row[side]["end"]


def added_up(items: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    found = Counter[tuple[str, str]]()
    for item in items:
        for side in moved.SIDES:
            found.update({(side, name): count for name, count in item[side].items()})
    return nonzero(found)


def nonzero(found: Any) -> Counter[Any]:
    return Counter({key: count for key, count in found.items() if count})
