"""/v1/pauses: nothing is sent until it goes on: everything, a channel, a region."""

import json
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import policy_store
from services.notifications.api.dependencies import Admin, routes, wake_parts
from services.notifications.policy import ChannelName, Pause
from services.notifications.policy_store import StoredPause, current_pause
from services.notifications.queries import queries
from shared.database import connection, transaction
from shared.problems import Problem

router = routes()

Region = Annotated[str, Field(max_length=32)]


class NewPause(BaseModel):
    """All that is paused from now on; what is left out goes on."""

    model_config = ConfigDict(extra="forbid")

    all: bool = False
    channels: list[ChannelName] = Field(default_factory=list, max_length=10)
    regions: list[Region] = Field(default_factory=list, max_length=600)


@router.get("/pauses", summary="What is paused now")
async def pauses(request: Request, caller: Admin) -> dict[str, Any]:
    async with connection(request.app.state.pool) as db:
        return _as_json(await current_pause(db))


@router.put("/pauses", summary="Pause everything, channels or regions, or let them go on")
async def set_pauses(body: NewPause, request: Request, caller: Admin) -> dict[str, Any]:
    """Takes effect at once: what is not on its way yet is not sent. A region covers all below it, a policy to come ends
    no pause, and what was due meanwhile goes out afterwards, one message at a time."""
    unknown = [code for code in body.regions if request.app.state.regions.get(code) is None]
    if unknown:
        raise Problem(
            422, "unknown_region", f"regions: there is no region with the code {unknown[0]}.", field="regions"
        )
    pause = Pause(body.all, tuple(dict.fromkeys(body.channels)), tuple(dict.fromkeys(body.regions)))
    now = request.app.state.scheduler.now()
    async with transaction(request.app.state.pool) as db:
        number = await db.fetchval(queries["add_pause"], now, json.dumps(policy_store.as_json(pause)))
    wake_parts(request)
    return _as_json(StoredPause(number, now, pause))


def _as_json(stored: StoredPause) -> dict[str, Any]:
    return {"recorded_at": stored.recorded_at, **policy_store.as_json(stored.pause)}
