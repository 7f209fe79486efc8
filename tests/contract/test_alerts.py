"""Prometheus' rules: their metrics and labels exist, each alert fires and does not, each has a runbook whose commands
exist."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.directory import ROOT
from tests.commands_in_text import problems_of_commands
from tests.contract.alert_cases import CASES, FIVE_MINUTES, MORE_THAT_FIRE, Case
from tests.promql import unknown_names

PROMETHEUS = ROOT / "deploy/prometheus"
RULES = [PROMETHEUS / name for name in ("promises.yml", "alerts.yml", "cluster.yml")]
RUNBOOKS = ROOT / "docs/runbooks"
PROMTOOL = os.environ.get("PAYUNG_PROMTOOL") or shutil.which("promtool")


def rules() -> Iterator[dict[str, Any]]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDED = {rule["record"] for rule in rules() if "record" in rule}


def test_every_metric_and_label_of_the_rules_exists() -> None:
    assert {problem for rule in rules() for problem in unknown_names(rule["expr"], RECORDED)} == set()


def test_a_name_that_no_service_has_is_found() -> None:
    assert unknown_names('rate(payung_coverage_consumer_lag_minutes{topic="x"}[5m])') == {
        "payung_coverage_consumer_lag_minutes"
    }
    assert unknown_names('sum by (shelf) (payung_coverage_consumer_lag_seconds{partition="1"})') == {
        "payung_coverage_consumer_lag_seconds: partition",
        "by shelf",
    }


def test_every_alert_has_cases_a_severity_and_a_runbook() -> None:
    assert set(CASES) == set(ALERTS)
    for name, rule in ALERTS.items():
        assert rule["labels"]["severity"] in ("page", "ticket"), name
        assert rule["annotations"]["summary"], name
        assert (ROOT / rule["annotations"]["runbook"]).is_file(), name


def test_every_runbook_belongs_to_an_alert_and_names_it() -> None:
    used: dict[str, set[str]] = {}
    for name, rule in ALERTS.items():
        used.setdefault(Path(rule["annotations"]["runbook"]).name, set()).add(name)
    assert set(used) == {file.name for file in RUNBOOKS.glob("*.md")} - {"README.md"}
    listed = (RUNBOOKS / "README.md").read_text()
    for file, names in used.items():
        text = (RUNBOOKS / file).read_text()
        assert all(f"`{name}`" in text and f"`{name}`" in listed for name in names), file
        assert f"({file})" in listed


@pytest.mark.parametrize("file", sorted(RUNBOOKS.glob("*.md")), ids=lambda file: file.stem)
def test_the_commands_and_links_of_a_runbook_exist(file: Path) -> None:
    text = file.read_text()
    assert problems_of_commands(text) == []
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert (file.parent / link).exists(), link


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_each_alert_fires_and_does_not(tmp_path: Path) -> None:
    files = []
    for step in (1, FIVE_MINUTES):
        tests = [_test(*case, 1) for case in (*CASES.items(), *MORE_THAT_FIRE.items()) if case[1].step == step]
        tests += [_test(*case, 0) for case in CASES.items() if case[1].step == step]
        files.append(tmp_path / f"alerts_by_{step}.yml")
        content = {"rule_files": [str(rule) for rule in RULES], "evaluation_interval": f"{step}m", "tests": tests}
        files[-1].write_text(yaml.safe_dump(content))
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, "test", "rules", *map(str, files)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _test(name: str, case: Case, fires: int) -> dict[str, Any]:
    series = case.fires if fires else case.quiet
    firing = f'count(count by (alertname) (ALERTS{{alertname="{name}", alertstate="firing"}}))'
    return {
        "name": f"{name} {'fires' if fires else 'does not fire'}",
        "interval": f"{case.step}m",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [
            {
                "expr": firing,
                "eval_time": f"{case.steps * case.step}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
            }
        ],
    }
