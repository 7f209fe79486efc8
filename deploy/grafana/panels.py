"""Panels and dashboards as Grafana's JSON has them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal["timeseries", "stat", "table"]
Unit = Literal["short", "s", "percentunit", "ops", "bytes", "dateTimeAsIso"]

PROMETHEUS: Final = {"type": "prometheus", "uid": "payung-prometheus"}
DATABASE: Final = {"type": "grafana-postgresql-datasource", "uid": "payung-coverage"}
WIDTH: Final = 24
"""Columns of Grafana's grid."""


@dataclass(frozen=True)
class Panel:
    """`queries`: legend → PromQL, or with `is_sql` → SQL. `red_from`: from this value on it is red."""

    title: str
    queries: dict[str, str]
    unit: Unit = "short"
    kind: Kind = "timeseries"
    is_sql: bool = False
    red_from: float | None = None
    width: int = 8
    text: str = ""

    def as_json(self, number: int, x: int, y: int) -> dict[str, Any]:
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        if self.red_from is not None:
            steps.append({"color": "red", "value": self.red_from})
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.text,
            "datasource": DATABASE if self.is_sql else PROMETHEUS,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": 8},
            "fieldConfig": {
                "defaults": {"unit": self.unit, "thresholds": {"mode": "absolute", "steps": steps}},
                "overrides": [],
            },
            "targets": [self._target(*each, chr(65 + at)) for at, each in enumerate(self.queries.items())],
        }

    def _target(self, legend: str, query: str, letter: str) -> dict[str, Any]:
        if self.is_sql:
            shape = "table" if self.kind == "table" else "time_series"
            return {"refId": letter, "datasource": DATABASE, "rawQuery": True, "rawSql": query, "format": shape}
        return {"refId": letter, "datasource": PROMETHEUS, "expr": query, "legendFormat": legend}


@dataclass(frozen=True)
class Dashboard:
    """One page; its panels stand in rows from left to right."""

    uid: str
    title: str
    panels: Sequence[Panel] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        x = y = 0
        found = []
        for number, panel in enumerate(self.panels, 1):
            if x + panel.width > WIDTH:
                x, y = 0, y + 8
            found.append(panel.as_json(number, x, y))
            x += panel.width
        return {
            "uid": self.uid,
            "title": self.title,
            "tags": ["payung"],
            "timezone": "browser",
            "schemaVersion": 39,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "panels": found,
        }
