"""/v1/policy: cadence, channels, contact hours."""

import json
from datetime import date, timedelta
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import policy_store
from services.notifications.api.dependencies import Admin, routes, wake_parts
from services.notifications.channels.texts import TEMPLATES
from services.notifications.policy import Fault, Policy, faults
from services.notifications.policy_store import StoredPolicy, current_and_upcoming
from services.notifications.queries import queries
from shared import jakarta
from shared.database import connection, transaction
from shared.problems import Problem

router = routes()

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
async def set_policy(body: NewPolicy, request: Request, caller: Admin) -> dict[str, Any]:
    """Refused as `invalid_value` with all faults when it cannot be used. Due times follow within seconds."""
    now = request.app.state.scheduler.now()
    today = jakarta.day_of(now)
    found = [Fault(f"policy.{fault.field}", fault.detail) for fault in faults(body.policy, TEMPLATES)]
    async with transaction(request.app.state.pool) as db:
        current, *_ = await current_and_upcoming(db, now)
        effective_from = body.effective_from or today
        if effective_from == current.effective_from:
            effective_from = today
        if effective_from < today:
            found.append(Fault("effective_from", "lies in the past"))
        if effective_from > today + FURTHEST:
            found.append(Fault("effective_from", f"lies more than {FURTHEST.days} days ahead"))
        if found:
            raise _refused(found)
        text = json.dumps(policy_store.as_json(body.policy))
        number = await db.fetchval(queries["add_policy"], effective_from, now, text)
    wake_parts(request)
    return _as_json(StoredPolicy(number, effective_from, now, body.policy))


def _refused(found: list[Fault]) -> Problem:
    errors = [{"field": fault.field, "detail": fault.detail} for fault in found]
    detail = "; ".join(f"{fault.field}: {fault.detail}" for fault in found)
    return Problem(422, "invalid_value", detail, field=found[0].field, errors=errors)


def _as_json(stored: StoredPolicy) -> dict[str, Any]:
    return {
        "id": stored.id,
        "effective_from": stored.effective_from,
        "recorded_at": stored.recorded_at,
        "policy": policy_store.as_json(stored.policy),
    }
