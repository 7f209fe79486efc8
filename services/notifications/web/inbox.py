"""The inbox as a page: an agent's on a phone (`/`), and what lies with agencies and offices (`/tasks`)."""

from datetime import date, timedelta
from typing import Annotated, Final, cast, get_args

from fastapi import Depends
from starlette.responses import Response

from services.notifications.agents.acting import OF_CHECKS, OF_VISITS, Holder, Outcome
from services.notifications.api.inbox import claim_task, end_task, holder, inbox_of, snooze_task
from shared import jakarta
from shared.problems import Problem
from shared.web.pages import Page, SignedIn, form_of, pages

router = pages()

SNOOZES: Final = (1, 3, 7)
"""Days for which a task is put off with two taps."""

Caller = Annotated[Holder, Depends(holder)]


@router.get("/tasks")
async def tasks(page: SignedIn, caller: Caller) -> Response:
    return await shown(page, caller)


@router.post("/tasks/{task_id}/claim")
async def claim(page: SignedIn, caller: Caller, task_id: str) -> Response:
    await claim_task(page.request, caller, task_id)
    return _back(page, caller, "claimed")


@router.post("/tasks/{task_id}/snooze")
async def snooze(page: SignedIn, caller: Caller, task_id: str) -> Response:
    given = (await form_of(page.request)).get("until", "")
    try:
        until = date.fromisoformat(given)
    except ValueError:
        raise Problem(422, "invalid_date", "until: a day, as 2026-03-02.", field="until") from None
    await snooze_task(page.request, caller, task_id, until)
    return _back(page, caller, "snoozed")


@router.post("/tasks/{task_id}/done")
async def done(page: SignedIn, caller: Caller, task_id: str) -> Response:
    outcome = (await form_of(page.request)).get("outcome", "")
    if outcome not in get_args(Outcome):
        raise Problem(422, "invalid_value", f"outcome: one of {', '.join(OF_VISITS)}.", field="outcome")
    await end_task(page.request, caller, task_id, cast(Outcome, outcome))
    return _back(page, caller, "done")


async def shown(page: Page, caller: Holder) -> Response:
    """The inbox of this caller."""
    found = await inbox_of(page.request, caller, cursor=page.request.query_params.get("cursor"))
    today = jakarta.day_of(found["as_of"])
    return page.render(
        "inbox.html",
        inbox=found,
        now=[task for task in found["tasks"] if task["snoozed_until"] is None],
        later=[task for task in found["tasks"] if task["snoozed_until"] is not None],
        snoozes=[today + timedelta(days=days) for days in SNOOZES],
        outcomes={"visit": OF_VISITS, "check": OF_CHECKS},
        push_key=page.request.app.state.pusher.public_key,
        done=page.request.query_params.get("done", ""),
    )


def _back(page: Page, caller: Holder, what: str) -> Response:
    return page.go_to(f"{'/' if caller.principal.agent else '/tasks'}?done={what}")
