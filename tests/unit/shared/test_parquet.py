"""A Parquet file as other programs read it: pyarrow 26 and DuckDB 2.0 read what this one's bytes say."""

import struct
from datetime import date

import cramjam
import numpy as np

from shared.parquet import MAGIC, Column, Writer

COLUMNS = (Column("day", "date"), Column("region", "text"), Column("partners", "integer"))
ROWS = [(date(2021, 3, 1), "33.11", 5), (date(1969, 12, 31), "", -2), (date(2199, 1, 1), "Ātā", 2**40)]


def test_each_column_is_a_page_of_plain_values_behind_its_header() -> None:
    writer = Writer(COLUMNS)
    begin, group, end = writer.begin(), writer.group(list(zip(*ROWS, strict=True))), writer.end()
    assert begin == MAGIC
    assert end.endswith(MAGIC)
    pages = list(pages_of(group, 3))
    assert pages[0] == np.array([18_687, -1, (ROWS[2][0] - date(1970, 1, 1)).days], "<i4").tobytes()
    texts = [text.encode() for _, text, _ in ROWS]
    assert pages[1] == b"".join(struct.pack("<I", len(text)) + text for text in texts)
    assert pages[2] == np.array([5, -2, 2**40], "<i8").tobytes()
    (length,) = struct.unpack("<I", end[-8:-4])
    assert len(end) == length + 8
    assert all(column.name.encode() in end for column in COLUMNS)


def test_a_file_of_no_rows_and_one_of_many_groups_end_with_their_number_of_rows() -> None:
    for groups in (0, 20):
        writer = Writer(COLUMNS)
        for _ in range(groups):
            writer.group(list(zip(*ROWS, strict=True)))
        footer = writer.end()
        assert bytes([0x16, *zigzag(groups * len(ROWS))]) in footer


def zigzag(number: int) -> list[int]:
    number <<= 1
    return [number] if number < 128 else [number & 127 | 128, number >> 7]


def pages_of(group: bytes, columns: int) -> list[bytes]:
    """The values of each page, found by the frames of zstd behind the headers."""
    found, at = [], 0
    for _ in range(columns):
        at = group.index(b"\x28\xb5\x2f\xfd", at)
        following = group.find(b"\x28\xb5\x2f\xfd", at + 4)
        frame = group[at : following if following > 0 else len(group)]
        found.append(bytes(decompressed(frame)))
        at += 4
    return found


def decompressed(frame: bytes) -> bytes:
    """The frame; behind it stands the header of the next page, which is shorter than forty bytes."""
    for cut in range(40):
        try:
            return bytes(cramjam.zstd.decompress(frame[: len(frame) - cut]))
        except cramjam.DecompressionError:
            continue
    raise AssertionError("no frame")
