"""GET /v1/coverage: who is listed, who is enrolled, on any day, as known at any time."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.coverage import denominators, figures, questions
from services.coverage.api import freshness, parameters, spreadsheet
from services.coverage.figures import Combination, Shown, Tally
from services.coverage.questions import Question
from services.coverage.targets import targets_of
from shared.database import connection
from shared.jakarta import today
from shared.regions import Regions
from shared.security import require

router = APIRouter(prefix="/v1", tags=["coverage"], dependencies=[Depends(require("read"))])


ASKED = parameters.accepts("region", "level", "by", "as_of", "known_at", "format", by=figures.DIMENSIONS)


@router.get("/coverage", summary="Coverage by region and dimension, as of a day, as known at a time", **ASKED)
async def coverage(request: Request) -> Response:
    """Who is listed, who of them is enrolled, and how many workers they have.

    Every region of the level has a row for each combination of the dimensions, or for those that occur in it where all
    would be more than 20,000 rows; at least one.
    """
    question, as_csv = _asked(request), parameters.wants_csv(request)
    known_at = parameters.known(question.known_at)
    shown = Shown(request.app.state.settings.programmes)
    codes = Regions.load().children(question.region, question.level)
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        sums = await questions.answer(db, question)
        published = await denominators.published(db, codes, question.known_at)
        heard = await freshness.agencies(db)
        updated_at = freshness.newest(heard)
        targets = await targets_of(db, codes, question.known_at, updated_at)
    told = {
        "region": question.region,
        "level": parameters.level_asked(request),
        "by": list(question.by),
        "as_of": question.as_of.isoformat(),
        "known_at": known_at,
        "updated_at": updated_at,
        "freshness": heard,
    }

    def answer() -> Response:
        tallies = figures.tallies(sums, question.by, questions.RegionOf(question), shown)
        rows = _rows(question, tallies, shown, codes, published, targets)
        if as_csv:
            return _csv(question, known_at, rows)
        return Response(msgspec.json.encode(told | {"rows": rows}), media_type="application/json")

    return await asyncio.to_thread(answer)


def _asked(request: Request) -> Question:
    region = parameters.region(request)
    return Question(
        region,
        parameters.level(request, region),
        parameters.by(request, figures.DIMENSIONS),
        parameters.as_of(request, today()),
        parameters.known_at(request),
    )


def _rows(
    question: Question,
    tallies: dict[tuple[str, Combination], Tally],
    shown: Shown,
    codes: Sequence[str],
    published: dict[str, list[denominators.Published]],
    targets: dict[str, dict[str, Any]],
) -> list[dict[str, Any]]:
    """Each region of the level, also with zeros, with each combination, or those that occur in it if all are many."""
    regions = Regions.load()
    return [
        {
            "region": code,
            "name": regions[code].name,
            **dict(zip(question.by, combination, strict=True)),
            **figures.row(tally, question.by),
            "denominators": _denominators(published[code], question, combination, tally),
            "target": targets.get(code),
        }
        for code, each in figures.combinations(question.by, tallies, codes, shown).items()
        for combination in each
        for tally in (tallies.get((code, combination)) or Tally(),)
    ]


def _denominators(
    published: list[denominators.Published], question: Question, combination: Combination, tally: Tally
) -> list[dict[str, Any]]:
    """Only beside whole regions and kinds: of other parts nobody published how many there are."""
    if question.by not in ((), ("kind",)):
        return []
    kind = combination[0] if combination else None
    return denominators.held_against(published, tally.numerators, question.as_of, kind)


def _csv(question: Question, known_at: str | None, rows: Sequence[dict[str, Any]]) -> Response:
    levels = [f"{name}_{side}" for name in figures.JOB_LEVELS for side in ("listed", "enrolled")]
    plain = ["listed", "enrolled", "unregistered", "rate"]
    header = ["region", "name", *question.by, *plain, "workers_listed", "workers_unknown", "workers_enrolled", *levels]
    header += ["target", "progress", "progress_known_at", "as_of", "known_at"]
    lines = []
    for row in rows:
        workers, target = row["workers"], row["target"] or {}
        line = [row[name] for name in ("region", "name", *question.by, *plain)]
        line += [workers["listed"], workers["unknown"], workers["enrolled"]]
        line += [workers["by_level"][name][side] for name in figures.JOB_LEVELS for side in ("listed", "enrolled")]
        line += [target.get(name) for name in ("value", "progress", "progress_known_at")]
        lines.append([*line, question.as_of.isoformat(), known_at])
    return spreadsheet.answer(f"coverage-{question.region}-{question.as_of}", header, lines)
