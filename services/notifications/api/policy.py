"""/v1/policy: cadence, channels, contact hours."""

import json
from datetime import date
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import policy_store
from services.notifications.api.dependencies import Admin, routes, wake
from services.notifications.channels.texts import TEMPLATES
from services.notifications.policy import Fault, Policy, faults
from services.notifications.policy_store import Dated
from services.notifications.queries import queries
from shared import jakarta
from shared.database import connection, transaction
from shared.problems import Problem

router = routes()


class NewPolicy(BaseModel):
    """A whole policy and the day from which it holds (default: today in Jakarta).

    The answer of GET can be changed and sent back: what it tells beside these is left out of account, and the day since
    when the policy in force holds means today.
    """

    model_config = ConfigDict(extra="forbid")

    policy: Policy
    effective_from: date | None = None
    id: Any = Field(default=None, description="Of the answer of GET; ignored.")
    recorded_at: Any = Field(default=None, description="Of the answer of GET; ignored.")
    upcoming: Any = Field(default=None, description="Of the answer of GET; ignored.")


@router.get("/policy", summary="The reminder policy in force and those to come")
async def policy(request: Request, caller: Admin) -> dict[str, Any]:
    today = jakarta.day_of(request.app.state.scheduler.now())
    async with connection(request.app.state.pool) as db:
        current, *upcoming = policy_store.holding(await policy_store.known(db), today)
    return {**_shown(current), "upcoming": [_shown(each) for each in upcoming]}


@router.put("/policy", summary="Set the reminder policy from a day on")
async def set_policy(body: NewPolicy, request: Request, caller: Admin) -> dict[str, Any]:
    """Refused as `invalid_value` with all faults when it cannot be used. Due times follow within seconds."""
    now = request.app.state.scheduler.now()
    today = jakarta.day_of(now)
    found = [Fault(f"policy.{fault.field}", fault.detail) for fault in faults(body.policy, TEMPLATES)]
    async with transaction(request.app.state.pool) as db:
        effective_from = body.effective_from or today
        if effective_from == policy_store.holding(await policy_store.known(db), today)[0].effective_from:
            effective_from = today
        if effective_from < today:
            found.append(Fault("effective_from", "lies in the past"))
        if found:
            raise _refused(found)
        text = json.dumps(policy_store.as_json(body.policy))
        number = await db.fetchval(queries["add_policy"], effective_from, now, text)
    wake(request)
    return _shown(Dated(number, effective_from, now, body.policy))


def _refused(found: list[Fault]) -> Problem:
    errors = [{"field": fault.field, "detail": fault.detail} for fault in found]
    told = "; ".join(f"{fault.field}: {fault.detail}" for fault in found)
    return Problem(422, "invalid_value", told, field=found[0].field, errors=errors)


def _shown(dated: Dated) -> dict[str, Any]:
    return {
        "id": dated.id,
        "effective_from": dated.effective_from,
        "recorded_at": dated.recorded_at,
        "policy": policy_store.as_json(dated.policy),
    }
