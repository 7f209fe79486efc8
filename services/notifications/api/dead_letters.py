"""/v1/dead-letters: what this service could not use, and trying it once more."""

from dataclasses import asdict
from typing import Annotated, Any

from aiokafka.errors import KafkaError
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from services.notifications.api.dependencies import Admin, routes, wake_parts
from services.notifications.dead_letter_retry import DeadLetterRetry
from shared.problems import Problem

router = routes()


class Retry(BaseModel):
    """Of which topic all dead letters are tried once more."""

    model_config = ConfigDict(extra="forbid")

    topic: Annotated[str, Field(max_length=100, examples=["partners"])]


@router.get("/dead-letters", summary="Records that notifications could not use, by reason")
async def dead_letters(request: Request, caller: Admin) -> dict[str, Any]:
    """Neither keys nor contents are shown: they may be personal. `detail` is the most frequent reason of each group."""
    return await dead_letters_of(request)


async def dead_letters_of(request: Request) -> dict[str, Any]:
    """The answer, for the page too."""
    retry: DeadLetterRetry = request.app.state.dead_letters
    try:
        return {"dead_letters": await retry.groups()}
    except (KafkaError, TimeoutError) as problem:
        raise _unavailable() from problem


@router.post("/dead-letters/retry", summary="Try the dead letters of a topic once more")
async def retry_dead_letters(body: Retry, request: Request, caller: Admin) -> dict[str, Any]:
    """After a cause was repaired: what can be used now takes effect and is no dead letter any more (`applied`); what
    fails again stays, and so does what was too long to be kept whole (`cut`). A fact that is older than what is known
    changes nothing."""
    return await retried(request, body.topic)


async def retried(request: Request, topic: str) -> dict[str, Any]:
    """The answer, for the page too."""
    retry: DeadLetterRetry = request.app.state.dead_letters
    if topic not in retry.topics:
        raise Problem(422, "invalid_value", f"topic: one of {', '.join(retry.topics)}.", field="topic")
    try:
        done = await retry.retry(topic)
    except (KafkaError, TimeoutError) as problem:
        raise _unavailable() from problem
    request.app.state.tally.wake()
    wake_parts(request)
    return asdict(done)


def _unavailable() -> Problem:
    return Problem(503, "unavailable", "The log does not answer at the moment: please try again in a minute.")
