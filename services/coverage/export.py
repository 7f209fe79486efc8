"""What every day changed in every cell, as one Parquet file for pandas, Polars, DuckDB or Spark: the rows of the view
`reporting_changes` (docs/analysts.md). Small counts are not suppressed in it.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import asyncpg

from services.coverage.queries import queries
from shared.parquet import Column, Writer

TEXTS = ("region", "province", "side", "kind", "scale", "occupation", "segment", "programmes")
NUMBERS = ("partners", "workers", "management", "staff", "labour")
COLUMNS = (
    Column("day", "date"),
    *(Column(name, "text") for name in TEXTS),
    *(Column(name, "integer") for name in NUMBERS),
)
ROWS_OF_A_GROUP = 100_000


async def cells(database: str, file: Path, report: Callable[[int], None] = lambda rows: None) -> int:
    """Write the file, in one state of the database; the number of rows. It is there when it is whole, or not at all."""
    unfinished = file.with_name(file.name + ".unfinished")
    db = await asyncpg.connect(database)
    try:
        with unfinished.open("wb") as out:
            rows = await _write(db, out, report)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
        await db.close()
    return rows


async def _write(db: asyncpg.Connection, out: BinaryIO, report: Callable[[int], None]) -> int:
    writer, rows = Writer(COLUMNS), 0
    out.write(writer.begin())
    async with db.transaction(isolation="repeatable_read", readonly=True):
        await db.execute(queries["read_figures"])
        cursor = await db.cursor(queries["cells_by_day"])
        while found := await cursor.fetch(ROWS_OF_A_GROUP):
            out.write(await asyncio.to_thread(writer.group, list(zip(*found, strict=True))))
            rows += len(found)
            report(rows)
    out.write(writer.end())
    return rows
