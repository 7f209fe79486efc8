"""Named queries: the names in their heads are as many as their parameters."""

from pathlib import Path

import pytest

from shared.database import Queries, columns


def load(tmp_path: Path, text: str) -> Queries:
    path = tmp_path / "queries.sql"
    path.write_text(text)
    return Queries.load(path)


def test_a_query_is_found_by_its_name_without_its_semicolon(tmp_path: Path) -> None:
    found = load(tmp_path, "-- name: one()\nselect 1;\n\n-- name: two(low, high)\n-- Between.\nselect $1 + $2;\n")
    assert list(found) == ["one", "two"]
    assert found["one"] == "select 1"
    assert found["two"].endswith("select $1 + $2")


@pytest.mark.parametrize("text", [
    "-- name: one(low)\nselect 1;",
    "-- name: one()\nselect $1;",
    "-- name: one(low, high)\nselect $2;",
    "-- name: one()\nselect 1;\n-- name: one()\nselect 2;",
])  # fmt: skip
def test_a_head_that_does_not_fit_its_query_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="one"):
        load(tmp_path, text)


def test_rows_become_the_columns_that_unnest_takes() -> None:
    assert columns([(1, "a"), (2, "b")], 2) == [[1, 2], ["a", "b"]]
    assert columns([], 3) == [[], [], []]
