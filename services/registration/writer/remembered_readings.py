"""What an agency said of how its files are to be read holds for its next files with the same header."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

import asyncpg
import msgspec

from services.registration.intake.columns import FileKind
from services.registration.intake.files import known_headers
from services.registration.intake.files.known_headers import Match
from services.registration.intake.files.reading_options import SAID, ReadingOptions
from services.registration.intake.files.table_beginning import WORKBOOK_SECONDS
from services.registration.intake.files.workbooks import NotInTime, WorkbookFailed
from services.registration.queries import queries


@dataclass(frozen=True)
class Said:
    """What was said, as in ReadingOptions, and when."""

    options: Mapping[str, Any]
    since: datetime


Remembered = Mapping[str, Said]
"""By the key of the header."""


async def of_agency(db: asyncpg.Pool, agency: str, kind: str) -> Remembered:
    """What is remembered of the agency's files of this kind."""
    rows = await db.fetch(queries["remembered_readings"], agency, kind)
    return {row["header"]: Said(msgspec.json.decode(row["options"]), row["since"]) for row in rows}


def recalled(
    file: BinaryIO, kind: FileKind, given: ReadingOptions, remembered: Remembered, seconds: float | None = None
) -> ReadingOptions:
    """What is given, and what is remembered of a file with this header where nothing is given.

    Raises NotInTime, if there are only so many seconds.
    """
    if given.is_settled or given.forgets:
        return given.settled({}, None, None)
    found = _match(file, kind, given, remembered, seconds)
    if found is None:
        return given.settled({}, None, None)
    said = remembered[found.key]
    earlier = {name: value for name, value in said.options.items() if name in SAID}
    return given.settled(earlier, said.since.isoformat(), found.line)


def _match(
    file: BinaryIO, kind: FileKind, given: ReadingOptions, remembered: Remembered, seconds: float | None
) -> Match | None:
    if not remembered:
        return None
    try:
        return known_headers.match(file, kind, given, remembered.keys(), seconds)
    except WorkbookFailed:
        return None


async def forget(
    db: asyncpg.Pool, agency: str, kind: str, file: BinaryIO, given: ReadingOptions, remembered: Remembered
) -> None:
    """Forget what was said of files with this one's header, whether or not it can be read without that."""
    with suppress(NotInTime):
        asked = file, cast(FileKind, kind), given, remembered, WORKBOOK_SECONDS
        if found := await asyncio.to_thread(_match, *asked):
            await db.execute(queries["forget_reading"], agency, kind, found.key)


async def keep(
    db: asyncpg.Pool, agency: str, kind: str, header: str, given: ReadingOptions, options: ReadingOptions
) -> None:
    """Remember with what options a file with this header was read, if anything was given; or forget it."""
    said = options.said()
    if given.forgets and not said:
        await db.execute(queries["forget_reading"], agency, kind, header)
    elif given.said():
        await db.execute(queries["remember_reading"], agency, kind, header, json.dumps(said))
