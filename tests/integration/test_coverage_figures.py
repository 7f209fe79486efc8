"""The figures are a function of the facts: whatever the batches, duplicates and rollups, they equal the oracle's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import ConsumerRecord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import coverage
from services.coverage import cells, figures, handlers, sums
from services.coverage.api import series as api
from services.coverage.figures import Dimensions
from services.coverage.rollup import roll_up
from services.coverage.selection import RegionOfCell, Selection
from services.coverage.series import months
from services.coverage.sums import cell_sums
from shared.bus.batch import Batch
from shared.bus.records import Record
from shared.database import connect, migrate
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers, encode
from shared.regions import Regions
from tests.stack import Database
from tests.unit.coverage import histories, oracle
from tests.unit.coverage.oracle import Fact, Place

MIGRATIONS = Path(coverage.__file__).parent / "migrations"
PROGRAMMES = ("JKK", "JKM", "JHT", "JP")
EVERYTHING = (1 << cells.CELL_BITS) - 1


@pytest.fixture
async def db(database: Database) -> AsyncIterator[asyncpg.Connection]:
    pool = await connect(database.of("coverage"))
    await migrate(pool, MIGRATIONS)
    async with pool.acquire() as connection:
        yield connection
    await pool.close()


@dataclass
class Deliver:
    """The log hands over the facts up to `facts`, in batches of one topic each as consecutive facts allow."""

    facts: int


@dataclass
class RollUp:
    """A slice is rolled up, on a day that may be later than the one before."""

    slice_rows: int
    day: date


offsets = count()


def record(fact: Fact) -> Record:
    topic = "enrollments" if isinstance(fact, Enrollment) else "partners"
    key = fact.partner_id.encode()
    return ConsumerRecord(topic, 0, next(offsets), 0, 0, key, encode(fact), None, 0, 0, [])


async def apply(db: asyncpg.Connection, facts: list[Fact]) -> None:
    """One poll of the consumer: its facts, topic by topic."""
    for kind, handler in (("partners", handlers.on_partners), ("enrollments", handlers.on_enrollments)):
        records = [each for each in map(record, facts) if each.topic == kind]
        if records:
            batch = Batch(kind, records)
            async with db.transaction():
                await handler(batch, db)
            assert not batch.rejected


def readable(cell: int) -> Place:
    province, regency = cells.place(cell)
    scale, occupation = cells.scale(cell), cells.occupation(cell)
    enrolled = cells.is_enrolled(cell)
    return (
        "enrolled" if enrolled else "listed",
        f"{province:02}.{regency:02}",
        cells.kind(cell),
        None if scale == "unknown" else scale,
        None if occupation == "none" else occupation,
        cells.segment(cell) if enrolled else None,
        tuple(sorted(cells.programmes(cell))),
        cells.is_size_unknown(cell),
    )


async def answer(db: asyncpg.Connection, as_of: date, known_at: int | None) -> dict[Place, tuple[int, ...]]:
    found = await cell_sums(db, EVERYTHING, as_of, known_at)
    return {readable(each.cell): tuple(each[1:]) for each in found if any(each[1:])}


async def of_cooperative(
    db: asyncpg.Connection, as_of: date, known_at: int | None, cooperative: str, *, through: bool
) -> dict[Place, tuple[int, ...]]:
    select = sums.channel_sums if through else sums.selected_sums
    selection = Selection("ID", "regency", figures.DIMENSIONS, as_of, known_at, cooperative)
    return {readable(each.cell): tuple(each[1:]) for each in await select(db, selection) if any(each[1:])}


async def check_cooperatives(db: asyncpg.Connection, log: list[Fact], as_of: date, known_at: int | None) -> None:
    for each in histories.COOPERATIVES:
        members = await of_cooperative(db, as_of, known_at, each, through=False)
        assert members == oracle.members(log, as_of, known_at, each)
        channel = await of_cooperative(db, as_of, known_at, each, through=True)
        assert channel == oracle.enrolled_through(log, as_of, known_at, each)


async def emptied(db: asyncpg.Connection) -> None:
    await db.execute(
        "truncate enrolments, partners, ledger, cooperative_ledger, losses, merges, pending_batches, changes, rollup,"
        "current_totals, last_seen, movements, movement_rollup, current_sources, sources;"
        "update current_day set day = '1900-01-01'"
    )


SERIES = [
    ("ID", "self", ()),
    ("33", "self", ("programme",)),
    ("33.11", "self", ("segment",)),
    ("ID", "province", ()),
    ("ID", "kanwil", ("kind",)),
    ("33", "regency", ("occupation",)),
    ("ID", "self", ("completeness",)),
]
MONTHS = months(histories.BEGINNING, histories.BEGINNING + timedelta(110))


async def check_series(
    db: asyncpg.Connection, log: list[Fact], known_at: int | None, question: tuple[str, str, tuple[str, ...]]
) -> None:
    """Each month's row has the figures of its last day, and who joined and was lost on each of its days."""
    selection = Selection(*question, MONTHS[-1].end, known_at)
    asked, dimensions = api.Asked(selection, MONTHS), Dimensions(PROGRAMMES)
    places = api._places(asked, dimensions)
    found = await api._read(db, asked, api._mask(selection), *selection.places)
    for month, rows in zip(MONTHS, api._months(asked, found, places, dimensions), strict=True):
        same = replace(selection, as_of=month.end)
        tallies = figures.tallies(await sums.selected_sums(db, same), same.by, RegionOfCell(same), dimensions)
        days = [month.end.replace(day=1 + n) for n in range(month.end.day)]
        for (code, combination), row in zip(places, rows, strict=True):
            expected = figures.row(tallies.get((code, combination)) or figures.Tally(), same.by)
            assert {name: row[name] for name in expected} == expected
            inside = set(Regions.load().regencies(code))
            counts = partial(_counts, inside=inside, wanted=dict(zip(same.by, combination, strict=True)))
            joined, lost, lapsed = oracle.joined_and_lost(log, days, known_at, counts)
            assert (row["joined"], row["lost"], row["lost_by"]["lapsed"]) == (joined, lost, lapsed)
            assert row["net"] == joined - lost


