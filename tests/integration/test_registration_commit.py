"""An answer means that the commit is done: where it fails, nobody is told that anything was taken; and where too much
waits to be published, nothing is."""

from typing import Any

import asyncpg
import pytest

from services.registration.writer import writer
from shared.bus import outbox
from shared.bus.queries import queries
from tests.integration.registration_world import World, world
from tests.stack import Database
from tests.waiting import eventually

FAILS_AT_COMMIT = """
create function fails_at_commit() returns trigger language plpgsql as $$
begin raise exception 'the commit fails'; end $$;
create constraint trigger fails_at_commit after insert on outbox deferrable initially deferred
    for each row execute function fails_at_commit();"""


def listed(here: World, number: int) -> dict[str, Any]:
    partner = {"partner": {"nib": f"{number:013}"}, "name": f"Toko {number}", "kind": "business", "region": "33.11"}
    return here.event("partner.listed", partner | {"list": "ods", "listed_on": "2024-01-31"})


async def test_a_request_whose_commit_fails_is_not_answered_as_taken(
    database: Database, kafka: str, topics: str
) -> None:
    async with world(database, kafka, topics) as here:
        await here.agency()
        await here.published()
        event = listed(here, 1)
        await here.pool.execute(FAILS_AT_COMMIT)
        with pytest.raises(asyncpg.RaiseError, match="the commit fails"):  # a 500 for whoever is not a test
            await here.post([event])
        assert await here.pool.fetchval("select count(*) from evidence") == 0
        await here.pool.execute("drop trigger fails_at_commit on outbox")
        assert (await here.send(event))["accepted"] == 1


async def test_while_nothing_is_published_so_much_is_taken_and_no_more_until_it_is(
    database: Database, kafka: str, topics: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session holds the relay's lock, so that nothing leaves; what was taken leaves once, as soon as it may."""
    monkeypatch.setattr(writer, "MOST_WAITING", 20)
    monkeypatch.setattr(outbox, "COUNT_SECONDS", 0.0)
    async with world(database, kafka, topics) as here, here.pool.acquire() as busy:
        await here.agency()
        await here.published()

        async def is_held() -> bool:
            return bool(await busy.fetchval(queries["try_lock_relay"], outbox.DATA.lock))

        await eventually(is_held)
        taken = 0

        async def is_refused() -> bool:
            nonlocal taken
            answer = await here.post([listed(here, taken + 1)])
            taken += answer.status_code == 202
            if answer.status_code == 202:
                return False
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) >= 1
            return True

        await eventually(is_refused, 60)
        assert not here.app.state.services.writer.status().ready
        await busy.reset()
        await eventually(lambda: here.app.state.services.writer.status().ready, 60)
        await here.published()
        assert [len(facts) for facts in (await here.facts("partners")).values()] == [1] * taken
        assert (await here.send(listed(here, taken + 1)))["accepted"] == 1
