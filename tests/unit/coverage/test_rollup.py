"""What the rollup reports about itself."""

import asyncio

from services.coverage.rollup import Rollup
from tests.waiting import eventually


class Unreachable:
    """A pool whose server is down."""

    def acquire(self):
        raise ConnectionRefusedError


async def test_without_its_database_coverage_lives_and_takes_no_traffic():
    rollup = Rollup(Unreachable())
    running = asyncio.create_task(rollup.run())
    await eventually(lambda: rollup.status().detail["trouble"] == "ConnectionRefusedError")
    assert rollup.status().live
    assert not rollup.status().ready
    await rollup.stop()
    await running
