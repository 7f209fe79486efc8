"""What a killed stack may have left: processes that still run, PostgreSQL's pid file, half-made directories."""

import os
import shutil
import signal

import psutil

from deploy.local.directory import Directory
from deploy.local.endpoints import FILE
from deploy.local.process import MARK


def clear(directory: Directory) -> int:
    """End the processes that still run for this directory (which we hold) and remove half-made files; returns how many
    were ended."""
    orphans = _orphans(directory)
    for orphan in orphans:
        _ask_to_end(orphan)
    _, stubborn = psutil.wait_procs(orphans, timeout=15)
    for orphan in stubborn:
        orphan.kill()
    psutil.wait_procs(stubborn, timeout=5)
    directory.file("postgres/data/postmaster.pid").unlink(missing_ok=True)
    for making in ("kafka/data.making", "postgres/data.making"):
        shutil.rmtree(directory.file(making), ignore_errors=True)
    for links in directory.file("kafka").glob("backup-*"):  # of a backup that was killed
        shutil.rmtree(links, ignore_errors=True)
    directory.remove(FILE)
    return len(orphans)


def _orphans(directory: Directory) -> list[psutil.Process]:
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = [p for p in psutil.process_iter() if p.pid not in ours and _belongs(p, directory)]
    pids = {p.pid for p in found}
    return [p for p in found if _parent(p) not in pids]


def _belongs(candidate: psutil.Process, directory: Directory) -> bool:
    try:
        if candidate.environ().get(MARK) == str(directory.path):
            return True
        # PostgreSQL's processes overwrite their environment, but all of them live in the cluster's directory
        return candidate.cwd() == str(directory.file("postgres/data"))
    except psutil.Error:
        return False


def _parent(candidate: psutil.Process) -> int | None:
    try:
        return candidate.ppid()
    except psutil.Error:
        return None


def _ask_to_end(orphan: psutil.Process) -> None:
    try:
        orphan.send_signal(signal.SIGINT if "postgres" in orphan.name() else signal.SIGTERM)
    except psutil.NoSuchProcess:
        return
