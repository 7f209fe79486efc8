"""What one page says: the answers that its parts are made of, each from the function of its JSON route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from services.coverage import denominators, series
from services.coverage.api import claims, figures
from services.coverage.api import series as coverage_series
from services.coverage.denominators import PublishedDenominator
from services.coverage.published_denominators import published_denominators
from services.coverage.selection import Selection
from services.coverage.snapshot import Snapshot, snapshot
from services.coverage.web import table
from services.coverage.web.question import Question
from services.coverage.web.table import Line
from shared.regions import NATION

Row = dict[str, Any]

SPLITS: Final = ("programme", "kind", "job_level", "occupation")
"""The dimensions that a region's figures are split by on its page."""

MONTHS: Final = 12


@dataclass(frozen=True)
class Report:
    """`head`: as_of, known_at, updated_at, freshness; `change`: of the rate within a month; `claims` None where they
    are not known by the filters; `series`: the region's months; `splits` by dimension, rows with nothing left out;
    `apart`: what was published of health insurance, another insurer's, and is compared with nobody."""

    head: Mapping[str, Any]
    whole: Row
    change: float | None
    claims: Row | None
    lines: Sequence[Line]
    map_rows: Sequence[Row]
    series: Mapping[str, Any]
    splits: Mapping[str, Sequence[Row]]
    apart: Sequence[PublishedDenominator]

    @property
    def hides_figures(self) -> bool:
        """Whether some figures are too small to be shown."""
        rows = (self.whole, *self.map_rows, *(row for split in self.splits.values() for row in split))
        return any(row.get("suppressed") for row in rows) or any(line.suppressed for line in self.lines)


async def report(request: Request, question: Question) -> Report:
    """All of a page, in one snapshot; the sums of each day are read once."""
    levels = ["self", *([question.level] if question.level else [])]
    parts = [question.selection(by=(split,)) for split in SPLITS]
    async with snapshot(request) as seen:
        await seen.read([*parts, *(question.selection(level) for level in levels)])
        await seen.read(question.selection(level, day=question.month_before) for level in levels)
        answer = await figures.figures_of(request, question.selection())
        earlier = await figures.figures_of(request, question.selection(day=question.month_before))
        lines, rows = await table_of(request, question)
        beside = [] if question.is_mapped else await rows_of_map(request, question)
        of_whole = await _claims(request, question, "self")
        by_month = await by_months(request, question, "self")
        splits = [await figures.figures_of(request, part) for part in parts]
        apart = denominators.of_health(await _published(seen, question), question.as_of)
    code, filters = question.region.code, question.filters
    whole = picked(answer)[code]
    return Report(
        head=answer,
        whole=whole,
        change=table.change(whole, picked(earlier).get(code)),
        claims=of_whole.get(code),
        lines=lines,
        map_rows=rows if question.is_mapped else beside,
        series=by_month,
        splits={name: _shown(found) for name, found in zip(SPLITS, splits, strict=True) if name not in filters},
        apart=apart,
    )


async def _published(seen: Snapshot, question: Question) -> list[PublishedDenominator]:
    code = question.region.code
    return (await published_denominators(seen.db, [code], question.known_at))[code]


async def table_of(request: Request, question: Question) -> tuple[list[Line], list[Row]]:
    """The lines of the table in their order, and the rows they are made of; none where nothing lies below."""
    if question.level is None:
        return [], []
    now = await figures.figures_of(request, question.selection(question.level))
    before = await figures.figures_of(request, question.selection(question.level, day=question.month_before))
    claimed = await _claims(request, question, question.level)
    rows = picked(now)
    counts = {code: _count(row) for code, row in claimed.items()}
    lines = table.lines(rows, picked(before), counts)
    return table.ordered(lines, question.sort), list(rows.values())


async def rows_of_map(request: Request, question: Question) -> list[Row]:
    """The whole nation by province, or by regional office where the table is."""
    level = "kanwil" if question.level == "kanwil" else "province"
    answer = await figures.figures_of(request, question.selection(level, region=NATION))
    return list(picked(answer).values())


async def by_months(request: Request, question: Question, level: str) -> dict[str, Any]:
    """The months up to that of the question's day, of the region or of those below it."""
    months = series.months(series.months_before(question.as_of, MONTHS - 1), question.as_of)
    selection = question.selection(level, day=months[-1].end)
    return await coverage_series.series_of(request, coverage_series.Asked(selection, months))


def picked(answer: Mapping[str, Any]) -> dict[str, Row]:
    """Region → its row."""
    return {row["region"]: row for row in answer["rows"]}


async def _claims(request: Request, question: Question, level: str) -> dict[str, Row]:
    """Region → its claims by these filters; none of a kind of partner, which claims do not tell."""
    if "kind" in question.filters:
        return {}
    filters = tuple(question.filters)
    selection = Selection(question.region.code, level, filters, question.as_of, question.known_at)
    answer = await claims.claims_of(request, selection)
    return {
        row["region"]: row for row in answer["rows"] if all(row[name] == question.filters[name] for name in filters)
    }


def _count(row: Row) -> int | None:
    counts = [row[status]["count"] for status in claims.STATUSES]
    return None if None in counts else sum(counts)


def _shown(answer: Mapping[str, Any]) -> list[Row]:
    """The rows of a split in which there is anything, or that are suppressed."""
    return [row for row in answer["rows"] if row["listed"] or row["enrolled"] or row.get("suppressed")]
