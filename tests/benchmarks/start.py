"""From nothing to ready: first use in a new copy, first start with the demonstration, second start, an empty start.

The empty start is the baseline: what starting alone costs. `python -m tests.benchmarks start`
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from deploy.local.directory import ROOT

WITHIN = 30
"""Seconds in which a stack must be ready once it is set up."""
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", ".payung", "__pycache__", ".*_cache", ".hypothesis")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="payung-start-") as home:
        os.chmod(home, 0o755)
        copy, data, empty = (Path(home) / name for name in ("copy", "data", "empty"))
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        took = {"set-up, with the packages that are cached": _call(copy, "--help")}
        try:
            took["first up, with the demonstration"] = _call(copy, "up", "--detach", "--data", data)
            memory = {part["name"]: part["rss_bytes"] for part in _status(copy, data)["parts"]}
            took["down"] = _call(copy, "down", "--data", data)
            took["second up, on the same data"] = _call(copy, "up", "--detach", "--data", data)
            _call(copy, "down", "--data", data)
            took["up --empty"] = _call(copy, "up", "--detach", "--empty", "--data", empty)
        finally:
            for each in (data, empty):
                _call(copy, "down", "--data", each)
    _print(took, memory)
    return 0 if max(took["first up, with the demonstration"], took["second up, on the same data"]) < WITHIN else 1


def _call(copy: Path, *words: object) -> float:
    """The seconds this command took; it must succeed."""
    began = time.perf_counter()
    subprocess.run([copy / "payung", *map(str, words)], check=True, capture_output=True)
    return time.perf_counter() - began


def _status(copy: Path, data: Path) -> dict[str, Any]:
    asked = [copy / "payung", "status", "--json", "--data", str(data)]
    status: dict[str, Any] = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    return status


def _print(took: dict[str, float], memory: dict[str, int]) -> None:
    baseline = took["up --empty"]
    print(f"{'step':44} {'seconds':>8} {'ratio':>7}")
    for step, seconds in took.items():
        print(f"{step:44} {seconds:>8.1f} {seconds / baseline:>6.1f}×")
    print("memory once the demonstration is loaded: " + ", ".join(f"{n} {b / 1e6:.0f} MB" for n, b in memory.items()))


if __name__ == "__main__":
    sys.exit(main())
