"""The table of the page of figures: its lines, their order, and the file of it."""

from typing import Any

import pytest

from services.coverage.web import table


def row(region: str, rate: float | None, **more: Any) -> dict[str, Any]:
    return {
        "region": region, "name": f"Region {region}", "listed": 100, "enrolled": 7, "rate": rate,
        "workers": {"enrolled": 9}, "targets": [], **more,
    }  # fmt: skip


def lines(*rates: float | None) -> list[table.Line]:
    now = {str(number): row(str(number), rate) for number, rate in enumerate(rates)}
    before = {"0": row("0", 0.1), "1": row("1", None)}
    return table.lines(now, before, {"0": 4})


def test_a_line_says_how_its_rate_changed_where_both_are_known() -> None:
    first, second, third = lines(0.25, 0.5, 0.75)
    assert first.change == pytest.approx(0.15)
    assert (first.claims, second.claims) == (4, None)
    assert second.change is None, "the rate of a month ago is not known"
    assert third.change is None, "there was no line a month ago"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("", "0123"), ("rate", "2013"), ("-rate", "1023"), ("-name", "3210"), ("change", "0123")],
)
def test_lines_are_ordered_and_what_is_not_known_comes_last(sort: str, expected: str) -> None:
    assert "".join(line.code for line in table.ordered(lines(0.2, 0.3, 0.1, None), sort)) == expected


def test_a_heading_sorts_the_most_first_and_again_the_other_way_round() -> None:
    assert [table.toggled("", "rate"), table.toggled("-rate", "rate"), table.toggled("rate", "rate")] == [
        "-rate",
        "rate",
        "-rate",
    ]
    assert [table.toggled("", "name"), table.toggled("name", "name")] == ["name", "-name"]


def test_the_file_has_what_the_table_has() -> None:
    target = {"value": 200, "progress": 163, "rate": 0.815}
    now = {"33": row("33", 0.07, targets=[target], suppressed=True)}
    (cells,) = table.cells(table.lines(now, {}, {}), "2026-01-31", "2026-02-01T00:00:00Z")
    assert dict(zip(table.HEADER, cells, strict=True)) == {
        "region": "33", "name": "Region 33", "listed": 100, "enrolled": 7, "rate": 0.07, "rate_change": None,
        "workers": 9, "claims": None, "target": 200, "progress": 163, "as_of": "2026-01-31",
        "known_at": "2026-02-01T00:00:00Z", "suppressed": "true",
    }  # fmt: skip
