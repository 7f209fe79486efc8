"""Tries dead letters of this service once more, in place of putting them back to their topics: facts are written by
registration alone, and carry versions, so that one that is applied late changes nothing that is newer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.notifications.erasure import tombstones
from services.notifications.queries import queries
from shared.bus import redrive
from shared.bus.applier import Handler
from shared.bus.batch import Batch
from shared.bus.dead_letter_reader import read_dead_letters
from shared.bus.dead_letters import DeadLetter, to_original
from shared.bus.records import Record
from shared.database import UNAVAILABLE, transaction
from shared.observability import get_logger

log = get_logger(__name__)

CONSUMER = "notifications"


@dataclass(frozen=True)
class Retried:
    """How many were applied; how many failed again, and how many are cut: these stay."""

    applied: int = 0
    failed: int = 0
    cut: int = 0


class DeadLetterRetry:
    """`handlers`: by topic, as the consumer has them. Every method raises KafkaError or TimeoutError when the broker
    does not answer."""

    def __init__(self, pool: asyncpg.Pool, handlers: Mapping[str, Handler], *, kafka: str, prefix: str = "") -> None:
        self._pool, self._handlers = pool, handlers
        self._kafka, self._prefix = kafka, prefix

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self._handlers)

    async def groups(self) -> list[dict[str, Any]]:
        """By topic and reason, the most frequent first; what is personal is left out."""
        found: dict[tuple[str, str], list[DeadLetter]] = {}
        for topic in self._handlers:
            for letter in await self._own(topic):
                found.setdefault((topic, letter.code), []).append(letter)
        rows = [_group(topic, code, letters) for (topic, code), letters in found.items()]
        return sorted(rows, key=lambda row: (-row["count"], row["topic"], row["reason"]))

    async def retry(self, topic: str) -> Retried:
        """Apply all of a topic's that can be; those are deleted, the others stay. A crash in between applies some once
        more, which changes nothing."""
        letters = await self._own(topic)
        whole = [letter for letter in letters if not letter.is_cut]
        done = {letter.origin for letter in await self._applied(topic, whole)}
        if done:
            await redrive.erase(
                self._kafka,
                topic,
                lambda letter: letter.consumer == CONSUMER and letter.origin in done,
                prefix=self._prefix,
            )
        log.info("dead letters tried again", topic=topic, applied=len(done), failed=len(whole) - len(done))
        return Retried(len(done), len(whole) - len(done), len(letters) - len(whole))

    async def _own(self, topic: str) -> list[DeadLetter]:
        """Each once, however often it was published."""
        found = await read_dead_letters(self._kafka, prefix=self._prefix, topic=topic)
        return list({letter.origin: letter for letter in found if letter.consumer == CONSUMER}.values())

    async def _applied(self, topic: str, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Those that the handler takes; where it fails, by halves, until the one that fails is alone."""
        if not letters:
            return []
        records = [_original(letter) for letter in letters]
        batch = Batch(topic, records)
        try:
            async with transaction(self._pool) as db:
                superseded = await _superseded(db, batch)
                batch.records = [record for record in records if record.offset not in superseded]
                await self._handlers[topic](batch, db)
        except UNAVAILABLE:
            raise
        except Exception as problem:  # whatever a handler raises is the record's fault
            if len(letters) == 1:
                log.error("a dead letter cannot be handled", topic=topic, reason=type(problem).__name__)
                return []
            middle = len(letters) // 2
            return [*await self._applied(topic, letters[:middle]), *await self._applied(topic, letters[middle:])]
        rejected = {id(record) for record, _ in batch.rejected}
        return [letter for letter, record in zip(letters, records, strict=True) if id(record) not in rejected]


async def _superseded(db: asyncpg.Connection, batch: Batch) -> set[int]:
    """The offsets of tombstones that a newer contact of the same partner followed: they erase nothing any more."""
    erased = list(tombstones(Batch(batch.topic, batch.records)))
    if not erased:
        return set()
    rows = await db.fetch(queries["newer_contacts"], [each[0] for each in erased], [each[2] for each in erased])
    newer = {row["partner_id"] for row in rows}
    return {offset for partner_id, offset, _ in erased if partner_id in newer}


def _original(letter: DeadLetter) -> Record:
    """The record as it was when it could not be used."""
    message, (_, partition, offset) = to_original(letter), letter.origin.rsplit("/", 2)
    place = (letter.topic, int(partition), int(offset), letter.record.timestamp)
    return Record(*place, letter.record.key, letter.record.value, message.headers)


def _group(topic: str, code: str, letters: Sequence[DeadLetter]) -> dict[str, Any]:
    return {
        "topic": topic,
        "reason": code,
        "detail": Counter(letter.reason for letter in letters).most_common(1)[0][0],
        "count": len(letters),
        "cut": sum(letter.is_cut for letter in letters),
        "oldest_at": datetime.fromisoformat(min(letter.first_failure for letter in letters)),
        "newest_at": datetime.fromisoformat(max(letter.last_failure for letter in letters)),
    }
