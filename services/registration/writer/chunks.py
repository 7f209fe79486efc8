"""Some rows of an upload as one submission: their orders, what is reported of them, and the refused ones."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.commands import Command
from services.registration.intake.files.tables import Row
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal
from services.registration.orders import Accepted, Effect, Order, Outcome
from services.registration.queries import queries
from services.registration.records import missed
from services.registration.writer import meant_rows
from services.registration.writer.lines import Line
from services.registration.writer.uploads import Upload

QUARANTINE = (
    "id",
    "agency",
    "import_id",
    "line",
    "type",
    "code",
    "field",
    "detail",
    "nib",
    "nik_koperasi",
    "nik",
    "name",
    "participant_no",
    "sealed",
    "recorded_at",
    "row_key",
    "missed",
    "missed_at",
)


MISSED = QUARANTINE.index("missed")


@dataclass
class Chunk:
    """Some rows of an import. Its answer is whether it was taken.

    `at` is the place of its first row in the import, `last` whether no row follows.
    """

    record: asyncpg.Record
    lines: Sequence[Line]
    at: int
    last: bool
    reader: RowReader
    keys: Collection[UUID] = ()
    size: int = field(init=False)
    alone: bool = field(init=False)

    def __post_init__(self) -> None:
        self.size, self.alone = len(self.lines), False
        self._ordered: list[Line] = []
        self.refused_rows: list[tuple[Row, Refusal]] = []
        self._is_due = False

    @property
    def agency(self) -> str:
        return str(self.record["agency"])

    def halves(self) -> "tuple[Chunk, Chunk]":
        """Two chunks of its rows, in order; it has two at least."""
        middle = len(self.lines) // 2
        first = Chunk(self.record, self.lines[:middle], self.at, False, self.reader)
        return first, Chunk(self.record, self.lines[middle:], self.at + middle, self.last, self.reader)

    def refused(self, refusal: Refusal) -> "Chunk":
        """The chunk with all its rows refused."""
        lines = [Line(line.sent, refusal) for line in self.lines]
        return Chunk(self.record, lines, self.at, self.last, self.reader)

    def is_refused(self) -> bool:
        return all(isinstance(line.answer, Refusal) for line in self.lines)

    async def prepare(self, work: UnitOfWork) -> Sequence[Order[Command]]:
        """Only the chunk that is due is taken: none a second time, none of a cancelled import."""
        due = await work.db.fetchval(queries["import_due"], self.record["import_id"])
        self._is_due = due == self.at
        return self.orders() if self._is_due else []

    def orders(self) -> Sequence[Order[Command]]:
        """What its rows ask for, in their order."""
        self._ordered = [line for line in self.lines if not isinstance(line.answer, Refusal)]
        agency, regions, import_id = self.record["agency"], tuple(self.record["regions"]), self.record["import_id"]
        return [
            Order(agency, regions, line.answer, import_id, line.hashes)
            for line in self._ordered
            if not isinstance(line.answer, Refusal)
        ]

    async def finish(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> bool:
        if not self._is_due:
            return False
        report, entries = self.judged(work, outcomes)
        work.refused.update(refusal.code for _, refusal in self.refused_rows)
        if any(entry[MISSED] is not None for entry in entries):
            work.added("missed")
        await meant_rows.keep(work, self.record, self.reader, self.refused_rows)
        await self._replace_older(work)
        await self.save(work.db, report, entries)
        return True

    def judged(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
        """What is reported of its rows, and its refused rows as the quarantine keeps them."""
        refused = [(line, line.answer) for line in self.lines if isinstance(line.answer, Refusal)]
        judged = zip(self._ordered, outcomes, strict=True)
        refused += [(line, outcome) for line, outcome in judged if isinstance(outcome, Refusal)]
        self.refused_rows = [(line.row, refusal) for line, refusal in refused]
        report = self._report(work, outcomes, [refusal for _, refusal in refused])
        return report, [self._entry(work, line, refusal) for line, refusal in refused]

    async def save(self, db: asyncpg.Connection, report: dict[str, Any], refused: Sequence[tuple[Any, ...]]) -> None:
        if refused:
            await db.copy_records_to_table("quarantine", records=refused, columns=list(QUARANTINE))
        import_id = self.record["import_id"]
        await db.execute(
            queries["advance_import"],
            import_id,
            self.at + len(self.lines),
            report["accepted"],
            report["created"],
            report["unchanged"],
            report["rejected"],
            json.dumps(report["rejected_by"]),
            json.dumps(report["warnings"]),
            report["replaced"],
            json.dumps(report["notes"]),
        )
        if self.last:
            has_more = self.record["replaces"] and not self.record["dry_run"]
            await db.execute(queries["end_of_rows" if has_more else "finish_import"], import_id)
            await db.execute(queries["drop_unused_file"], self.record["file_id"])

    def _report(self, work: UnitOfWork, outcomes: Sequence[Outcome], refusals: Sequence[Refusal]) -> dict[str, Any]:
        judged = zip(self._ordered, outcomes, strict=True)
        accepted = [(line.answer, outcome.effect) for line, outcome in judged if isinstance(outcome, Accepted)]
        effects = Counter(effect for _, effect in accepted)
        warnings = (
            warning for command, _ in accepted if not isinstance(command, Refusal) for warning in command.warnings
        )
        return {
            "accepted": len(accepted),
            "created": work.formed[self.record["import_id"]] + effects[Effect.CREATED],
            "unchanged": effects[Effect.UNCHANGED],
            "replaced": effects[Effect.REPLACED],
            "rejected": len(refusals),
            "rejected_by": dict(Counter(refusal.code for refusal in refusals)),
            "warnings": dict(Counter(warnings)),
            "notes": dict(Counter(note for each in outcomes if isinstance(each, Accepted) for note in each.notes)),
        }

    def _entry(self, work: UnitOfWork, line: Line, refusal: Refusal) -> tuple[Any, ...]:
        row = line.row
        return (
            work.ids(),
            self.record["agency"],
            self.record["import_id"],
            row.line,
            self.record["kind"],
            refusal.code,
            refusal.field,
            refusal.detail,
            *self.reader.data_subject(row).hashed(work.vault),
            work.vault.seal({"cells": self.reader.cells_to_keep(row)}),
            work.now,
            self._key(work, self.reader.refused_identity(row, refusal.field)),
            missed.of_refused(work.vault, self.agency, line.answer, refusal),
            work.now,
        )

    def _keys(self, work: UnitOfWork, row: Row) -> list[UUID]:
        return [self._key(work, same) for same in self.reader.identities(row)]

    def _key(self, work: UnitOfWork, identity: tuple[str, ...]) -> UUID:
        of_list = (self.record["agency"], self.record["kind"], self.record["list"])
        return work.vault.hash("refused-row", *of_list, *identity)

    async def _replace_older(self, work: UnitOfWork) -> None:
        """Rows refused in an earlier upload of this list that are here again are dropped there, corrected or not."""
        record = self.record
        of_list = (record["agency"], record["kind"], record["list"], record["import_id"])
        if await work.db.fetchval(queries["older_refusals"], *of_list):
            keys = [key for line in self.lines for key in self._keys(work, line.row)]
            await work.execute("replace_refused", keys, record["import_id"])


def of_upload(record: asyncpg.Record, upload: Upload) -> Iterator[Chunk]:
    """The chunks from the upload's next position on, at least one, each read when it is asked for."""
    at = upload.at
    for lines in upload.pieces:
        yield Chunk(record, lines, at, at + len(lines) >= upload.table.rows, upload.reader)
        at += len(lines)
    if at == upload.at:
        yield Chunk(record, (), at, True, upload.reader)
