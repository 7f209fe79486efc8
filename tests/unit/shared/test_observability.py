"""Logs: what cannot be written is lost, never the work it reports."""

import errno
import io
import logging

import structlog

from shared.observability import configure_logging, get_logger


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
