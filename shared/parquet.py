"""Tables as Apache Parquet files, with what few columns need: plain values without nulls, one page a column of a row
group, compressed by zstd. Pure.

The usual writer for Python is larger than all of a service. Format: https://parquet.apache.org/docs/file-format/
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, Literal, NamedTuple

import cramjam
import numpy as np

Kind = Literal["text", "date", "integer"]

MAGIC: Final = b"PAR1"
_INT32, _INT64, _BYTES = 1, 2, 6
_PHYSICAL: Final = {"text": _BYTES, "date": _INT32, "integer": _INT64}
_UTF8, _DATE = 0, 6
_CONVERTED: Final = {"text": _UTF8, "date": _DATE, "integer": None}
_PLAIN, _RLE, _ZSTD = 0, 3, 6
_DAY_ONE = date(1970, 1, 1).toordinal()

# Thrift's compact protocol, as far as Parquet's own structures need it.
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
_Field = tuple[int, int, Any]
"""Its number, its type, its value."""


class Column(NamedTuple):
    """`date`: dates; `integer`: 64 bits; `text`: any text. None of them null."""

    name: str
    kind: Kind


class Writer:
    """The parts of one file, in their order: `begin`, a `group` for as many rows as fit the memory, `end`."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._at = len(MAGIC)
        self._groups: list[list[_Field]] = []
        self._rows = 0

    def begin(self) -> bytes:
        return MAGIC

    def group(self, values: Sequence[Sequence[Any]]) -> bytes:
        """The rows of a group, given as their columns."""
        count, chunks, found, size = len(values[0]), [], b"", 0
        for column, own in zip(self._columns, values, strict=True):
            plain = _encoded(column.kind, own)
            packed = bytes(cramjam.zstd.compress(plain))
            header = _struct([(1, _I32, 0), (2, _I32, len(plain)), (3, _I32, len(packed)), (5, _STRUCT, _page(count))])
            sizes = len(header) + len(plain), len(header) + len(packed)
            chunks.append([(2, _I64, self._at), (3, _STRUCT, self._chunk(column, count, *sizes))])
            found += header + packed
            self._at += sizes[1]
            size += sizes[0]
        self._groups.append([(1, _LIST, (_STRUCT, chunks)), (2, _I64, size), (3, _I64, count)])
        self._rows += count
        return found

    def end(self) -> bytes:
        root = [(4, _BINARY, b"schema"), (5, _I32, len(self._columns))]
        schema = [root, *map(_element, self._columns)]
        footer = _struct(
            [
                (1, _I32, 1),
                (2, _LIST, (_STRUCT, schema)),
                (3, _I64, self._rows),
                (4, _LIST, (_STRUCT, self._groups)),
                (6, _BINARY, b"Payung"),
            ]
        )
        return footer + struct.pack("<I", len(footer)) + MAGIC

    def _chunk(self, column: Column, count: int, plain: int, packed: int) -> list[_Field]:
        return [
            (1, _I32, _PHYSICAL[column.kind]),
            (2, _LIST, (_I32, [_PLAIN, _RLE])),
            (3, _LIST, (_BINARY, [column.name.encode()])),
            (4, _I32, _ZSTD),
            (5, _I64, count),
            (6, _I64, plain),
            (7, _I64, packed),
            (9, _I64, self._at),
        ]


def _page(count: int) -> list[_Field]:
    return [(1, _I32, count), (2, _I32, _PLAIN), (3, _I32, _RLE), (4, _I32, _RLE)]


def _element(column: Column) -> list[_Field]:
    required = [(1, _I32, _PHYSICAL[column.kind]), (3, _I32, 0), (4, _BINARY, column.name.encode())]
    converted = _CONVERTED[column.kind]
    return required if converted is None else [*required, (6, _I32, converted)]


def _encoded(kind: Kind, values: Sequence[Any]) -> bytes:
    if kind == "text":
        texts = [value.encode() for value in values]
        return b"".join(part for text in texts for part in (struct.pack("<I", len(text)), text))
    if kind == "date":
        return np.array([value.toordinal() - _DAY_ONE for value in values], "<i4").tobytes()
    return np.array(values, "<i8").tobytes()


def _struct(fields: Iterable[_Field]) -> bytes:
    found, before = bytearray(), 0
    for number, kind, value in fields:
        found.append((number - before) << 4 | kind)
        found += _value(kind, value)
        before = number
    return bytes(found) + b"\0"


def _value(kind: int, value: Any) -> bytes:
    match kind:
        case 5 | 6:
            return _varint(value << 1)  # zigzag of what is never negative
        case 8:
            return _varint(len(value)) + bytes(value)
        case 9:
            of, members = value
            head = bytes([len(members) << 4 | of]) if len(members) < 15 else bytes([0xF0 | of]) + _varint(len(members))
            return head + b"".join(_value(of, member) for member in members)
        case _:
            return _struct(value)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
