import asyncio
from collections import defaultdict

from shared import authentication, security


def test_keys_are_well_formed_and_differ():
    keys = [security.new_key() for _ in range(100)]
    assert len({secret for _, secret, _ in keys}) == 100
    for key_id, secret, digest in keys:
        assert security.well_formed(secret)
        assert secret.startswith(f"pyk_{key_id}_")
        assert digest == security.hash_key(secret)
        assert secret not in digest


def test_a_typing_error_is_seen_without_looking_anything_up():
    _, secret, _ = security.new_key()
    other = "0" if secret[20] != "0" else "1"
    assert not security.well_formed(secret[:20] + other + secret[21:])
    assert not security.well_formed("")
    assert not security.well_formed("pyk_")


class Table:
    """The table `keys` in memory: each look-up takes a turn of the event loop."""

    def __init__(self) -> None:
        self.asked, self.agency = 0, "dinas"

    async def fetchrow(self, *_):
        self.asked += 1
        found = {"agency": self.agency, "scopes": (), "regions": (), "key_id": "k"}
        await asyncio.sleep(0)
        return defaultdict(lambda: None, found)


async def test_requests_that_come_together_look_their_key_up_once():
    table = Table()
    ring, (_, secret, _) = security.KeyRing(table, "admin"), security.new_key()
    found = await asyncio.gather(*(ring.principal(secret) for _ in range(20)))
    assert {each.agency for each in found} == {"dinas"}
    assert table.asked == 1


async def test_a_look_up_from_before_a_change_is_not_kept_nor_shared():
    table = Table()
    ring, (_, secret, _) = security.KeyRing(table, "admin"), security.new_key()
    before = asyncio.create_task(ring.principal(secret))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    table.agency = "other"
    ring.clear()
    assert (await ring.principal(secret)).agency == "other"
    assert (await before).agency == "dinas"
    assert (await ring.principal(secret)).agency == "other"


def test_counts_are_kept_without_a_thread_and_dropped_once_expired(monkeypatch):
    counts = authentication.Counts()
    counts.timer.join()
    assert [counts.incr("k", 60.0), counts.incr("k", 60.0), counts.incr("old", 0.0)] == [1, 2, 1]
    assert not counts.timer.is_alive()
    monkeypatch.setattr(authentication, "EXPIRED_EVERY", -1.0)
    assert counts.incr("k", 60.0) == 3
    assert "old" not in counts.storage
