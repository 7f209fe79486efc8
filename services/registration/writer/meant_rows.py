"""Refused rows of a whole list: whom they obviously mean stays on the list; what means nobody there is counted."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.registration.identity import row_versions
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.files.tables import Row
from services.registration.intake.row_reader import RowReader
from services.registration.intake.values import Refusal

NOT_LISTED = "inactive"
"""The refusal of a row that says itself that this one is not listed."""


class _Meant(NamedTuple):
    """What a refused row may be known by on its list."""

    ref: str | None
    nib: int | None
    nik_koperasi: str | None
    nik: UUID | None
    names: frozenset[UUID]

    def is_in(self, record: asyncpg.Record) -> bool:
        numbers = ("ref", "nib", "nik_koperasi", "nik")
        same = any(getattr(self, kind) is not None and getattr(self, kind) == record[kind] for kind in numbers)
        return same or record["name"] in self.names


async def keep(
    work: UnitOfWork, record: asyncpg.Record, reader: RowReader, refused: Sequence[tuple[Row, Refusal]]
) -> None:
    """Note that the upload means the rows of its list that share an identifier with one of these refused rows."""
    rows = [row for row, refusal in refused if refusal.code != NOT_LISTED]
    if not record["replaces"] or not rows:
        return
    regions = [regency for region in record["regions"] for regency in work.regions.regencies(region)]
    meant = [_read(work, reader, row, regions) for row in rows]
    found = await work.fetch(
        "rows_meant",
        record["agency"],
        record["list"],
        *(list({getattr(each, kind) for each in meant} - {None}) for kind in ("ref", "nib", "nik_koperasi", "nik")),
        list({name for each in meant for name in each.names}),
    )
    await row_versions.mention(work, [each["key"] for each in found], record["import_id"])
    unmatched = sum(not any(each.is_in(held) for held in found) for each in meant)
    await work.execute("add_unmatched", record["import_id"], unmatched)


def _read(work: UnitOfWork, reader: RowReader, row: Row, regions: Sequence[str]) -> _Meant:
    """A name whose region cannot be read is looked for in all regions of the agency."""
    subject, ref = reader.data_subject(row), reader.cells_of(row)["ref"] or None
    where = [subject.region] if subject.region else regions
    names = frozenset(work.vault.name(subject.name, region) for region in where) if subject.name else frozenset()
    hashed = subject.hashed(work.vault)
    return _Meant(ref, hashed.nib, hashed.nik_koperasi, hashed.nik, names)
