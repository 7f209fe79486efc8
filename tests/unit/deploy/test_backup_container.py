"""The file of a backup: what was written is read again, and whatever was changed is found."""

import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.local.backup import container
from deploy.local.backup.container import MAGIC, Damaged, Reader, Writer
from deploy.local.failure import Failure

SMALL = 1000
CONTENT = os.urandom(SMALL + 100) + b"x" * 3 * SMALL


def made(content: bytes, passphrase: bytes | None = None) -> bytes:
    file = io.BytesIO()
    writer = Writer(file, passphrase, {"made_at": "2026-01-01T00:00:00Z"}, SMALL)
    writer.write(content)
    writer.finish()
    assert writer.written == len(file.getvalue())
    return file.getvalue()


def read(file: bytes, passphrase: bytes | None = None) -> bytes:
    reader = Reader(io.BytesIO(file), passphrase)
    found = reader.read(len(CONTENT) + SMALL)
    reader.drain()
    return found


PLAIN, SEALED = made(CONTENT), made(CONTENT, b"open sesame")


@pytest.mark.parametrize("content", [b"", b"a", CONTENT], ids=["nothing", "little", "frames"])
@pytest.mark.parametrize("passphrase", [None, b"open sesame"], ids=["plain", "sealed"])
def test_what_was_written_is_read_again(content: bytes, passphrase: bytes | None) -> None:
    assert read(made(content, passphrase), passphrase) == content


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
@settings(max_examples=8)  # a key costs 0.1 s
@given(data=st.data())
def test_a_changed_byte_a_missing_end_and_an_added_one_are_found(sealed: bool, data: st.DataObject) -> None:
    file, passphrase = (SEALED, b"open sesame") if sealed else (PLAIN, None)
    behind = file.index(b"\n", len(MAGIC)) + 1
    place = data.draw(st.integers(behind, len(file) - 1))
    changed = bytearray(file)
    changed[place] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(changed), file[:place], file + b"\0"):
        with pytest.raises(Damaged):
            read(damaged, passphrase)


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_frames_that_change_places_are_found(sealed: bool) -> None:
    file, passphrase = (SEALED, b"open sesame") if sealed else (PLAIN, None)
    at, frames = file.index(b"\n", len(MAGIC)) + 1, []
    head = file[:at]
    while at < len(file):
        end = at + 4 + (int.from_bytes(file[at : at + 4]) & 0x7FFFFFFF)
        frames.append(file[at:end])
        at = end
    frames[1], frames[2] = frames[2], frames[1]
    with pytest.raises(Damaged):
        read(head + b"".join(frames), passphrase)


def test_a_sealed_file_shows_nothing_and_opens_with_its_passphrase_alone() -> None:
    file = made(b"NIK 3311012345678901 " * 1000, b"open sesame")
    assert b"3311" not in file
    with pytest.raises(Failure, match="sealed: say with --passphrase-file"):
        read(file)
    with pytest.raises(Failure, match="the passphrase does not open it"):
        read(file, b"another")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "no backup"),
        (b"PK\x03\x04 a workbook", "no backup"),
        (MAGIC, "end is missing"),
        (MAGIC + b"[]\n", "damaged"),
        (MAGIC + b'{"format": 2}\n', "newer release"),
        (MAGIC + b'{"format": 1, "sealed": true}\n', "damaged"),
    ],
    ids=["empty", "foreign", "head cut", "no head", "newer", "no salt"],
)
def test_foreign_cut_and_newer_files_are_refused_with_a_sentence(file: bytes, reason: str) -> None:
    with pytest.raises(Failure, match=reason):
        Reader(io.BytesIO(file), b"any")


def test_a_file_cannot_ask_for_costly_keys() -> None:
    head = b'{"format": 1, "sealed": true, "salt": "AAAA", "n": 1073741824, "r": 64, "p": 64, "check": ""}\n'
    with pytest.raises(Failure, match="does not open"):
        Reader(io.BytesIO(MAGIC + head), b"any")
    assert container._COST["n"] < 1 << 20
