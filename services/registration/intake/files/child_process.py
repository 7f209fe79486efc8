"""Processes of ours that read a file beside the service: without its secrets, ended with the block that needs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO


@contextmanager
def started(module: str, file: BinaryIO, *arguments: str, **streams: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m module FD arguments`, where FD is the file's descriptor; its standard output is a pipe."""
    descriptor = file.fileno()
    command = [sys.executable, "-m", module, str(descriptor), *arguments]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, pass_fds=[descriptor], env=_environment(), **streams
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def _environment() -> dict[str, str]:
    """Ours without the service's secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PAYUNG_")}
