"""/v1/policy: cadence, channels, contact hours."""

import json
import re
from datetime import date, timedelta
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import policy_store
from services.notifications.api.backtesting import backtested
from services.notifications.api.dependencies import Admin, routes, wake_parts
from services.notifications.api.planning import DEFAULT_DAYS, LONGEST, difference
from services.notifications.channels.preview import previews
from services.notifications.channels.texts import TEMPLATES, wording_fault
from services.notifications.policy import MAX_WORDINGS, Fault, Policy, faults
from services.notifications.policy_store import UNSTORED, StoredPolicy, current_and_upcoming
from services.notifications.policy_timeline import PolicyTimeline, period_at
from services.notifications.queries import queries
from shared import jakarta
from shared.database import connection, transaction
from shared.problems import Problem
from shared.regions import Regions
from shared.security import Principal

router = routes()

VARIANT = re.compile(r"[A-Za-z0-9]{0,12}")
FURTHEST = timedelta(days=3660)
"""How far ahead a policy may begin."""


class NewPolicy(BaseModel):
    """A whole policy and the day from which it is effective (default: today in Jakarta).

    The answer of GET can be changed and sent back: its other fields are ignored, and the day from which the current
    policy is effective means today.
    """

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    effective_from: date | None = None
    id: Any = Field(default=None, description="Of the answer of GET; ignored.")
    recorded_at: Any = Field(default=None, description="Of the answer of GET; ignored.")
    upcoming: Any = Field(default=None, description="Of the answer of GET; ignored.")


@router.get("/policy", summary="The reminder policy in force and those to come")
async def policy(request: Request, caller: Admin) -> dict[str, Any]:
    async with connection(request.app.state.pool) as db:
        current, *upcoming = await current_and_upcoming(db, request.app.state.scheduler.now())
    return {**_as_json(current), "upcoming": [_as_json(each) for each in upcoming]}


@router.put("/policy", summary="Set the reminder policy from a day on")
async def set_policy(body: NewPolicy, request: Request, caller: Admin, dry_run: bool = False) -> dict[str, Any]:
    """Refused as `invalid_value` with all faults when it cannot be used. Due times follow within seconds.

    With `dry_run=true` nothing is set: `difference` says what would be planned before and after the change, for 30
    days from its first day on; `backtest` what was `sent` in the last 90 days, and what the policy before and after
    the change would have sent, with the registrations and stops that followed a message within 30 days. Those are taken
    as they were: what other messages would have changed about them is not known. `messages` are the texts, as somebody
    made up would get them.
    """
    now, policies = request.app.state.scheduler.now(), request.app.state.policies
    today = jakarta.day_of(now)
    found = [
        Fault(f"policy.{fault.field}", fault.detail)
        for fault in (
            *faults(body.policy, TEMPLATES),
            *_wordings(body),
            *_unknown_regions(body, request.app.state.regions),
        )
    ]
    async with transaction(request.app.state.pool) as db:
        current, *_ = await current_and_upcoming(db, now)
        effective_from = body.effective_from or today
        if effective_from == current.effective_from:
            effective_from = today
        if effective_from < today:
            found.append(Fault("effective_from", "The day lies in the past."))
        if effective_from > today + FURTHEST:
            found.append(Fault("effective_from", f"The day lies more than {FURTHEST.days} days ahead."))
        if found:
            raise _refused(found)
        if dry_run:
            tried = StoredPolicy(UNSTORED, effective_from, now, body.policy)
            timelines = (await policies.timeline(db, now), await policies.timeline_with(db, now, tried))
            return await _tried(request, caller, tried, *timelines)
        text = json.dumps(policy_store.as_json(body.policy))
        number = await db.fetchval(queries["add_policy"], effective_from, now, text)
    wake_parts(request)
    return _as_json(StoredPolicy(number, effective_from, now, body.policy))


async def _tried(
    request: Request, caller: Principal, tried: StoredPolicy, before: PolicyTimeline, after: PolicyTimeline
) -> dict[str, Any]:
    until = tried.effective_from + timedelta(days=DEFAULT_DAYS)
    last = jakarta.day_of(tried.recorded_at) + LONGEST
    changed = await difference(request, caller, before, after, min(until, last))
    begins = jakarta.beginning_of(tried.effective_from)
    past = await backtested(request, period_at(before, begins), period_at(after, begins))
    shown = {"difference": changed, "backtest": past, "messages": previews(tried.policy)}
    return {**_as_json(tried), "id": None, "dry_run": True, **shown}


def _wordings(body: NewPolicy) -> list[Fault]:
    """What is wrong with the operator's own texts."""
    texts = body.policy.wordings
    if len(texts) > MAX_WORDINGS:
        return [Fault("wordings", f"There are at most {MAX_WORDINGS} texts.")]
    found = []
    for number, each in enumerate(texts):
        if each.template not in TEMPLATES:
            found.append(Fault(f"wordings.{number}.template", f"The templates are {', '.join(sorted(TEMPLATES))}."))
        elif fault := wording_fault(each.text, each.channel):
            found.append(Fault(f"wordings.{number}.text", fault))
        elif not VARIANT.fullmatch(each.variant):
            found.append(Fault(f"wordings.{number}.variant", "A variant has at most 12 letters and digits."))
    names = [(each.template, each.channel, each.language, each.variant) for each in texts]
    return found or (
        [Fault("wordings", "There is one text each for a template, channel, language and variant.")]
        if len(set(names)) < len(names)
        else []
    )


def _unknown_regions(body: NewPolicy, regions: Regions) -> list[Fault]:
    return [
        Fault(f"groups.{number}.regions", f"There is no region with the code {code}.")
        for number, group in enumerate(body.policy.groups)
        for code in group.regions
        if regions.get(code) is None
    ][:10]


def _refused(found: list[Fault]) -> Problem:
    errors = [{"field": fault.field, "detail": fault.detail} for fault in found]
    detail = " ".join(f"{fault.field}: {fault.detail}" for fault in found)
    return Problem(422, "invalid_value", detail, field=found[0].field, errors=errors)


def _as_json(stored: StoredPolicy) -> dict[str, Any]:
    return {
        "id": stored.id,
        "effective_from": stored.effective_from,
        "recorded_at": stored.recorded_at,
        "policy": policy_store.as_json(stored.policy),
    }
