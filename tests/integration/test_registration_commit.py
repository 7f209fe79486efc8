"""An answer means that the commit is done: where the commit fails, nobody is told that anything was taken."""

import asyncpg
import pytest

from tests.integration.registration_world import world
from tests.stack import Database

FAILS_AT_COMMIT = """
create function fails_at_commit() returns trigger language plpgsql as $$
begin raise exception 'the commit fails'; end $$;
create constraint trigger fails_at_commit after insert on outbox deferrable initially deferred
    for each row execute function fails_at_commit();"""


async def test_a_request_whose_commit_fails_is_not_answered_as_taken(
    database: Database, kafka: str, topics: str
) -> None:
    async with world(database, kafka, topics) as here:
        await here.agency()
        await here.published()
        listed = {"partner": {"nib": "1234567890123"}, "name": "Toko", "kind": "business", "region": "33.11"}
        event = here.event("partner.listed", listed | {"list": "ods", "listed_on": "2024-01-31"})
        await here.pool.execute(FAILS_AT_COMMIT)
        with pytest.raises(asyncpg.RaiseError, match="the commit fails"):  # a 500 for whoever is not a test
            await here.post([event])
        assert await here.pool.fetchval("select count(*) from evidence") == 0
        await here.pool.execute("drop trigger fails_at_commit on outbox")
        assert (await here.send(event))["accepted"] == 1
