"""What an upload's sender is told of each column: what it is read as, and why where nothing of it is used."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from services.registration.intake import columns, health_data
from services.registration.intake.column_vocabulary import REQUIRED, VOCABULARY
from services.registration.intake.columns import FileKind
from services.registration.intake.files.tables import squeeze
from services.registration.intake.returned_rows import is_ours

ONLY_CHECKED: Final = "Only checked for being a day: the day of the whole list is list_date."
AS_SAID: Final = "The upload says, or said before for this header, that it is not read."
OURS: Final = "This column is ours: it said why the row was refused."
HEALTH: Final = "A claim's cause or diagnosis must not be sent: a row with something here is refused."
RUNNING_NUMBER: Final = "A running number says nothing about anybody."
NOT_USED: Final = "Files of this kind need nothing of it."
UNKNOWN: Final = "Its name is no column name that we know for this kind of file."
MOST_NAMES: Final = 6


def only_checked(kind: str) -> tuple[str, ...]:
    """The meanings whose cells are to be right, while nothing of them is used."""
    return ("date",) if kind in ("partners", "persons") else ()


class Column(NamedTuple):
    """A column's name, its meaning (None: nothing of it is used), and what is to be said of that."""

    header: str
    read_as: str | None
    note: str | None


def of(kind: FileKind, header: tuple[str, ...], chosen: Mapping[str, str] = MappingProxyType({})) -> list[Column]:
    """One for each column; `chosen` is what the upload says of its columns, header → meaning ("" for none)."""
    found = columns.read_as(kind, header, chosen)
    not_to_read = {squeeze(name) for name, meaning in chosen.items() if not meaning}
    of_health = health_data.columns(kind, header)
    first = {meaning: name for name, meaning in reversed(list(zip(header, found, strict=True))) if meaning}

    def note(column: int, name: str) -> str | None:
        meaning = found[column]
        if meaning is not None:
            return ONLY_CHECKED if meaning in only_checked(kind) else None
        if squeeze(name) in not_to_read:
            return AS_SAID
        if is_ours(name):
            return OURS
        if columns.is_running_number(name):
            return RUNNING_NUMBER
        if column in of_health:
            return HEALTH
        meant = columns.meaning_of(kind, name)
        if meant in first:
            return f"'{first[meant]}' is read as that instead."
        return NOT_USED if meant else UNKNOWN

    return [Column(name, found[column], note(column, name)) for column, name in enumerate(header)]


class MissingColumn(NamedTuple):
    """A meaning that every row needs, and names of columns that are understood as it, the usual ones first."""

    field: str
    known_as: list[str]


def missing(kind: FileKind, found: Collection[str], *, needs_nik: bool = False) -> list[MissingColumn]:
    """The required columns that are not among the meanings found."""
    required = REQUIRED.get(kind, ())
    if needs_nik and ("nik",) not in required:
        required = (*required, ("nik",))
    lacking = [each for each in required if not set(each) & set(found)]
    return [MissingColumn(each[0], list(VOCABULARY[kind][each[0]][:MOST_NAMES])) for each in lacking]
