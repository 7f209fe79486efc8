"""The file of a backup: a head, then frames that are compressed, checked and, with a passphrase, sealed.

    payung-backup\\n · one line of JSON · frames: 4 bytes (length; the highest bit marks the last one) and the payload

A frame's check depends on the head, its place and whether it is the last: whatever is changed, missing, moved or added
is found. Sealed frames are AES-256-GCM under a key that scrypt makes of the passphrase; others carry a
BLAKE2b digest, which finds damage but no forger.
"""

import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import blake2b, scrypt
from typing import Any, BinaryIO

import cramjam
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deploy.local.failure import Failure

MAGIC = b"payung-backup\n"
FORMAT = 1
FRAME_BYTES = 1 << 20
"""Bytes of a frame before they are compressed."""

LONGEST_HEAD = 1 << 16
LONGEST_PAYLOAD = 2 * FRAME_BYTES
LEVEL = 1
_LAST = 1 << 31
_DIGEST_BYTES = 16
_COST = {"n": 1 << 15, "r": 8, "p": 1}
_MEMORY = 64 << 20

Progress = Callable[[int], None]
"""Is told how many bytes of the file are done."""


class Damaged(Failure):
    """The file is no whole backup; nothing of it may be used."""


class _Checks:
    """Makes and opens the payloads of one file, in their order."""

    def __init__(self, head: bytes, key: bytes | None) -> None:
        self._chain = blake2b(head, digest_size=_DIGEST_BYTES).digest()
        self._cipher = None if key is None else AESGCM(key)
        self._number = 0

    def close(self, data: bytes, last: bool) -> bytes:
        payload = bytes(cramjam.zstd.compress(data, level=LEVEL))
        if self._cipher is not None:
            return self._cipher.encrypt(*self._place(payload, last))
        return payload + self._digest(payload, last)

    def open(self, payload: bytes, last: bool) -> bytes:
        """Raises Damaged for a payload that was not closed in this place of this file."""
        if self._cipher is not None:
            try:
                plain = self._cipher.decrypt(*self._place(payload, last))
            except InvalidTag:
                raise Damaged("it was damaged or changed") from None
        else:
            plain, digest = payload[:-_DIGEST_BYTES], payload[-_DIGEST_BYTES:]
            if not hmac.compare_digest(digest, self._digest(plain, last)):
                raise Damaged("it was damaged or changed")
        return bytes(cramjam.zstd.decompress(plain))

    def _place(self, payload: bytes, last: bool) -> tuple[bytes, bytes, bytes]:
        """Nonce, payload and what is checked beside it; the key is this file's alone, so its frames may be counted."""
        self._number += 1
        return self._number.to_bytes(12), payload, self._chain + bytes([last])

    def _digest(self, payload: bytes, last: bool) -> bytes:
        self._chain = blake2b(self._chain + bytes([last]) + payload, digest_size=_DIGEST_BYTES).digest()
        return self._chain


class Writer:
    """A file to write to; `finish` makes it whole. `digest` is the SHA-256 of all that was written."""

    def __init__(
        self, file: BinaryIO, passphrase: bytes | None, about: dict[str, Any], frame_bytes: int = FRAME_BYTES
    ) -> None:
        self._file = file
        self._frame_bytes = frame_bytes
        self._buffer = bytearray()
        self.written = 0
        head, key = _sealed_head(passphrase)
        line = json.dumps({"format": FORMAT, **about, **head}).encode() + b"\n"
        self._put(MAGIC + line)
        self._checks = _Checks(MAGIC + line, key)

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) > self._frame_bytes:
            self._frame(bytes(self._buffer[: self._frame_bytes]), last=False)
            del self._buffer[: self._frame_bytes]
        return len(data)

    def finish(self) -> None:
        self._frame(bytes(self._buffer), last=True)

    def _frame(self, data: bytes, last: bool) -> None:
        payload = self._checks.close(data, last)
        self._put((len(payload) | _LAST * last).to_bytes(4) + payload)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self.written += len(data)


class Reader:
    """Reads a file that a Writer made. Raises Failure for one that is foreign, of a newer release, or not opened by the
    passphrase, and Damaged, at the place where that shows, for one that is not whole."""

    def __init__(self, file: BinaryIO, passphrase: bytes | None) -> None:
        self._file = file
        self._buffer = b""
        self._ended = False
        self.read_bytes = 0
        line = _head_line(file)
        self.head = _parsed(line)
        self._checks = _Checks(MAGIC + line, _opening_key(self.head, passphrase))

    def read(self, size: int) -> bytes:
        while len(self._buffer) < size and not self._ended:
            self._buffer += self._frame()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def drain(self) -> None:
        """Read what is left, so that the file is known to be whole."""
        while self.read(FRAME_BYTES):
            pass

    def _frame(self) -> bytes:
        length = int.from_bytes(self._exactly(4))
        last = bool(length & _LAST)
        payload = self._exactly(length & ~_LAST)
        self._ended = last
        data = self._checks.open(payload, last)
        if last and self._file.read(1):
            raise Damaged("something follows its end")
        return data

    def _exactly(self, size: int) -> bytes:
        if size > LONGEST_PAYLOAD:
            raise Damaged("it was damaged or changed")
        data = self._file.read(size)
        if len(data) < size:
            raise Damaged("its end is missing")
        self.read_bytes += size
        return data


def _sealed_head(passphrase: bytes | None) -> tuple[dict[str, Any], bytes | None]:
    if passphrase is None:
        return {"sealed": False}, None
    salt = os.urandom(16)
    key = _derived(passphrase, salt, _COST)
    return {"sealed": True, "salt": b64encode(salt).decode(), **_COST, "check": _check_of(key)}, key


def _derived(passphrase: bytes, salt: bytes, cost: dict[str, int]) -> bytes:
    return scrypt(passphrase, salt=salt, dklen=32, maxmem=_MEMORY, **cost)


def _check_of(key: bytes) -> str:
    """Tells a wrong passphrase from a damaged file."""
    return blake2b(key, digest_size=8, person=b"payung-backup").hexdigest()


def _head_line(file: BinaryIO) -> bytes:
    if file.read(len(MAGIC)) != MAGIC:
        raise Failure("it is no backup that ./payung backup made")
    line = file.readline(LONGEST_HEAD)
    if not line.endswith(b"\n"):
        raise Damaged("its end is missing")
    return line


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        head: dict[str, Any] = json.loads(line)
        number = int(head["format"])
    except (ValueError, KeyError, TypeError):
        raise Damaged("it was damaged or changed") from None
    if number > FORMAT:
        raise Failure(f"it was made by a newer release (format {number}, this one reads {FORMAT}): use that release")
    return head


def _opening_key(head: dict[str, Any], passphrase: bytes | None) -> bytes | None:
    if not head.get("sealed"):
        return None
    if passphrase is None:
        raise Failure("it is sealed: say with --passphrase-file what opens it")
    try:
        cost = {name: min(int(head[name]), most) for name, most in _COST.items()}
        key = _derived(passphrase, b64decode(head["salt"]), cost)
    except (ValueError, KeyError, TypeError):
        raise Damaged("it was damaged or changed") from None
    if head.get("check") != _check_of(key):
        raise Failure("the passphrase does not open it")
    return key
