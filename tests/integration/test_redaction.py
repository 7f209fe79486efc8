"""A person's name in a title leaves the database and the log; everything else stays as it was, for coverage too."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from aiokafka import TopicPartition

from services.coverage import rebuild
from services.registration import redaction
from tests.integration import coverage_world
from tests.integration.registration_world import World, world
from tests.kafka_clients import open_consumer
from tests.stack import Database
from tests.waiting import eventually

NAME = 'Budi "Si Udin" Santoso'
AGREEMENT: dict[str, Any] = {"parties": ["Dinas", "BPJS"], "date": "2021-01-31", "region": "33.11"}
DENOMINATOR: dict[str, Any] = {
    "region": "33.11",
    "measure": "businesses",
    "value": 100,
    "as_of": "2020-12-31",
    "source": "BPS",
    "status": "ok",
}


@pytest.fixture
async def here(database: Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency()
        yield made


async def log(here: World) -> list[tuple[bytes, bytes, int, str]]:
    """Everything on `reference`: key, value, time, event id."""
    await here.published()
    async with open_consumer(here.kafka) as consumer:
        partitions = [TopicPartition(here.prefix + "reference", number) for number in range(4)]
        consumer.assign(partitions)
        ends, found = await consumer.end_offsets(partitions), []
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(r.key, r.value, r.timestamp, dict(r.headers)["ce_id"].decode()) for r in records]
        return found


async def test_a_name_in_a_title_leaves_the_log_and_everything_else_stays(
    here: World, database: Database, kafka: str, topics: str
) -> None:
    answer = await here.send(
        here.event("agreement.signed", AGREEMENT | {"title": f"MoU dengan {NAME}"}),
        here.event("agreement.signed", AGREEMENT | {"title": "MoU dua", "number": "2", "parties": [NAME]}),
        here.event("agreement.signed", AGREEMENT | {"title": "MoU tiga"}),
        here.event("denominator.set", DENOMINATOR),
    )
    assert answer["rejected"] == []
    corrected = AGREEMENT | {"title": "MoU dua", "number": "2", "parties": ["Dinas"]}
    await here.send(
        here.event("agreement.signed", corrected), here.event("denominator.set", DENOMINATOR | {"value": 7})
    )
    before = await log(here)
    async with coverage_world.coverage(kafka, database, topics) as coverage:

        async def applied() -> bool:
            offsets = await database_value(
                database, "select coalesce(sum(next_offset), 0) from coverage.consumer_offsets"
            )
            return int(offsets) >= len(before)

        await eventually(applied, within=20)
        found = await redact(here, database, NAME)
        assert set(found.statements) == {f"agreement.signed/33.11/2021-01-31/MoU dengan {NAME}"}
        assert found.records == 2, "also the earlier version of the one that was corrected"
        after = await log(here)
        escaped = json.dumps(NAME)[1:-1].encode()
        assert not any(NAME.encode() in key or escaped in value for key, value, *_ in after)
        kept = [record for record in before if NAME.encode() not in record[0] and escaped not in record[1]]
        assert sorted(after) == sorted(kept)
        figures = [value for key, value, *_ in after if key.startswith(b"businesses")]
        assert [json.loads(value)["value"] for value in figures] == [100, 7], "the order of a key is kept"
        sent = await here.send(here.event("agreement.signed", AGREEMENT | {"title": "MoU satu"}))
        assert sent["rejected"] == []
        await here.published()

        async def compared() -> bool:
            return await rebuild.compare(database.admin, kafka, prefix=topics, report=lambda _: None) == []

        await eventually(compared, within=20, every=0.5)
        (row,) = await coverage.rows("region=33.11")
        assert "BPS" in [each["source"] for each in row["denominators"]]
        assert (await coverage.http.get("/readyz")).status_code == 200


async def test_what_a_file_said_before_it_was_corrected_is_not_kept(here: World, database: Database) -> None:
    """It would be there to be stated again when the correction is taken back."""
    header = "nomor;judul;pihak_1;pihak_2;tanggal;wilayah\n"
    quoted = NAME.replace('"', '""')
    await here.upload(f'{header}1;MoU lima;"{quoted}";BPJS;31/01/2021;33.11\n', "agreements")
    await here.upload(f"{header}1;MoU lima;Dinas;BPJS;31/01/2021;33.11\n", "agreements")
    states = "select count(*) from registration.row_version where state is not null"
    assert await database_value(database, states) == 1
    await redact(here, database, NAME)
    assert await database_value(database, states) == 0


async def test_a_text_that_nothing_holds_and_one_that_is_too_short_change_nothing(
    here: World, database: Database
) -> None:
    await here.send(here.event("agreement.signed", AGREEMENT | {"title": "MoU empat"}))
    before = await log(here)
    assert await redact(here, database, "nobody of this name") == redaction.Redacted({}, 0)
    with pytest.raises(ValueError, match="4 characters"):
        await redact(here, database, "MoU")
    assert await log(here) == before


async def redact(here: World, database: Database, text: str) -> redaction.Redacted:
    db = await asyncpg.connect(database.admin, server_settings={"search_path": "registration"})
    try:
        shown = await redaction.find(db, text)
        done = await redaction.redact(db, here.kafka, text, prefix=here.prefix)
        assert done.statements == shown.statements or not done.statements
        return done
    finally:
        await db.close()


async def database_value(database: Database, query: str) -> Any:
    db = await asyncpg.connect(database.admin)
    try:
        return await db.fetchval(query)
    finally:
        await db.close()
