"""Rules of alerts, tried on past data before they are switched on, and the alerts that they opened."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.coverage import alert_watch
from services.coverage.alert_conditions import Condition
from services.coverage.alert_watch import described_alert, described_rule, identity
from services.coverage.api.parameters import BREADTH
from services.coverage.queries import queries
from shared import query_parameters
from shared.database import connection, transaction
from shared.jakarta import today
from shared.problems import Problem, described, not_found
from shared.regions import Regions
from shared.security import require

router = APIRouter(
    prefix="/v1",
    tags=["alerts"],
    dependencies=[Depends(require(admin=True)), Depends(query_parameters.only_known)],
)

MOST_RULES = 100
MOST_DAYS = 180
PAGE = 100


class NewRule(BaseModel):
    """What is to be alerted about. An alert is resolved when its condition was untrue for `clear_after_hours`; one that
    comes and goes within them stays one alert."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    condition: Condition
    clear_after_hours: int = Field(24, ge=0, le=24 * 31)
    enabled: bool = True


class Switch(BaseModel):
    """Whether the rule is looked at."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool


@router.get("/alert-rules", summary="The rules of alerts")
async def alert_rules(request: Request) -> dict[str, Any]:
    async with connection(request.app.state.pool) as db:
        rows = await db.fetch(queries["rules"])
    return {"items": [described_rule(row) for row in rows]}


TRIED: dict[int | str, dict[str, Any]] = {200: {"description": "What the rule would have done; nothing was kept."}}


@router.post(
    "/alert-rules", status_code=201, summary="Add a rule, or try it on past data", responses=TRIED | described(409)
)
async def add_alert_rule(
    body: NewRule,
    request: Request,
    response: Response,
    dry_run: bool = Query(False, description="Change nothing (200): say when the rule would have opened alerts."),
    days: int = Query(30, ge=1, le=MOST_DAYS, description="So many past days are tried."),
) -> dict[str, Any]:
    """With `dry_run=true` nothing is kept: `trial` has each alert that the rule would have opened within the past
    `days`, looked at by each day's end and by what was known then (the progress of targets: by what is known now)."""
    _check_region(body.condition)
    if dry_run:
        response.status_code = 200
        return {"rule": body.model_dump(mode="json"), "trial": await _trial(request, body, days)}
    rule = uuid4(), body.name, body.condition.model_dump_json(), body.clear_after_hours, body.enabled, datetime.now(UTC)
    async with transaction(request.app.state.pool) as db:
        row = await db.fetchrow(queries["add_rule"], *rule, MOST_RULES)
    if row is None:
        raise Problem(409, "conflict", f"There are {MOST_RULES} rules already: delete one first.")
    return {"rule": described_rule(row), "trial": None}


async def _trial(request: Request, body: NewRule, days: int) -> dict[str, Any]:
    last = today() - timedelta(1)
    first = last - timedelta(days - 1)
    clear_after = timedelta(hours=body.clear_after_hours)
    async with connection(request.app.state.pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        found = await alert_watch.trial(db, body.condition, clear_after, first, last)
    return {"from": first.isoformat(), "to": last.isoformat(), "alerts": found}


def _check_region(condition: Any) -> None:
    code = getattr(condition, "region", None)
    if code is None:
        return
    regions = Regions.load()
    if regions.get(code) is None:
        raise Problem(422, "unknown_region", f"There is no region {code}.", field="condition.region")
    level = getattr(condition, "level", "self")
    if level != "self" and BREADTH[level] < BREADTH[regions[code].level]:
        raise Problem(422, "invalid_value", f"The region {code} has no {level} in it.", field="condition.level")


@router.patch("/alert-rules/{rule_id}", summary="Switch a rule on or off")
async def switch_alert_rule(rule_id: str, body: Switch, request: Request) -> dict[str, Any]:
    """The open alerts of a rule that is switched off are resolved."""
    async with transaction(request.app.state.pool) as db:
        row = await db.fetchrow(queries["switch_rule"], identity(rule_id), body.enabled)
        if row is None:
            raise not_found()
        if not body.enabled:
            await db.execute(queries["resolve_alerts_of_rule"], row["rule_id"], datetime.now(UTC))
    return {"rule": described_rule(row)}


@router.delete("/alert-rules/{rule_id}", status_code=204, summary="Delete a rule")
async def delete_alert_rule(rule_id: str, request: Request) -> Response:
    """Its open alerts are resolved; what it opened stays to be read."""
    async with transaction(request.app.state.pool) as db:
        if await db.fetchval(queries["delete_rule"], identity(rule_id)) is None:
            raise not_found()
        await db.execute(queries["resolve_alerts_of_rule"], identity(rule_id), datetime.now(UTC))
    return Response(status_code=204)


@router.get("/alerts", summary="Alerts, newest first")
async def alerts(
    request: Request,
    state: Literal["open", "acknowledged", "resolved"] | None = Query(None, description="Only those in this state."),
    cursor: str | None = Query(None, description="The `next_cursor` of the page before.", max_length=100),
) -> dict[str, Any]:
    """A hundred a page. `message` says in English and Indonesian what is so and what to do, by its newest numbers."""
    after = identity(cursor) if cursor else None
    if cursor and after is None:
        raise Problem(422, "invalid_value", "cursor may be: the `next_cursor` of the page before.", field="cursor")
    async with connection(request.app.state.pool) as db:
        rows = await db.fetch(queries["alerts"], state, after, PAGE + 1)
    items = [described_alert(row) for row in rows[:PAGE]]
    return {"items": items, "next_cursor": items[-1]["id"] if len(rows) > PAGE else None}


@router.post("/alerts/{alert_id}/acknowledge", summary="Somebody looks after this alert")
async def acknowledge_alert(alert_id: str, request: Request) -> dict[str, Any]:
    """Sent again, it changes nothing."""
    async with transaction(request.app.state.pool) as db:
        row = await db.fetchrow(queries["acknowledge_alert"], identity(alert_id), datetime.now(UTC))
    if row is None:
        raise not_found()
    return described_alert(row)
