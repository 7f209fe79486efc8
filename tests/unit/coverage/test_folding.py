"""What the folder tells of itself."""

import asyncio

from services.coverage.rollup import Folder
from tests.waiting import eventually


class Unreachable:
    """A pool whose server is down."""

    def acquire(self):
        raise ConnectionRefusedError


async def test_without_its_database_coverage_lives_and_takes_no_traffic():
    folder = Folder(Unreachable())
    assert folder.status().ready
    running = asyncio.create_task(folder.run())
    await eventually(lambda: not folder.status().ready)
    assert folder.status().live
    await folder.stop()
    await running
