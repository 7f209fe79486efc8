"""After a transaction of many requests the next one waits for those that were just answered."""

from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.registration.writer import writer as module
from services.registration.writer.writer import MANY, Writer
from shared.observability import Metrics


class Pool:
    @asynccontextmanager
    async def acquire(self):
        yield None


def submission():
    return SimpleNamespace(keys=(), size=1, alone=False, agency="a"), cast(Any, None), None


@pytest.mark.parametrize(
    ("first", "arriving", "groups"),
    [
        (MANY + 1, [3, 2, 0, 4], [MANY + 1, 5]),  # as long as each moment brings more
        (MANY + 1, [0], [MANY + 1]),
        (MANY, [3, 2], [MANY]),  # few wait for nobody
    ],
)
async def test_requests_that_come_together_share_a_transaction(monkeypatch, first, arriving, groups):
    writer = Writer(cast(Any, Pool()), cast(Any, None), cast(Any, None), Metrics("tiny"))
    done, moments = [], iter(arriving)

    async def do(_, group):
        done.append(len(group))

    async def sleep(_):
        for _ in range(next(moments)):
            writer._waiting.add(submission())

    monkeypatch.setattr(writer, "_do", do)
    monkeypatch.setattr(module, "LONGEST_COMPANY_SECONDS", 60.0)
    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    for _ in range(first):
        writer._waiting.add(submission())
    await writer.step()
    assert done == groups
