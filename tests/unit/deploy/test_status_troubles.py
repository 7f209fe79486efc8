"""The one line of `./payung status` says which part may take no traffic, and why."""

from typing import Any

import pytest

from deploy.local import status

HALT = {"halted": {"claims": "the log ends at 3; mend it by ./payung recover log"}}


def troubles(part: dict[str, Any], *, is_disk_full: bool = False) -> list[str]:
    parts = [{"name": "registration", "state": "running"} | part]
    return status.troubles({"data": "/data", "is_disk_full": is_disk_full, "parts": parts})


def waiting(*problems: str | None, **more: Any) -> dict[str, Any]:
    parts = {str(n): {"ok": not problem, "trouble": problem} for n, problem in enumerate(problems)}
    return {"detail": {"status": "failing", "parts": parts | more}}


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ({"state": "restarting"}, "registration is not ready"),
        ({"state": "disk full"}, "registration waits for room: the disk of /data is full"),
        (waiting(None, "DiskFullError", "TimeoutError"), "registration waits for room: the disk of /data is full"),
        (waiting("OSError", None, "OSError"), "registration is not ready: OSError"),
        (
            waiting("OSError", consumer={"ok": False} | HALT),
            f"registration: claims stands still: {HALT['halted']['claims']}",
        ),
    ],
    ids=["restarting", "ended on a full disk", "waits on a full disk", "waits", "stands still"],
)
def test_it_says_why(part: dict[str, Any], line: str) -> None:
    assert troubles(part) == [line]


def test_it_says_nothing_of_a_part_that_is_ready() -> None:
    assert troubles({"detail": {"status": "ok", "parts": {}}}) == []
    assert troubles({}) == []


def test_a_full_disk_is_named_whatever_a_part_says_is_wrong_with_it() -> None:
    part = {"detail": {"status": "down", "parts": {"relay": {"ok": False, "trouble": "KafkaConnectionError"}}}}
    assert troubles(part, is_disk_full=True) == ["registration waits for room: the disk of /data is full"]
    assert troubles({}, is_disk_full=True) == []
