"""The log as it stands at one moment, although the broker goes on writing.

Kafka only appends to a segment's file; what compacts or deletes makes or unlinks files. So hard links, with the sizes
they have now, hold the moment: the bytes behind a size are later records, and nothing before it changes. A copy keeps
whole record batches, each with its checksum verified, from the start of the log on. What Kafka computes anew (indexes,
producers' states, recovery points) is left out, and so are the offsets of consumer groups, which only displays read.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.record.util import calc_crc32c

from deploy.local.failure import Failure

KEPT_OF_ALL = ("meta.properties", "bootstrap.checkpoint", "log-start-offset-checkpoint")
_KEPT = re.compile(r"\d{20}\.log|\d{20}-\d{10}\.checkpoint|leader-epoch-checkpoint|partition\.metadata|quorum-state")
_PARTITION = re.compile(r"[A-Za-z0-9._-]+-\d+")
_LEFT_OUT = "__consumer_offsets-"
_CHANGING = (".swap", ".cleaned")
_GOING = re.compile(r"\.[0-9a-f]{32}-(delete|stray|future)$")
_HEAD_BYTES = 61
"""Bytes of a record batch before its records."""
_CRC_FROM = 21
_STEADY_TRIES, _STEADY_PAUSE = 100, 0.05


@dataclass(frozen=True)
class FrozenFile:
    """One file of the log: its name below Kafka's data directory, where its bytes are, and how many count."""

    name: str
    path: Path
    size: int

    @property
    def partition(self) -> str:
        return self.name.rpartition("/")[0]


@contextmanager
def frozen(data: Path, links: Path) -> Iterator[list[FrozenFile]]:
    """The files of the log as they are now; `links` is a new directory on the same disk, removed at the end."""
    _remove(links)
    try:
        yield [file for name in _names(data) for file in _freeze(data, links, name)]
    except OSError as problem:
        raise Failure(f"the log in {data} cannot be held still: {problem}") from problem
    finally:
        _remove(links)


def log_starts(text: str) -> dict[str, int]:
    """Partition (`enrollments-3`) → its first offset, from Kafka's log-start-offset-checkpoint."""
    rows = [line.rsplit(" ", 2) for line in text.splitlines()[2:]]
    return {f"{topic}-{number}": int(offset) for topic, number, offset in rows}


def whole_batches(file: FrozenFile, start: int) -> tuple[int, int]:
    """First and last byte (exclusive) of the whole batches that hold an offset not before `start`.

    A batch that is cut off is still being written. Raises Failure for one whose checksum is wrong: Kafka would drop it
    and all behind it.
    """
    first: int | None = None
    at = 0
    with file.path.open("rb") as log:
        while at + _HEAD_BYTES <= file.size:
            head = log.read(_HEAD_BYTES)
            base, length = int.from_bytes(head[:8]), int.from_bytes(head[8:12], signed=True)
            end = at + 12 + length
            if length < _HEAD_BYTES - 12 or end > file.size:
                break
            rest = log.read(end - at - _HEAD_BYTES)
            if calc_crc32c(head[_CRC_FROM:] + rest) != int.from_bytes(head[17:21]):
                raise Failure(f"the log is damaged: {file.partition}, offset {base}; see docs/disasters.md")
            if first is None and base + int.from_bytes(head[23:27]) >= start:
                first = at
            at = end
    return (at if first is None else first), at


def _names(data: Path) -> list[str]:
    partitions = [
        entry.name
        for entry in data.iterdir()
        if entry.is_dir()
        and _PARTITION.fullmatch(entry.name)
        and not entry.name.startswith(_LEFT_OUT)
        and not _GOING.search(entry.name)
    ]
    return ["", *sorted(partitions)]


def _freeze(data: Path, links: Path, partition: str) -> list[FrozenFile]:
    """Link the files of one partition (of "": of the whole) while none of them is being replaced."""
    place, target = data / partition, links / partition
    for _ in range(_STEADY_TRIES):
        before = _listed(place, partition)
        if before is not None:
            _remove(target)
            target.mkdir(mode=0o700)
            try:
                for name in before:
                    os.link(place / name, target / name)
            except FileNotFoundError:
                before = None
        if before is not None and before == _listed(place, partition):
            prefix = f"{partition}/" if partition else ""
            return [FrozenFile(prefix + name, target / name, (target / name).stat().st_size) for name in sorted(before)]
        if not place.exists():
            return []  # a topic that was deleted meanwhile
        time.sleep(_STEADY_PAUSE)
    raise Failure(f"the log changes too fast to be copied ({partition}): try again")


def _listed(place: Path, partition: str) -> dict[str, int] | None:
    """Name → inode of the files to keep; None while some are being replaced."""
    found: dict[str, int] = {}
    try:
        for entry in os.scandir(place):
            if entry.name.endswith(_CHANGING):
                return None
            if _KEPT.fullmatch(entry.name) if partition else entry.name in KEPT_OF_ALL:
                found[entry.name] = entry.inode()
    except FileNotFoundError:
        return None
    return found


def _remove(links: Path) -> None:
    for root, folders, files in os.walk(links, topdown=False):
        for name in files:
            os.unlink(os.path.join(root, name))
        for name in folders:
            os.rmdir(os.path.join(root, name))
    if links.exists():
        links.rmdir()
