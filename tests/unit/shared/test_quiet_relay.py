"""A relay without work looks seldom into the outbox, and often again as soon as its process adds an event."""

import asyncio
from datetime import UTC, datetime

from shared.bus import outbox
from shared.bus.outbox import QUIET_AFTER, QUIET_POLL_SECONDS, Relay
from shared.bus.records import Outgoing


class Database:
    """Takes what is added."""

    async def executemany(self, *_, **__):
        return None


def quiet_relay(lane=outbox.DATA):
    relay = Relay(None, kafka="nowhere:1", source="/tests", lane=lane)
    relay._active_at -= QUIET_AFTER + 1
    return relay


async def test_a_quiet_relay_looks_seldom_and_is_woken_by_whoever_adds_an_event(monkeypatch):
    monkeypatch.setattr(outbox, "POLL_SECONDS", 0.01)
    relay, keys = quiet_relay(), quiet_relay(outbox.ACCESS)
    assert relay._poll_seconds() == QUIET_POLL_SECONDS
    await outbox.add(Database(), [])
    assert not relay._woken.is_set(), "nothing was added"
    event = Outgoing("partners", "k", "partner.listed", "1", datetime(2026, 1, 1, tzinfo=UTC), b"{}")
    await outbox.add(Database(), [event])
    assert not relay._woken.is_set(), "it is visible only after its commit"
    assert relay._poll_seconds() == outbox.POLL_SECONDS
    async with asyncio.timeout(10):
        await relay._woken.wait()
    assert keys._poll_seconds() == QUIET_POLL_SECONDS, "it is no key"


async def test_a_busy_relay_is_not_woken_for_what_cannot_be_seen_yet():
    relay = Relay(None, kafka="nowhere:1", source="/tests")
    relay.expect()
    assert not relay._woken.is_set()