def _counts(place: Place, inside: set[str], wanted: dict[str, str]) -> bool:
    _, region, kind, scale, occupation, segment, programmes, _ = place
    held = {"programme": programmes, "segment": (segment,), "kind": (kind,), "occupation": (occupation or "none",)}
    held["completeness"] = oracle.completeness(scale, segment, programmes)
    return region in inside and all(value in held[name] for name, value in wanted.items())


happenings = st.one_of(
    st.builds(Deliver, st.integers(1, 4)),
    st.builds(RollUp, st.sampled_from([1, 3, 1000]), histories.days),
)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(log=histories.logs(), plan=st.lists(happenings, min_size=4, max_size=14), questions=st.data())
async def test_every_day_as_known_at_every_second_equals_the_oracle(
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
            delivered = log[: len(log) - len(rest)]
            as_of = questions.draw(histories.days)
            assert await answer(db, as_of, None) == oracle.figures(delivered, as_of, None)
            await check_cooperatives(db, delivered, as_of, None)
    seconds = sorted({oracle.second(fact.recorded_at) for fact in log})
    for as_of in questions.draw(st.lists(histories.days, min_size=2, max_size=4)):
        for second in [None, seconds[0] - 1, *questions.draw(st.lists(st.sampled_from(seconds), max_size=3))]:
            assert await answer(db, as_of, second) == oracle.figures(log, as_of, second)
            await check_cooperatives(db, log, as_of, second)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(log=histories.logs(), at=st.integers(0, 9), rolled_up=st.booleans(), questions=st.data())
async def test_every_month_has_the_figures_of_its_last_day_and_who_joined_and_was_lost(
    db: asyncpg.Connection, log: list[Fact], at: int, rolled_up: bool, questions: st.DataObject
) -> None:
    await emptied(db)
    await apply(db, log[:at])
    if rolled_up:
        await roll_up(db, MONTHS[2].end, 1000)
    await apply(db, log[at:])
    seconds = sorted({oracle.second(fact.recorded_at) for fact in log})
    for known_at in (None, questions.draw(st.sampled_from(seconds))):
        await check_series(db, log, known_at, questions.draw(st.sampled_from(SERIES)))


async def test_redelivery_of_everything_changes_nothing(db: asyncpg.Connection) -> None:
    start = date(2021, 3, 1)
    period = Period(start, None, "33.11", "PU", ("JKK", "JKM"), Workers(1, 2, 3))
    fact = Enrollment(histories.PARTNERS[0], 1, "business", (period,), histories.RECORDED, listed_on=start)
    log = [fact]
    for _ in range(3):
        await apply(db, log)
    rows = await db.fetchval("select count(*) from ledger")
    assert rows == 1
    assert await answer(db, start, None) == oracle.figures(log, start, None)
    assert await answer(db, start - timedelta(1), None) == {}


async def test_an_old_version_delivered_again_changes_nothing(db: asyncpg.Connection) -> None:
    def version(number: int, labour: int) -> Enrollment:
        period = Period(histories.BEGINNING, None, "33.11", "PU", ("JKK", "JKM"), Workers(0, 0, labour))
        recorded = histories.RECORDED + timedelta(number)
        return Enrollment(histories.PARTNERS[0], number, "business", (period,), recorded, listed_on=period.start)

    first, second, third = version(1, 10), version(2, 20), version(3, 30)
    for batch in ([first], [second], [first], [third, second, first]):
        await apply(db, batch)
    assert await answer(db, histories.BEGINNING, None) == oracle.figures([third], histories.BEGINNING, None)
