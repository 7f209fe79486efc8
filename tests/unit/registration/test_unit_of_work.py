"""Rows that are inserted later: whatever may depend on them is asked after they were added."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.registration.identity.unit_of_work import BESIDE, UnitOfWork
from services.registration.queries import queries
from shared.database import FEW


class Connection:
    """Notes what it is asked, in order; adding fails where `fails`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def fetch(self, text: str, *_: Any) -> list[Any]:
        self.asked.append(text)
        return []

    async def executemany(self, text: str, _: Iterable[Any]) -> None:
        await self.goes_on.wait()
        if self.fails:
            raise ConnectionError
        self.asked.append(text)

    async def copy_records_to_table(self, table: str, **_: Any) -> None:
        self.asked.append(f"copy {table}")


def begun() -> tuple[UnitOfWork, Connection]:
    connection = Connection()
    nothing = cast(Any, None)
    return UnitOfWork(cast(Any, connection), nothing, nothing, nothing, datetime(2026, 1, 1, tzinfo=UTC)), connection


ADDED = "insert into evidence (key) values ($1)"


async def test_a_question_comes_after_the_rows_that_wait() -> None:
    work, connection = begun()
    work.insert_later("evidence", [("a",)], ["key"])
    await work.fetch("evidence_by_key", [])
    assert connection.asked == [ADDED, queries["evidence_by_key"]]


@pytest.mark.parametrize("query", sorted(BESIDE))
async def test_a_question_that_does_not_depend_on_them_need_not_wait(query: str) -> None:
    work, connection = begun()
    work.insert_later("evidence", [("a",)], ["key"])
    await work.fetch(query, [])
    await work.add_waiting()
    assert connection.asked == [queries[query], ADDED]


def test_the_connection_itself_is_not_had_while_rows_wait() -> None:
    work, _ = begun()
    work.insert_later("evidence", [("a",)], ["key"])
    with pytest.raises(AssertionError):
        _ = work.db


async def test_they_are_added_while_the_block_computes() -> None:
    work, connection = begun()
    connection.goes_on.clear()
    work.insert_later("evidence", [("a",)], ["key"])
    async with work.adding_meanwhile():
        await asyncio.sleep(0)
        assert connection.asked == []
        connection.goes_on.set()
    assert connection.asked == [ADDED]


async def test_what_goes_wrong_in_adding_is_not_lost() -> None:
    work, connection = begun()
    connection.fails = True
    work.insert_later("evidence", [("a",)], ["key"])
    with pytest.raises(ConnectionError):
        async with work.adding_meanwhile():
            await asyncio.sleep(0)


async def test_many_are_copied() -> None:
    work, connection = begun()
    await work.insert("evidence", [("a",)] * (FEW + 1), ["key"])
    assert connection.asked == ["copy evidence"]
