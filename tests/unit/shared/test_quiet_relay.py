"""A relay without work looks seldom into the outbox, and often again as soon as its process adds an event."""

from datetime import UTC, datetime

from shared.bus import outbox
from shared.bus.outbox import POLL_SECONDS, QUIET_AFTER, QUIET_POLL_SECONDS, Relay
from shared.bus.records import Outgoing


class Database:
    """Takes what is added."""

    async def copy_records_to_table(self, *_, **__):
        return None


def quiet_relay():
    relay = Relay(None, kafka="nowhere:1", source="/tests")
    relay._active_at -= QUIET_AFTER + 1
    return relay


async def test_a_quiet_relay_looks_seldom_and_is_woken_by_whoever_adds_an_event():
    relay = quiet_relay()
    assert relay._poll_seconds() == QUIET_POLL_SECONDS
    await outbox.add(Database(), [])
    assert not relay._woken.is_set(), "nothing was added"
    event = Outgoing("partners", "k", "partner.listed", "1", datetime(2026, 1, 1, tzinfo=UTC), b"{}")
    await outbox.add(Database(), [event])
    assert relay._woken.is_set()
    assert relay._poll_seconds() == POLL_SECONDS, "it is visible only after its commit"


async def test_a_busy_relay_is_not_woken_for_what_cannot_be_seen_yet():
    relay = Relay(None, kafka="nowhere:1", source="/tests")
    relay.expect()
    assert not relay._woken.is_set()
