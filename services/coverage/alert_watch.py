"""Looks after the alerts: reads what each rule's condition needs, opens and resolves alerts on transition, once.

All instances look; one at a time, under a lock of the database, so that an alert opens once however many there are and
however often they start anew.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from pydantic import TypeAdapter, ValidationError

from services.coverage import alert_conditions, alert_findings, denominators, figures, moved
from services.coverage.agency_days import agency_days
from services.coverage.alert_conditions import (
    AgencySilent,
    ClaimsJumped,
    Condition,
    CoverageFell,
    DenominatorImplausible,
    Findings,
    Open,
    TargetOffCourse,
)
from services.coverage.alert_findings import Figures
from services.coverage.alert_sentences import message
from services.coverage.figures import Dimensions
from services.coverage.progress import Target
from services.coverage.published_denominators import published_denominators
from services.coverage.queries import queries
from services.coverage.selection import RegionOfCell, Selection
from services.coverage.sums import selected_sums
from services.coverage.targets import targets_with_progress
from shared.database import connection, transaction
from shared.jakarta import beginning_of, day_of
from shared.observability import get_logger
from shared.part import Part
from shared.regions import Regions

log = get_logger(__name__)

PAUSE_SECONDS = 300.0
WINDOWS = 4
"""So many spans before the newest one are what is usual of claims."""

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


async def findings(
    db: asyncpg.Connection, condition: Condition, day: date, known_at: int, *, is_now: bool = False
) -> Findings:
    """Of what the condition is true on this day, by what was known up to that second, which may be now."""
    known = None if is_now else known_at
    match condition:
        case CoverageFell():
            earlier = timedelta(condition.days)
            before = await _figures(db, condition, day - earlier, known_at - int(earlier.total_seconds()))
            return alert_findings.fallen(condition, before, await _figures(db, condition, day, known))
        case TargetOffCourse():
            return alert_findings.off_course(condition, await _targets(db, condition.region, day, known_at), day)
        case AgencySilent():
            return alert_findings.silent(condition, await agency_days(db, day), day)
        case ClaimsJumped():
            newest, *earlier_spans = await _claims(db, condition, known_at)
            return alert_findings.jumped(condition, newest, earlier_spans)
        case DenominatorImplausible():
            return alert_findings.implausible(condition, await _denominators(db, condition, day, known))


async def _figures(
    db: asyncpg.Connection, condition: CoverageFell, day: date, known_at: int | None
) -> dict[str, Figures]:
    region, level = condition.region, condition.level
    totals = await moved.totals(db, Selection(region, level, (), day, known_at))
    return {
        code: Figures(totals.get((code, "listed"), 0), totals.get((code, "enrolled"), 0))
        for code in Regions.load().children(region, level)
    }


async def _targets(db: asyncpg.Connection, region: str, day: date, known_at: int) -> list[tuple[Target, int]]:
    """Those of the region and all within, with their progress up to this day by what is known now."""
    selection = Selection(region, "self", (), day, known_at)
    found = await targets_with_progress(db, selection, _within(region))
    return [(target, target.progress(started)) for targets in found.values() for target, started in targets]


def _within(region: str) -> list[str]:
    """The region and all that lie in it."""
    regions = Regions.load()
    inside = set(regions.regencies(region))
    return [each.code for each in regions if inside.issuperset(regions.regencies(each.code))]


async def _claims(db: asyncpg.Connection, condition: ClaimsJumped, known_at: int) -> list[int]:
    """How many were filed in the newest span of days, and in each of those before it."""
    seconds = condition.days * 86_400
    rows = await db.fetch(
        queries["claims_filed"], Regions.load().regencies(condition.region), known_at, seconds, WINDOWS + 1
    )
    counts = {row["span"]: row["count"] for row in rows}
    return [counts.get(span, 0) for span in range(WINDOWS + 1)]


async def _denominators(
    db: asyncpg.Connection, condition: DenominatorImplausible, day: date, known_at: int | None
) -> dict[str, list[dict[str, Any]]]:
    selection = Selection(condition.region, condition.level, (), day, known_at)
    codes = Regions.load().children(condition.region, condition.level)
    published = await published_denominators(db, codes, known_at)
    sums = await selected_sums(db, selection)
    tallies = figures.tallies(sums, (), RegionOfCell(selection), Dimensions(("JKK", "JKM", "JHT", "JP")))
    return {
        code: denominators.evaluate(published[code], (tallies.get((code, ())) or figures.Tally()).numerators, day)
        for code in codes
    }


# --- trial -----------------------------------------------------------------------------------------------------------


async def trial(
    db: asyncpg.Connection, condition: Condition, clear_after: timedelta, first: date, last: date
) -> list[dict[str, Any]]:
    """When the condition would have opened alerts, looked at on each day's end: subject, day, until when, message."""
    open_alerts: dict[str, tuple[Open, dict[str, Any]]] = {}
    found: list[dict[str, Any]] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        end = beginning_of(day + timedelta(1)) - timedelta(seconds=1)
        true_of = await findings(db, condition, day, int(end.timestamp()))
        states = {subject: state for subject, (state, _) in open_alerts.items()}
        changed = alert_conditions.changes(states, true_of, end, clear_after)
        for subject in changed.opened:
            alert = {
                "subject": subject,
                "opened_on": day.isoformat(),
                "resolved_on": None,
                "message": message(condition.kind, true_of[subject]),
            }
            open_alerts[subject] = Open(end, end), alert
            found.append(alert)
        for subject in changed.ongoing:
            state, alert = open_alerts[subject]
            open_alerts[subject] = Open(state.opened_at, end), alert
        for subject in changed.resolved:
            open_alerts.pop(subject)[1]["resolved_on"] = day.isoformat()
    return found


