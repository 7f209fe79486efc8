"""What Kafka refuses for good is set aside; what a wrong clock is at fault for is waited for."""

from aiokafka.errors import InvalidTimestampError, MessageSizeTooLargeError

from shared.bus.outbox import Relay
from shared.bus.set_aside import REFUSED_FOR_GOOD


def test_an_event_that_is_too_long_is_set_aside() -> None:
    assert issubclass(MessageSizeTooLargeError, REFUSED_FOR_GOOD)


def test_no_event_is_set_aside_because_our_clock_is_ahead_of_kafkas() -> None:
    assert not issubclass(InvalidTimestampError, REFUSED_FOR_GOOD)
    assert issubclass(InvalidTimestampError, Relay.waits_for)
