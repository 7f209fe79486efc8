"""What a session opens, by what its service's table says of it, and for how long the answer is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from shared import sessions
from shared.security import Principal
from shared.sessions import Ended, Session, Sessions, admin_key_id
from tests.waiting import eventually


class Table:
    """The row of every session, and how often it was asked for."""

    def __init__(self, **row: Any) -> None:
        self.row, self.asked = {"ended": False, "revoked": False, "has_key": True} | row, 0

    async def fetchrow(self, *_: Any) -> dict[str, Any]:
        self.asked += 1
        return self.row


def of(table: Table, admin_key: str = "new") -> Sessions:
    return Sessions(cast(Any, table), admin_key)


def until(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_an_administrators_session_opens_while_its_key_is_todays() -> None:
    table = Table(key_id=admin_key_id("new"), session_ends_at=until(600))
    found = await of(table).of("secret")
    assert isinstance(found, Session)
    assert found.principal == Principal(admin=True)
    assert isinstance(await of(table, "newer").of("secret"), Ended)


@pytest.mark.parametrize(
    "over",
    [{"ended": True}, {"revoked": True}, {"session_ends_at": until(-1)}],
    ids=["ended", "key revoked", "expired"],
)
async def test_a_session_that_is_over_opens_nothing(over: dict[str, Any]) -> None:
    table = Table(**{"key_id": admin_key_id("new"), "session_ends_at": until(600)} | over)
    assert isinstance(await of(table).of("secret"), Ended)


async def test_what_is_kept_of_a_session_does_not_outlive_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "CACHED_SECONDS", 10**6)
    table = Table(key_id=admin_key_id("new"), session_ends_at=until(0.5))
    known = of(table)

    async def is_over() -> bool:
        return isinstance(await known.of("secret"), Ended)

    await eventually(is_over)
    assert table.asked == 1
