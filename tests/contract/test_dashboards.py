"""Grafana's dashboards: current, and every metric, label and view they ask for exists. The SQL runs in
tests/integration/test_coverage_reporting.py."""

import re
from collections.abc import Iterator

import pytest
import yaml

from deploy.grafana.__main__ import FOLDER, file_of, text_of
from deploy.grafana.dashboards import DASHBOARDS
from deploy.grafana.panels import DATABASE, PROMETHEUS, Dashboard, Panel
from deploy.local.directory import ROOT
from tests.contract.test_alerts import RECORDED
from tests.promql import unknown_names
from tests.registered_metrics import registered_metrics

NOT_SHOWN = {
    "part_live",
    "consumer_last_applied_timestamp_seconds",
    "oldest_dead_letter_timestamp_seconds",
    "relay_halted",
    "registration_consumer_delay_seconds",  # of agencies' records, whose times are their own: none is counted
}
"""Metrics that only alerts and runbooks read."""


def asked() -> Iterator[tuple[Panel, str, str]]:
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for legend, query in panel.queries.items():
                yield panel, legend, query


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)
def test_the_files_are_current(dashboard: Dashboard) -> None:
    assert file_of(dashboard).read_text() == text_of(dashboard), "python -m deploy.grafana"


def test_there_is_no_other_dashboard() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {file_of(each).name for each in DASHBOARDS}


def test_every_metric_and_label_exists() -> None:
    for panel, legend, query in asked():
        if panel.is_sql:
            continue
        assert unknown_names(query, RECORDED) == set(), panel.title
        labels = set(re.findall(r"\{\{(\w+)\}\}", legend))
        grouped = {word.strip() for found in re.findall(r"by \(([^)]*)\)", query) for word in found.split(",")}
        assert labels <= grouped | ({"job"} if "by (" not in query else set()), panel.title


def test_every_metric_of_the_services_is_shown_or_named_as_not_shown() -> None:
    text = " ".join(query for _, _, query in asked())
    text += " ".join(
        rule
        for file in ("promises.yml", "alerts.yml")
        for rule in (ROOT / "deploy/prometheus" / file).read_text().split("\n")
    )
    patterns = re.findall(r'__name__=~"([^"]+)"', text)
    for name in registered_metrics():
        family = re.sub(r"_(bucket|count|sum)$", "", name)
        is_used = family in text or any(re.fullmatch(pattern, name) for pattern in patterns)
        assert is_used or any(family.endswith(each) for each in NOT_SHOWN), name


def test_the_data_sources_are_provisioned() -> None:
    sources = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/payung.yml").read_text())["datasources"]
    assert {(each["type"], each["uid"]) for each in sources} == {(s["type"], s["uid"]) for s in (PROMETHEUS, DATABASE)}


def test_panels_do_not_overlap() -> None:
    for dashboard in DASHBOARDS:
        places = [
            (x, y)
            for panel in dashboard.as_json()["panels"]
            for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
            for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
        ]
        assert len(places) == len(set(places))
        assert max(x for x, _ in places) < 24
