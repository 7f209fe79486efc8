"""A row of an upload as read, and how the process that reads large lists sends it."""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from asyncpg.pgproto.pgproto import UUID

from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Command, Enrol, FileClaim, ListPartner
from services.registration.intake.files.tables import Row
from services.registration.intake.values import Refusal
from services.registration.orders import Hashes

C = TypeVar("C", bound=Command)


class Line(msgspec.Struct, frozen=True, gc=False):
    """One row of the file and what it asks for, or why not; `hashes` as an order has them.

    The row is kept as it was sent, if it was: of most rows only what they ask for is ever looked at.
    """

    sent: Row | bytes
    answer: Command | Refusal
    hashes: Hashes | None = None

    @property
    def row(self) -> Row:
        return self.sent if isinstance(self.sent, Row) else _decode_row(self.sent)


class _Sent(msgspec.Struct, Generic[C], array_like=True):
    """Lines as they are sent: in their order the rows, what they ask for (None: refused), and all hashes in one piece;
    the refusals by their place."""

    rows: list[bytes]
    commands: list[C | None]
    refusals: dict[int, Refusal]
    hashes: bytes


SENT: Final[dict[FileKind, Any]] = {
    "partners": _Sent[ListPartner],
    "persons": _Sent[ListPartner],
    "enrollments": _Sent[Enrol],
    "claims": _Sent[FileClaim],
}
"""The kinds of which there are large lists, and how their lines are sent."""

_encode = msgspec.msgpack.Encoder().encode
_decoders = {kind: msgspec.msgpack.Decoder(sent) for kind, sent in SENT.items()}
_decode_row = msgspec.msgpack.Decoder(Row).decode
_HASHES = struct.Struct("16s" * len(Hashes.__struct_fields__))
_NONE = bytes(16)


def encode(lines: Sequence[Line]) -> bytes:
    answers = [line.answer for line in lines]
    return _encode(
        _Sent(
            [_encode(line.row) for line in lines],
            [None if isinstance(answer, Refusal) else answer for answer in answers],
            {at: answer for at, answer in enumerate(answers) if isinstance(answer, Refusal)},
            b"".join(map(_encode_hashes, [line.hashes for line in lines])),
        )
    )


def decode(kind: FileKind, sent: bytes) -> list[Line]:
    found: _Sent[Any] = _decoders[kind].decode(sent)
    answers = (found.refusals[at] if each is None else each for at, each in enumerate(found.commands))
    return list(map(Line, found.rows, answers, _decode_hashes(found.hashes)))


def _encode_hashes(hashes: Hashes | None) -> bytes:
    if hashes is None:
        return bytes(_HASHES.size)
    return b"".join([_NONE if each is None else each.bytes for each in msgspec.structs.astuple(hashes)])


def _decode_hashes(sent: bytes) -> Iterator[Hashes | None]:
    for content, key, nik, name, phone, email, owner in _HASHES.iter_unpack(sent):
        if content == _NONE:
            yield None
        else:
            found = [None if each == _NONE else UUID(each) for each in (nik, phone, email, owner)]
            yield Hashes(UUID(content), UUID(key), found[0], UUID(name), *found[1:])
