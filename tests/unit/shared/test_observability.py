"""Logs: what cannot be written is lost, never the work it reports."""

import asyncio
import errno
import io
import logging
from contextlib import suppress
from pathlib import Path

import structlog

from shared.observability import configure_logging, get_logger
from shared.part import Part
from tests.waiting import eventually


class FullDisk(io.StringIO):
    """Every write fails as on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_costs_the_line_alone() -> None:
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    try:
        configure_logging("test", stream=FullDisk())
        get_logger("test").warning("disk full")
        logging.getLogger("test").warning("disk full")
    finally:
        structlog.configure(**before)
        logging.getLogger().handlers[:] = handlers


class Failing(Part):
    """What it needs is away three times."""

    first_back_off = 0.001

    def __init__(self) -> None:
        super().__init__("failing")
        self.steps = 0

    async def step(self) -> None:
        self.steps += 1
        if self.steps <= 3:
            raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_part_whose_logs_go_to_a_full_device_waits_and_goes_on() -> None:
    """/dev/full refuses every byte, as a full disk does."""
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    part = Failing()
    with suppress(OSError), Path("/dev/full").open("w", buffering=1) as full:  # noqa: ASYNC230
        try:
            configure_logging("test", stream=full)
            running = asyncio.create_task(part.run())
            await eventually(lambda: part.steps > 3)
            assert part.status().ready
            assert part.status().live
            await part.stop()
            await running
        finally:
            structlog.configure(**before)
            logging.getLogger().handlers[:] = handlers
    assert part.steps == 4
