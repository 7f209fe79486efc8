"""./payung reminders plan: a summary for people, everything for programs."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from deploy.local import endpoints
from deploy.local.commands import reminders
from deploy.local.failure import Failure

ITEMS = [
    {
        "at": f"2026-11-23T08:0{number}:00+07:00",
        "partner_id": f"partner-{number}",
        "region": "33.11",
        "channel": "log",
        "template": "first",
        "step": 1,
        "why": "Not registered.",
    }
    for number in range(7)
]


def a_plan(items: list[dict[str, Any]], cursor: str | None = None) -> dict[str, Any]:
    day = {"date": "2026-11-23", "region": "33.11", "channel": "log", "template": "first", "count": 7}
    return {
        "until": "2026-12-21",
        "region": "ID",
        "partners": 7,
        "reminders": 7,
        "escalations": 2,
        "days": [day],
        "items": items,
        "next_cursor": cursor,
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The questions put to the service, which answers in pages of four."""
    questions: list[dict[str, str]] = []

    def answer(_: Path, query: dict[str, str]) -> dict[str, Any]:
        questions.append(query)
        return a_plan(ITEMS[4:]) if "cursor" in query else a_plan(ITEMS[:4], "more")

    monkeypatch.setattr(reminders, "_ask", answer)
    return questions


def run(*arguments: str) -> str:
    app = typer.Typer()
    reminders.register(app)
    result = CliRunner().invoke(app, ["reminders", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_for_people(asked: list[dict[str, str]]) -> None:
    output = run("plan", "--until", "2026-12-21", "--region", "ID")
    assert "7 reminders to 7 partners, then 2 tasks for field agents. Nothing was sent." in output
    assert "Kabupaten Sukoharjo 7" in output
    assert "2026-11-23 08:00 local time  partner-0" in output
    assert asked == [{"region": "ID", "until": "2026-12-21", "limit": "5"}]


def test_for_programs(asked: list[dict[str, str]]) -> None:
    everything = json.loads(run("plan", "--json"))
    assert [item["partner_id"] for item in everything["items"]] == [f"partner-{n}" for n in range(7)]
    assert everything["next_cursor"] is None
    assert len(asked) == 2


def test_a_region_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    where = SimpleNamespace(notifications="http://localhost", admin_key="x")
    monkeypatch.setattr(endpoints, "load_endpoints", lambda data: where)
    monkeypatch.setattr(httpx.Client, "get", lambda self, path, params: httpx.Response(404, json={}))
    with pytest.raises(Failure, match=r"no region has the code 99\.99"):
        reminders._ask(Path(), {"region": "99.99"})
