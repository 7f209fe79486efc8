"""A real Prometheus on a running stack, for which a minute lasts a second: the rules, with their times divided."""

import asyncio
import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.local import ports
from deploy.local.directory import ROOT
from tests.waiting import eventually

RULES = ("promises.yml", "alerts.yml")
QUICKER = 60
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST_PENDING = 3
"""Seconds that an alert is pending at most."""
THRESHOLDS = {"> 300": "> 5", "> 120": "> 2", "> 1800": "> 30", "> 500": "> 3"}
"""Seconds of lag, of the outbox, of reminders that are due; batches that are not rolled up."""


def quick(rule: dict[str, Any], ahead: int) -> dict[str, Any]:
    """The rule for a world in which a minute lasts a second, and whose clocks are so many seconds ahead of ours."""
    expression = re.sub(r"\[(\d+)([smhd])\]", lambda found: f"[{_seconds(*found.groups())}s]", rule["expr"])
    for slow, fast in THRESHOLDS.items():
        expression = re.sub(rf"{re.escape(slow)}\b", fast, expression)
    expression = expression.replace("time()", f"(time() + {ahead})")
    pending = re.fullmatch(r"(\d+)([smhd])", rule.get("for", "0s"))
    assert pending is not None
    return {**rule, "expr": expression, "for": f"{min(_seconds(*pending.groups()), LONGEST_PENDING)}s"}


def _seconds(count: str, unit: str) -> int:
    seconds = int(count) * UNITS[unit] // QUICKER
    return max(seconds, 4) if int(count) else 0  # a rate needs two samples


class QuickPrometheus:
    """Scrapes the services, by name and URL, every second. Their clocks are so many seconds `ahead` of ours."""

    def __init__(self, binary: str, folder: Path, services: Mapping[str, str], ahead: int = 0) -> None:
        self._binary, self._folder, self._services, self._ahead = binary, folder, services, ahead
        self._url = f"http://127.0.0.1:{ports.choose({})['registration']}"
        self._child: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._folder.mkdir()
        for name in RULES:
            rules = yaml.safe_load((ROOT / "deploy/prometheus" / name).read_text())
            for group in rules["groups"]:
                group["rules"] = [quick(rule, self._ahead) for rule in group["rules"]]
            (self._folder / name).write_text(yaml.safe_dump(rules))
        jobs = [
            {"job_name": name, "static_configs": [{"targets": [urllib.parse.urlsplit(url).netloc]}]}
            for name, url in self._services.items()
        ]
        settings = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        content = {"global": settings, "rule_files": list(RULES), "scrape_configs": jobs}
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(content))
        argv = [
            self._binary,
            f"--config.file={self._folder}/prometheus.yml",
            f"--storage.tsdb.path={self._folder}/data",
        ]
        argv += [f"--web.listen-address={self._url.removeprefix('http://')}", "--log.level=warn"]
        with (self._folder / "log").open("wb") as log:
            self._child = await asyncio.to_thread(subprocess.Popen, argv, stdout=log, stderr=log)
        await eventually(self._is_up, 30)

    def stop(self) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.wait()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression now, each with `metric` and `value`."""
        with urllib.request.urlopen(
            f"{self._url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        ) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found

    def firing(self) -> set[str]:
        """The alerts that fire."""
        return {each["metric"]["alertname"] for each in self.query('ALERTS{alertstate="firing"}')}

    def _is_up(self) -> bool:
        try:
            return bool(self.query("up"))
        except OSError:
            return False
