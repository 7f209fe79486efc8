"""What Kafka calls a topic for good: a topic that was deleted and made anew has its name and another id.

aiokafka asks with an older version of the request, whose answer has no ids.
"""

from base64 import urlsafe_b64encode
from collections.abc import Collection
from io import BytesIO
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import for_code
from aiokafka.protocol.abstract import AbstractType as Type
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_TEXT, _TAGS = CompactString("utf-8"), ("tags", TaggedFields)


class _Uuid(Type[bytes]):
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


_NO_ID = bytes(16)


def _many(*fields: Any) -> Array:
    return CompactArray(*fields)


class _Answer(Response):
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", _many(("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT), _TAGS)),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        (
            "topics",
            _many(
                ("error", Int16),
                ("name", _TEXT),
                ("id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    _many(
                        ("error", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", _many(Int32)),
                        ("isr", _many(Int32)),
                        ("offline", _many(Int32)),
                        _TAGS,
                    ),
                ),
                ("operations", Int32),
                _TAGS,
            ),
        ),
        ("operations", Int32),
        _TAGS,
    )


class _Question(RequestStruct):
    API_KEY = 3
    API_VERSION = 10
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("topics", _many(("id", _Uuid), ("name", _TEXT), _TAGS)),
        ("creates", Boolean),
        ("with_operations", Boolean),
        ("with_topic_operations", Boolean),
        _TAGS,
    )


class _Ask(Request[_Question]):
    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Question]) -> _Question:
        return request_struct_class([(_NO_ID, name, {}) for name in self._topics], False, False, False, {})


async def topic_ids(client: AIOKafkaConsumer, topics: Collection[str]) -> dict[str, str]:
    """Name → id (22 letters and digits) of the topics that exist. Raises KafkaError when the broker does not answer."""
    if not topics:
        return {}
    kafka = client._client
    answer = await kafka.send(kafka.get_random_node(), _Ask(sorted(topics)))
    found: dict[str, str] = {}
    for error, name, identity, *_ in answer.topics:
        if not error:
            found[name] = urlsafe_b64encode(identity).decode().rstrip("=")
        elif error != _UNKNOWN_TOPIC:
            raise for_code(error)(name)
    return found


_UNKNOWN_TOPIC = 3
