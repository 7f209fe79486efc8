"""Writes the dashboards as JSON."""

import json
from pathlib import Path

from deploy.grafana.dashboards import DASHBOARDS
from deploy.grafana.panels import Dashboard

FOLDER = Path(__file__).parent / "json"


def text_of(dashboard: Dashboard) -> str:
    return json.dumps(dashboard.as_json(), indent=1, ensure_ascii=False) + "\n"


def file_of(dashboard: Dashboard) -> Path:
    return FOLDER / f"{dashboard.uid}.json"


if __name__ == "__main__":
    for each in DASHBOARDS:
        file_of(each).write_text(text_of(each), encoding="utf-8")
