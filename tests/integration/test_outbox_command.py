"""./payung outbox: what Kafka refused for good is shown without keys and values, and sent again when asked."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local import endpoints
from deploy.local.commands import outbox
from deploy.local.endpoints import Endpoints
from deploy.local.failure import Failure
from deploy.local.postgres import SERVICES
from shared.bus import set_aside
from shared.database import connect, migrate
from tests.stack import Database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
COLUMNS = ("id", "topic", "key", "type", "event_id", "time", "value", "reason")


async def test_events_set_aside_are_listed_and_released(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(endpoints, "load_endpoints", lambda _: Endpoints("", "", "", "", database.admin, ""))
    pools = {service: await connect(database.of(service)) for service in SERVICES}
    for pool in pools.values():
        await migrate(pool, tmp_path)
    rows = [
        (n, "contacts", "secret-key", "contact.changed", f"contacts/p/{n}", NOW, b"secret", "TooLarge") for n in (3, 4)
    ]
    await pools["registration"].copy_records_to_table("outbox_set_aside", records=rows, columns=COLUMNS)

    await asyncio.to_thread(outbox.list_, tmp_path)
    shown = capsys.readouterr().out
    assert "registration 3: contacts contact.changed, 6 bytes, TooLarge" in shown
    assert "secret" not in shown
    await asyncio.to_thread(outbox.release, "registration", [3], tmp_path)
    await asyncio.to_thread(outbox.list_, tmp_path, as_json=True)
    found = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert {service: [each["id"] for each in events] for service, events in found.items()} == {
        "registration": [4],
        "coverage": [],
        "notifications": [],
    }
    assert await pools["registration"].fetchval("select array_agg(id) from outbox") == [3]
    assert [each.id for each in await set_aside.listed(pools["registration"])] == [4]
    with pytest.raises(Failure, match="nothing of that aside"):
        await asyncio.to_thread(outbox.release, "coverage", None, tmp_path)
    for pool in pools.values():
        await pool.close()
