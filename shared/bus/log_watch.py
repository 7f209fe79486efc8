"""While a consumer runs: halts it where the log is no longer the one whose records were applied, or cannot be read."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from shared.bus import lineage, unreadable_batches
from shared.bus.another_log import AnotherLog
from shared.bus.halting import Halting
from shared.bus.halts import Halt
from shared.bus.lag import Lag
from shared.bus.positions import Positions
from shared.bus.topic_ids import topic_ids
from shared.bus.unreadable_batches import Damage

IDENTITY_SECONDS = 5.0
"""Seconds between two questions whether the topics are still the same."""

Identities = Callable[[], Awaitable[Mapping[str, str]]]


class LogWatch:
    """Looks at the log of one consumer, whenever its lag is measured. What may pass by itself must show twice.

    `identities` gives the ids of all topics that were ever read, by their names in Kafka: one that was deleted is not
    assigned any more, maybe before we looked for the first time.
    """

    def __init__(self, positions: Positions, lag: Lag, halting: Halting, prefix: str, identities: Identities) -> None:
        self._positions = positions
        self._lag = lag
        self._halting = halting
        self._prefix = prefix
        self._identified_at: float | None = None
        self._identities = identities
        self._beyond: TopicPartition | None = None
        self._damaged: dict[TopicPartition, Damage] = {}

    async def look(self, client: AIOKafkaConsumer) -> None:
        """Raises KafkaError or TimeoutError when the broker does not answer."""
        problem = self._twice(lineage.beyond_end(self._positions, self._lag.ends)) or await self._made_anew(client)
        if problem is not None:
            await self._halting.halt_for_log(self._name(problem.partition), problem)
        for tp in self._positions.keys() & unreadable_batches.damaged.keys():
            await self._note_damage(tp, unreadable_batches.damaged.pop(tp))

    def _twice(self, problem: AnotherLog | None) -> AnotherLog | None:
        """After a change of leaders an end is known a moment late."""
        seen, self._beyond = self._beyond, None if problem is None else problem.partition
        return problem if problem is not None and seen == problem.partition else None

    async def _made_anew(self, client: AIOKafkaConsumer) -> AnotherLog | None:
        if self._identified_at is not None and time.monotonic() - self._identified_at < IDENTITY_SECONDS:
            return None
        self._identified_at = time.monotonic()
        known = await self._identities()
        async with asyncio.timeout(lineage.ANSWERED_WITHIN):
            found = await topic_ids(client, known)
        if gone := sorted(known.keys() - found.keys()):
            # the next life of the client makes it anew, and sees it
            raise UnknownTopicOrPartitionError(f"topic {gone[0]} was deleted")
        return lineage.made_anew(known, found)

    async def _note_damage(self, tp: TopicPartition, damage: Damage) -> None:
        """A batch may also be damaged on its way: then the next fetch of it is whole."""
        if self._damaged.get(tp) == damage:
            name, offset = self._name(tp), damage.offset
            found = f"{tp.topic}, partition {tp.partition}, offset {offset}: the batch there is damaged"
            mend = f"./payung consumer resume {name} --skip-to {damage.behind} passes it, then ./payung recover log"
            await self._halting.halt(Halt(name, "corrupt", f"{found}; {mend}", tp.partition, offset))
        self._damaged[tp] = damage

    def _name(self, tp: TopicPartition) -> str:
        return tp.topic.removeprefix(self._prefix)
