"""Sends a large file in such a way that it goes on where a broken connection or a restarted service left it."""

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from deploy.local.client import AWAY, Away, Client
from deploy.local.failure import Failure

FROM_BYTES = 8 << 20
"""Files from this size on are sent so."""
BLOCK = 1 << 20
GIVEN_UP_AFTER = 120.0
"""Seconds without progress."""
AGAIN_AFTER = 1.0

STILL_HELD = 409
"""The service did not notice yet that our last connection broke."""

Progress = Callable[[int], None]
"""Is given how many bytes arrived."""


def send(client: Client, path: Path, progress: Progress) -> str:
    """The id of the upload that holds the whole file. Raises Failure if the service refuses it or stays away."""
    length = path.stat().st_size
    name = base64.b64encode(path.name.encode(errors="replace")).decode()
    headers = {"tus-resumable": "1.0.0", "upload-length": str(length), "upload-metadata": f"filename {name}"}
    upload_id = str(patiently(client, "POST", "/v1/uploads", headers=headers).json()["id"])
    address, offset, last = f"/v1/uploads/{upload_id}", 0, time.monotonic()
    with path.open("rb") as file:
        while offset < length:
            _append(client, address, file, offset, progress)
            arrived = int(patiently(client, "HEAD", address).headers["upload-offset"])
            if arrived > offset:
                offset, last = arrived, time.monotonic()
            elif time.monotonic() - last > GIVEN_UP_AFTER:
                raise Failure(f"the service takes no more of the file since {GIVEN_UP_AFTER:.0f} s")
            else:
                time.sleep(AGAIN_AFTER)
            progress(offset)
    return upload_id


def patiently(client: Client, method: str, path: str, **request: Any) -> httpx.Response:
    """The answer, asked for again while the service is away. For what may be asked for twice."""
    given_up = time.monotonic() + GIVEN_UP_AFTER
    while True:
        try:
            return client.call(method, path, again=AWAY if time.monotonic() < given_up else (), **request)
        except Away:
            time.sleep(AGAIN_AFTER)


def _append(client: Client, address: str, file: BinaryIO, offset: int, progress: Progress) -> None:
    """Send what follows; how much of it arrived is asked for afterwards."""
    file.seek(offset)

    def blocks() -> Iterator[bytes]:
        at = offset
        while block := file.read(BLOCK):
            yield block
            at += len(block)
            progress(at)

    headers = {
        "tus-resumable": "1.0.0",
        "upload-offset": str(offset),
        "content-type": "application/offset+octet-stream",
    }
    try:
        client.call("PATCH", address, again=(*AWAY, STILL_HELD), content=blocks(), headers=headers)
    except Away:
        return
