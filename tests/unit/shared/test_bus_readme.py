"""The numbers in the bus's README are those of the code."""

import importlib
import inspect
import re

import pytest

from deploy.local.directory import ROOT
from shared.bus.consumer import Consumer
from shared.bus.dead_letter_publisher import LIMIT
from shared.bus.transport import FLOWS

README = (ROOT / "shared/bus/README.md").read_text()
ROWS = [line.split(" | ") for line in README.splitlines() if re.match(r"\|.*\| `\w+\.py`", line) and " = " in line]


def number(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("| "))
def test_a_named_constant_has_the_value_in_the_readme(row: list[str]) -> None:
    modules = [importlib.import_module(f"shared.bus.{name}") for name in re.findall(r"`(\w+)\.py`", row[2])]
    for name, value in re.findall(r"`([A-Za-z_]+)` = ([\d,]*\d(?:\.\d+)?)", row[1]):
        places = [*modules, LIMIT]
        assert [getattr(place, name) for place in places if hasattr(place, name)] == [number(value)], name


def test_every_row_was_read() -> None:
    assert len(ROWS) == 27


def test_the_flows_are_those_of_the_readme() -> None:
    assert "; ".join(f"{records} records, {ms} ms" for records, ms in sorted(FLOWS)) in README


def test_the_consumers_defaults_are_those_of_the_readme() -> None:
    parameters = inspect.signature(Consumer).parameters
    assert re.search(r"\| ([\d,]+) records \(`max_records`\)", README)[1] == f"{parameters['max_records'].default:,}"  # type: ignore[index]
    assert re.search(r"\| (\d+) ms \(`linger_ms`\)", README)[1] == str(parameters["linger_ms"].default)  # type: ignore[index]