# --- the real thing --------------------------------------------------------------------------------------------------


class AlertWatch(Part):
    """Looks at every rule that is switched on, every five minutes."""

    stalled_after = 600.0

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__("alerts")
        self._pool = pool
        self.open_alerts = 0
        """Alerts that are not resolved."""
        self.silent_agencies = 0
        """Agencies that have been silent for twice as long as they usually are."""

    def detail(self) -> dict[str, Any]:
        return {"open_alerts": self.open_alerts}

    async def step(self) -> float:
        await self.look(datetime.now(UTC))
        return PAUSE_SECONDS

    async def look(self, now: datetime) -> None:
        """Open and resolve alerts by what is true now, each rule in a transaction of its own."""
        async with connection(self._pool) as db:
            rules = await db.fetch(queries["enabled_rules"])
        for rule in rules:
            async with transaction(self._pool) as db:
                if await db.fetchval(queries["try_alert_lock"]):
                    await _look_at(db, rule, now)
            self.progressed()
        async with connection(self._pool) as db:
            self.open_alerts = await db.fetchval(queries["count_open_alerts"])
            day = day_of(now)
            usual = AgencySilent(kind="agency_silent", agency=None, times=2.0)
            self.silent_agencies = len(alert_findings.silent(usual, await agency_days(db, day), day))


async def _look_at(db: asyncpg.Connection, rule: asyncpg.Record, now: datetime) -> None:
    try:
        condition = CONDITION.validate_json(rule["condition"])
    except ValidationError:  # of another version
        log.error("a rule of alerts cannot be read", rule=str(rule["rule_id"]))
        return
    rows = await db.fetch(queries["open_alerts"], rule["rule_id"])
    states = {row["subject"]: Open(row["opened_at"], row["last_true_at"]) for row in rows}
    true_of = await findings(db, condition, day_of(now), int(now.timestamp()), is_now=True)
    changed = alert_conditions.changes(states, true_of, now, timedelta(hours=rule["clear_after_hours"]))
    for subject in changed.opened:
        await db.execute(
            queries["open_alert"],
            uuid4(),
            rule["rule_id"],
            rule["name"],
            condition.kind,
            subject,
            json.dumps(true_of[subject]),
            now,
        )
        log.warning("an alert opened", rule=str(rule["rule_id"]), kind=condition.kind)
    for subject in changed.ongoing:
        await db.execute(queries["keep_alert"], rule["rule_id"], subject, json.dumps(true_of[subject]), now)
    if changed.resolved:
        await db.execute(queries["resolve_alerts"], rule["rule_id"], changed.resolved, now)


def described_rule(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(row["rule_id"]),
        "name": row["name"],
        "condition": json.loads(row["condition"]),
        "clear_after_hours": row["clear_after_hours"],
        "enabled": row["enabled"],
        "created_at": _time(row["created_at"]),
    }


def described_alert(row: asyncpg.Record) -> dict[str, Any]:
    """With its state: open, acknowledged or resolved."""
    state = "resolved" if row["resolved_at"] else "acknowledged" if row["acknowledged_at"] else "open"
    times = ("opened_at", "last_true_at", "acknowledged_at", "resolved_at")
    return {
        "id": str(row["alert_id"]),
        "rule_id": str(row["rule_id"]),
        "rule": row["rule_name"],
        "kind": row["kind"],
        "subject": row["subject"],
        "state": state,
        "message": message(row["kind"], json.loads(row["details"])),
        **{name: _time(row[name]) for name in times},
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
