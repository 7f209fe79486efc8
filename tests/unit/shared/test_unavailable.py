"""Which exceptions mean that the database is the trouble: then it is waited for, and nothing is refused for good."""

import asyncpg
import pytest

from shared.database import UNAVAILABLE


@pytest.mark.parametrize(
    "code",
    {
        "57P01": "the server is told to stop",
        "57P02": "the server crashed",
        "57P03": "the server is starting",
        "57014": "a statement was cancelled",
        "53100": "the disk is full",
        "53200": "no memory",
        "53300": "too many connections",
        "40001": "two transactions cannot both be",
        "40P01": "a deadlock",
        "55P03": "a lock was not to be had in time",
        "25P03": "idle in a transaction for too long",
        "25P04": "a transaction took too long",
        "08006": "the connection failed",
        "08003": "the connection is gone",
    },
)
def test_what_the_server_says_of_itself_is_waited_with(code: str) -> None:
    problem = asyncpg.PostgresError.new({"C": code, "M": "", "S": "ERROR", "V": "ERROR"})
    assert isinstance(problem, UNAVAILABLE)


@pytest.mark.parametrize("problem", [ConnectionResetError(), OSError(), asyncpg.InternalClientError("")])
def test_so_is_a_connection_that_breaks(problem: Exception) -> None:
    assert isinstance(problem, UNAVAILABLE)


@pytest.mark.parametrize("code", ["22003", "22P05", "23505", "23514", "42601"])
def test_what_it_says_of_a_value_or_a_statement_is_not(code: str) -> None:
    problem = asyncpg.PostgresError.new({"C": code, "M": "", "S": "ERROR", "V": "ERROR"})
    assert not isinstance(problem, UNAVAILABLE)
