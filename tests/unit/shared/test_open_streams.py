"""A key has so many streams open, and no more."""

from collections.abc import AsyncGenerator

import pytest

from shared.open_streams import STREAMS_OF_A_KEY, OpenStreams
from shared.problems import Problem


async def events() -> AsyncGenerator[str, None]:
    yield "one"
    yield "two"


async def test_one_more_than_a_key_may_have_is_refused_until_another_one_ends() -> None:
    streams = OpenStreams()
    opened = [streams.counted("a", events()) for _ in range(STREAMS_OF_A_KEY)]
    for each in opened:
        assert await anext(each) == "one"
    with pytest.raises(Problem) as refused:
        streams.check("a")
    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")
    streams.check("b")
    assert [event async for event in opened[0]] == ["two"]
    streams.check("a")
    for each in opened[1:]:
        assert [event async for event in each] == ["two"]
    assert not streams._open
