"""Agencies' access to Kafka: a user, a topic of its own and the grant to write it, and nothing else.

registration may alter Kafka's users and grants for this, which is a power over the whole cluster.
"""

import asyncio
import secrets

from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException

from shared.bus.access_control import AccessControl
from shared.bus.kafka_url import KafkaUrl
from shared.bus.principals import INTAKE_PREFIX, agency_grants, agency_user, intake_topic
from shared.bus.topics import ensure_topics
from shared.events.model import DAY_MS, Topic

RETENTION_MS = DAY_MS
"""How long an agency's records stay in Kafka: they may name persons, and are consumed within seconds."""

BATCH_BYTES = (1 << 20) + 512
"""What a client's batch may have, Kafka's usual limit: the broker unfolds each one to check it."""

UNAVAILABLE = (KafkaException, KafkaError, TimeoutError)


class KafkaAccess:
    """Gives agencies access to Kafka and takes it away. Raises one of UNAVAILABLE when Kafka does not do it."""

    def __init__(self, kafka: str, *, prefix: str = "", replication: int = 1) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._replication = replication

    @property
    def is_closed(self) -> bool:
        """Whether Kafka asks who its clients are; otherwise there is no access to give."""
        return KafkaUrl.parse(self._kafka).mechanism is not None

    async def give(self, agency: str) -> dict[str, str]:
        """`user`, `password` and `topic`; an earlier password stops working for new connections."""
        topic = Topic(INTAKE_PREFIX + agency, retention_ms=RETENTION_MS, batch_bytes=BATCH_BYTES)
        await ensure_topics(self._kafka, [topic], prefix=self._prefix, partitions=1, replication=self._replication)
        user, password = agency_user(agency, self._prefix), secrets.token_urlsafe(32)
        await asyncio.to_thread(self._make_user, agency, user, password)
        return {"user": user, "password": password, "topic": intake_topic(agency, self._prefix)}

    async def take(self, agency: str) -> None:
        """Open connections may not write any more, new ones are refused; the topic stays until it is consumed."""
        await asyncio.to_thread(self._remove_user, agency)

    def _make_user(self, agency: str, user: str, password: str) -> None:
        control = AccessControl(self._kafka)
        control.remove_user(user)
        control.set_passwords({user: password})
        control.set_grants(user, agency_grants(agency, self._prefix))

    def _remove_user(self, agency: str) -> None:
        control, user = AccessControl(self._kafka), agency_user(agency, self._prefix)
        control.set_grants(user, set())
        control.remove_user(user)
