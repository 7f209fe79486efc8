"""Time-ordered ids (UUIDv7, RFC 9562): neighbours in time are neighbours in an index."""

import os
import time
from typing import Final
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as FastUUID

_MILLISECOND: Final = 1 << 80
_VERSION_AND_VARIANT: Final = (0x7 << 76) | (0x2 << 62)


def partner_id() -> UUID:
    """A partner's id is random (UUIDv4): a time in it would show an agency that others listed the partner before."""
    number = int.from_bytes(os.urandom(16), "big") & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62)
    return FastUUID(number.to_bytes(16, "big"))


class Ids:
    """Gives ids that rise strictly within this process, however many are asked for in a millisecond."""

    def __init__(self) -> None:
        self._millisecond = 0
        self._counter = 0

    def __call__(self) -> UUID:
        now = time.time_ns() // 1_000_000
        if now > self._millisecond:
            self._millisecond, self._counter = now, int.from_bytes(os.urandom(1), "big")
        else:
            self._counter += 1
            if self._counter >= 1 << 12:
                self._millisecond, self._counter = self._millisecond + 1, 0
        random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
        number = self._millisecond * _MILLISECOND | self._counter << 64 | _VERSION_AND_VARIANT | random
        return FastUUID(number.to_bytes(16, "big"))
