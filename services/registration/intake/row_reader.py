"""Reads the rows of one file: what each asks for, or why it is refused, whose it is and what identifies it."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import msgspec

from services.registration.intake import (
    column_report,
    columns,
    data_subject,
    free_text,
    health_data,
    repeated_keys,
    row_cells,
    row_faults,
)
from services.registration.intake.cells import identifiers, names
from services.registration.intake.cells.column_evidence import ColumnEvidence
from services.registration.intake.cells.column_findings import NO_FINDINGS, ColumnFindings
from services.registration.intake.column_report import Column
from services.registration.intake.columns import FileKind
from services.registration.intake.commands import Command, Enrol, ListPartner
from services.registration.intake.contexts import UploadContext
from services.registration.intake.data_subject import DataSubject
from services.registration.intake.files.tables import Row
from services.registration.intake.memo import Memo
from services.registration.intake.repeated_keys import RepeatedKeys
from services.registration.intake.returned_rows import Returned, own
from services.registration.intake.roster import KEPT, Roster
from services.registration.intake.row_cells import RowCells
from services.registration.intake.row_kinds import READERS, FileContext
from services.registration.intake.values import Refusal, Refused
from shared.events.text_limits import MOST_PARTIES, limit_of

LISTINGS = ("partners", "persons")
OF_A_MISSING_CELL = ("missing_name", "missing_nik", "missing_participant_no")
_NAMING = frozenset(("name", "region", "region_code"))
"""What identifies a row by its name."""


class RowReader:
    """Reads rows of a file of this kind; what its columns mean is settled once, from the header."""

    def __init__(
        self,
        kind: FileKind,
        header: tuple[str, ...],
        upload: UploadContext,
        findings: ColumnFindings = NO_FINDINGS,
    ) -> None:
        self._read_kind = READERS[kind]
        self._kind, self._header = kind, header
        self._lists_partners = kind in LISTINGS
        self._columns, self._width = columns.meanings(kind, header, upload.options.columns), len(header)
        lists_cooperatives = kind == "partners" and columns.of_cooperatives(header)
        health_columns, list_warnings = health_data.columns(kind, header), free_text.warnings([upload.list])
        self._file = FileContext(upload, lists_cooperatives, health_columns, list_warnings)
        self._other_texts = columns.of_other_texts(kind, header) if self._lists_partners else []
        self._limits = [(meaning, column, _cell_limit(meaning)) for meaning, column in self._columns.items()]
        self._returned, self._own_columns = Returned(header), own(header)
        self._findings, self._memo = findings, Memo(self._columns)
        self._roster = Roster() if columns.is_roster(kind, header) else None
        self._note_on_key: str | None = None
        self._missing = column_report.missing(kind, self._columns, needs_nik=upload.require_nik)
        self._least_limit = min((limit for _, _, limit in self._limits), default=0)

    def judge_columns(self, rows: Iterable[Row]) -> ColumnFindings:
        """Judge the columns over all rows of the file, before any is read; some are gone through twice."""
        evidence = ColumnEvidence(self._columns, self._file.upload.jurisdiction.regions)
        for row in rows:
            if row.fits:
                evidence.add(row.cells)
        self._findings, self._memo = evidence.findings(self._file.upload.options), Memo(self._columns)
        if self._roster is not None:
            self._count_workers(rows, self._roster)
        elif (key := self._key_column) is not None:
            self._note_on_key = self._note_of(key, rows)
        return self._findings

    @property
    def _key_column(self) -> str | None:
        """The meaning of the column by which rows of this file replace each other, if it has one."""
        key = repeated_keys.KEYS.get(self._kind)
        return key if key in self._columns else None

    def _note_of(self, key: str, rows: Iterable[Row]) -> str | None:
        found = RepeatedKeys(self._kind)
        for row in islice(rows, repeated_keys.LOOKED_AT):
            if row.fits and row_cells.number_if_read(self.cells_of(row), key):
                found.add(self.identities(row)[0], row.cells)
        return found.note()

    def reported(self) -> dict[str, Any]:
        """What was found out about the columns, for the file's sender: findings, and required ones that are missing."""
        missing = [each._asdict() for each in self._missing]
        return self._findings.reported() | ({"missing_columns": missing} if missing else {})

    @property
    def meanings(self) -> Mapping[str, int]:
        """meaning → column."""
        return self._columns

    def columns(self) -> list[Column]:
        """Each column of the file: what it is read as, and what is to be said of that."""
        found = column_report.of(self._kind, self._header, self._file.upload.options.columns)
        if self._note_on_key is None:
            return found
        key = self._key_column
        return [each._replace(note=self._note_on_key) if each.read_as == key else each for each in found]

    def read(self, row: Row) -> Command | Refusal:
        """What the row asks for, or the first thing that is wrong with it; the detail names the others too."""
        answer = self._read_alone(row)
        if isinstance(answer, Refusal):
            return self._with_all_faults(row, answer) if row.fits else answer
        return self._roster.whole(answer) if self._roster and isinstance(answer, Enrol) else answer

    def _with_all_faults(self, row: Row, first: Refusal) -> Refusal:
        def read(cells: tuple[str, ...]) -> Command | Refusal:
            return self._read_alone(Row(row.line, cells, row.fits))

        return row_faults.all_named(first, row.cells, self._columns, self._file.upload.jurisdiction.any_regency, read)

    def _read_alone(self, row: Row) -> Command | Refusal:
        if row.fault is not None:
            return Refusal("malformed", row.fault[0] or None, row.fault[1])
        if not row.fits:
            return Refusal("wrong_column_count", None, "This row has more or fewer cells than the header.")
        if max(map(len, row.cells), default=0) > self._least_limit and (refusal := self._too_long(row)):
            return refusal
        if still := self._returned.still_refused(row.cells):
            return still
        try:
            command = self._read_kind(self.cells_of(row), self._file)
        except Refused as refused:
            return self._without_column(refused.refusal)
        if isinstance(command, ListPartner) and command.partner.ref is None:
            texts = self._texts_of(row)
            return msgspec.structs.replace(command, other_texts=texts) if texts else command
        return command

    def _without_column(self, refusal: Refusal) -> Refusal:
        """What refuses a row for a cell that no row of the file can have."""
        missing = next((each for each in self._missing if each.field == refusal.field), None)
        if missing is None:
            return refusal
        names = ", ".join(missing.known_as)
        detail = f"The file has no column for {missing.field}: add one under one of these names: {names}."
        code = refusal.code if refusal.code in OF_A_MISSING_CELL else "missing_field"
        return Refusal(code, missing.field, detail)

    def _texts_of(self, row: Row) -> tuple[str, ...]:
        """The row's texts that are not read, as they are compared, each behind the name of its column."""
        found: list[str] = []
        for name, column in self._other_texts:
            if text := names.name_key(row.cells[column]):
                found += (name, text)
        return tuple(found)

    def cells_to_keep(self, row: Row) -> list[str]:
        """The cells of a refused row without health data, and without what is a worker's own."""
        cells = health_data.cells_without(row.cells, self._file.health_columns, row.fits)
        if self._roster is None:
            return cells
        of_employer = {column for meaning, column in self._columns.items() if meaning in KEPT} if row.fits else set()
        return [cell if column in of_employer else "" for column, cell in enumerate(cells)]

    def data_subject(self, row: Row) -> DataSubject:
        """The person or business that a refused row is about, as far as it can be read; the row may be too short."""
        cells = self.cells_of(row)
        koperasi = cells["nik_koperasi"] or cells["nik_of_cooperatives"]
        numbers = koperasi, row_cells.number_if_read(cells, "participant_no")
        return data_subject.of_cells(tuple(self.cells_to_keep(row)), _name(cells), self.region_of(cells), *numbers)

    def identities(self, row: Row) -> list[tuple[str, ...]]:
        """What identifies the row on its list: its own identity first, then those it may have been refused under."""
        cells = self.cells_of(row)
        name = _name(cells)
        if claim_ref := row_cells.number_if_read(cells, "claim_ref"):
            return [(claim_ref,)]
        if participant_no := row_cells.number_if_read(cells, "participant_no"):
            return [(participant_no, cells["effective_on"])]
        if self._lists_partners and (ref := row_cells.number_if_read(cells, "ref")):
            return [("ref", ref)]
        texts = tuple(row.cells[column] for column in self._own_columns) if row.fits else row.cells
        if not self._lists_partners:
            return [texts]
        nik = identifiers.nik(cells["nik"])
        number = [("nik", nik)] if isinstance(nik, str) else []
        if name:
            return [(names.name_key(name), self.region_of(cells) or ""), (names.name_key(name), ""), *number]
        return list(number) or [texts]

    def refused_identity(self, row: Row, field: str | None) -> tuple[str, ...]:
        """What a row is known by that is refused for this field: what correcting the field leaves alone."""
        found = self.identities(row)
        return found[-1] if field in _NAMING else found[0]

    def _too_long(self, row: Row) -> Refusal | None:
        """Why a cell that means something is too long, if one is."""
        exceeded = ((meaning, limit) for meaning, column, limit in self._limits if len(row.cells[column]) > limit)
        for field, limit in exceeded:
            return Refusal("too_long", columns.base_of(field), f"{field} has at most {limit} characters.")
        return None

    def _count_workers(self, rows: Iterable[Row], roster: Roster) -> None:
        for row in rows:
            answer = self._read_alone(row)
            if isinstance(answer, Enrol):
                roster.add(answer, self.cells_of(row)["worker"])

    def cells_of(self, row: Row) -> RowCells:
        """The row's cells; where it ends before a column, that is empty."""
        missing = () if row.fits else ("",) * self._width
        return RowCells(self._columns, row.cells + missing, row.line, self._findings, self._memo)

    def region_of(self, cells: RowCells) -> str | None:
        """The row's regency, wherever it lies; None where it cannot be read."""
        return row_cells.regency_or_none(cells, self._file.upload.jurisdiction)


def _cell_limit(meaning: str) -> int:
    """The most characters of a cell; all parties of an agreement may be in one."""
    return limit_of(columns.base_of(meaning)) * (MOST_PARTIES if meaning == "parties" else 1)


def _name(cells: RowCells) -> str:
    return cells["name"] or cells["owner"] or cells["person"]
