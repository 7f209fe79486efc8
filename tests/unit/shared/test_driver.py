"""What `shared.database` changes of the driver is still there to be changed."""

from asyncpg.protocol import protocol

from shared import database


def test_the_driver_still_asks_by_this_name_what_an_array_is() -> None:
    assert database.asyncpg.protocol.protocol is protocol
    assert {"IterableABC", "SizedABC", "MappingABC"} <= set(vars(protocol))
    assert isinstance([], protocol.IterableABC)
    assert not isinstance("text", protocol.IterableABC)
