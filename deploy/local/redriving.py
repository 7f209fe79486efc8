"""Reads dead letters of the running stack, puts them back or gives them up; after a new release it puts back all that
this one has not tried yet."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from deploy.local.failure import Failure
from deploy.local.service_schema import in_schema

if TYPE_CHECKING:
    import asyncpg

    from deploy.local.dead_letter_groups import Choice
    from shared.bus.dead_letters import DeadLetter
    from shared.bus.redrive import Redriven

T = TypeVar("T")

MOST: Final = 20_000
"""Dead letters that are put back without being asked for."""


def of_earlier_releases(data: Path) -> str | None:
    """Put back what another release could not use, once a release; a line about it, None where there is none.

    What fails again is a dead letter of this release and stays.
    """
    from deploy.local.dead_letter_groups import Choice
    from deploy.local.endpoints import load_endpoints, option
    from shared.bus.dead_letter_reader import count_dead_letters
    from shared.release import release

    choice, waiting = Choice(before=release()), run(count_dead_letters(load_endpoints(data).kafka_url))
    if sum(waiting.values()) > MOST:
        command = f"./payung dlq redrive --of-earlier-releases{option(data)}"
        return f"{sum(waiting.values()):,} dead letters: too many to try again without being asked, {command} does it"
    topics = sorted({each.topic for each in read(data, None) if choice.matches(each)}) if waiting else []
    count = sum(put_back(data, topic, choice).put_back for topic in topics)
    return (
        f"{count} dead letters of an earlier release are tried again: ./payung dlq list{option(data)}"
        if count
        else None
    )


def put_back(data: Path, topic: str, choice: "Choice") -> "Redriven":
    from deploy.local.endpoints import load_endpoints
    from shared.bus import published
    from shared.bus import redrive as bus
    from shared.bus.principals import SERVICES

    done = run(bus.redrive(load_endpoints(data).kafka_url, topic, choice.matches))
    for service, rights in SERVICES.items():
        if topic in rights.publishes:
            in_schema(data, service, lambda db: published.count_redriven(db, load_endpoints(data).kafka_url, topic))
    return done


def discard(data: Path, topic: str, choice: "Choice", because: str) -> int:
    """Delete them, once the audit trail says so; how many."""
    from deploy.local.endpoints import load_endpoints
    from services.registration import audit
    from shared.bus import redrive as bus

    kafka = load_endpoints(data).kafka_url
    count = sum(map(choice.matches, read(data, topic)))

    async def noted(db: "asyncpg.Connection") -> None:
        async with db.transaction():
            about: audit.Subjects = {"topic": topic, "records": count, "because": because}
            await audit.note(db, audit.COMMAND_LINE, "dead_letters.discarded", about)

    in_schema(data, "registration", noted)
    return run(bus.erase(kafka, topic, choice.matches))


def read(data: Path, topic: str | None) -> "list[DeadLetter]":
    from deploy.local.endpoints import load_endpoints
    from shared.bus.dead_letter_reader import read_dead_letters

    return run(read_dead_letters(load_endpoints(data).kafka_url, topic=topic))


def run(work: Coroutine[Any, Any, T]) -> T:
    import asyncpg
    from aiokafka.errors import KafkaError

    try:
        return asyncio.run(work)
    except (KafkaError, asyncpg.PostgresError, OSError, TimeoutError) as problem:
        raise Failure(f"the stack does not answer ({type(problem).__name__}): see ./payung status") from problem
