"""The service as a process: killed at random moments while it sends; stopped politely."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.local import ports
from services.notifications.sending.sender import FIRST_CLAIM
from tests.integration.notifications_world import DAY, KNOWN, SECRET, Mailbox, World, a_world
from tests.stack import Database
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
COUNT = 400


@asynccontextmanager
async def a_process(
    world: World, log: Path, port: int, module: str, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service, killed at the end if it still runs."""
    settings = world.settings
    own = {
        "PAYUNG_DATABASE": settings.database,
        "PAYUNG_KAFKA": settings.kafka,
        "PAYUNG_PORT": str(port),
        "PAYUNG_ADMIN_KEY": "admin",
        "PAYUNG_SECRET": SECRET,
        "PAYUNG_TOPIC_PREFIX": settings.topic_prefix,
        **more,
    }
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, cwd=ROOT, env={**os.environ, **own}, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(url)).status_code == 200
        except httpx.HTTPError:
            return False


async def test_killed_while_sending_nothing_is_lost_and_nothing_twice_in_silence(
    database: Database, kafka: str, topics: str, mailbox: Mailbox, tmp_path: Path
) -> None:
    chance = random.Random(7)
    async with a_world(database, kafka, topics) as world:
        events = [event for n in range(1, COUNT + 1) for event in (world.contact(n), world.partner(n))]
        await world.publish(*events)
        await world.engine.consumer.stop()
        more = {
            "PAYUNG_SMTP": f"smtp://127.0.0.1:{mailbox.port}",
            "PAYUNG_LEASE_SECONDS": "1",
            "PAYUNG_TEST_NOW": (KNOWN + DAY).replace(hour=12, minute=30).isoformat(),
        }
        port = ports.choose({})["notifications"]
        for round_ in range(6):
            before = len(mailbox.received)
            module = "tests.integration.notifications_process"
            async with a_process(world, tmp_path / "log", port, module, **more) as process:
                last = round_ == 5
                wanted = COUNT if last else before + chance.randint(3, 60)

                async def enough(wanted: int = wanted, last: bool = last) -> bool:
                    if last:
                        sent = "select count(*) from history where outcome = 'sent'"
                        return bool(await world.pool.fetchval(sent) == COUNT)
                    return len(mailbox.received) >= min(wanted, COUNT)

                await eventually(enough, 40)
                await asyncio.sleep(chance.random() * 0.02)
                assert process.returncode is None, (tmp_path / "log").read_text()[-2000:]
                process.kill()
                await process.wait()
        rows = await world.pool.fetch("select message_id, possibly_twice from history")
        marked = {f"<{row['message_id']}@payung.invalid>": row["possibly_twice"] for row in rows}
        received = Counter(str(mail["Message-ID"]) for mail in mailbox.received)
        assert received.keys() == marked.keys()
        doubled = {number for number, count in received.items() if count > 1}
        assert all(marked[number] for number in doubled)
        # A portion doubles while messages leave quickly: within some 60 messages it is four times the first at most.
        assert sum(marked.values()) <= 5 * 4 * FIRST_CLAIM, "at most what was on its way at each kill"


async def test_ready_only_after_every_part_has_done_its_first_pass(database: Database, kafka: str, topics: str) -> None:
    async with a_world(database, kafka, topics) as world:
        engine = world.engine
        worked = (engine.rescheduler, engine.senders[0])
        assert [part.status().ready for part in worked] == [False, False]
        await world.pool.execute("alter table partners rename column region to away")
        await world.pool.execute("insert into partners (partner_id, status) values (gen_random_uuid(), 'active')")
        with pytest.raises(asyncpg.UndefinedColumnError):
            await engine.rescheduler.run()
        assert not engine.rescheduler.status().ready
        await world.pool.execute("alter table partners rename column away to region")
        running = [asyncio.ensure_future(part.run()) for part in worked]
        await eventually(lambda: all(part.status().ready for part in worked), 10)
        await asyncio.gather(*(part.stop() for part in worked), *running)


async def test_starts_empty_and_stops_politely(database: Database, kafka: str, topics: str, tmp_path: Path) -> None:
    async with a_world(database, kafka, topics) as world:
        await world.engine.consumer.stop()
        await world.producer.publish([world.partner(1), world.contact(1)])
        port = ports.choose({})["notifications"]
        async with a_process(world, tmp_path / "log", port, "services.notifications") as process:
            await eventually(lambda: answers(f"http://127.0.0.1:{port}/readyz"), 30)

            async def planned() -> bool:
                return bool(await world.pool.fetchval("select count(*) from schedule where due_at is not null") == 1)

            await eventually(planned, 20)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
        text = (tmp_path / "log").read_text()
        assert "Usaha Misal" not in text
        assert "@example.com" not in text
