"""What the producer asks of the broker: every replica's word, and each record once."""

from typing import Any

import pytest

from shared.bus import producer


async def test_a_record_counts_once_all_replicas_have_it_and_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Client:
        def __init__(self, **options: Any) -> None:
            asked.update(options)

        async def start(self) -> None: ...

    monkeypatch.setattr(producer, "AIOKafkaProducer", Client)
    await producer.Producer("127.0.0.1:9", "test")._started()
    assert (asked["acks"], asked["enable_idempotence"]) == ("all", True)
