"""Which column means what: the headers agencies write, in Indonesian or English, for each kind of file."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal, get_args

from services.registration.intake import header_spelling
from services.registration.intake.column_names import (
    BUSINESS,
    EMPLOYER_NO,
    NIK,
    NIK_OF_CHAIR,
    OF_COOPERATIVES,
    OWNER,
    PERSON,
    WORKER_NAME,
    WORKER_NO,
    headers,
)
from services.registration.intake.column_vocabulary import NOT_USED, VOCABULARY
from services.registration.intake.files.tables import squeeze
from services.registration.intake.returned_rows import is_ours
from services.registration.intake.roster import KEPT

FileKind = Literal["partners", "persons", "enrollments", "claims", "targets", "briefings", "attendance", "agreements"]
KINDS: Final = get_args(FileKind)
ALIASES: Final = {"enrolments": "enrollments", "sessions": "briefings"}
"""Other spellings of kinds that we understand."""


PHONES: Final = ("phone", "phone_2", "phone_3", "phone_4")
"""The meanings of several columns of phones, in the order in which they are tried."""
_KINDS_OF_PHONES: Final = ({"wa", "whatsapp"}, {"hp", "handphone", "ponsel", "mobile"})
_RUNNING_NUMBERS = frozenset(headers("no, no urut, nomor, nomor urut, urut, urutan, id, id ods, row, #"))


def is_running_number(header: str) -> bool:
    """Whether a column only numbers the rows."""
    return squeeze(header) in _RUNNING_NUMBERS


def recognised(kind: str, header: str) -> bool:
    """Whether a header means anything for files of this kind."""
    return known_as(kind, header) is not None


def meaning_of(kind: str, header: str) -> str | None:
    """What a column of this name means in files of this kind, taken by itself; None where it means nothing to us."""
    known = known_as(kind, header)
    return None if known is None else _MEANINGS[kind][known]


@lru_cache(maxsize=20_000)
def known_as(kind: str, header: str) -> str | None:
    """The name in our lists that this header is, or is another spelling of; None where it means nothing to us."""
    if len(header) > _LONGEST_NAME or not _LETTER.search(header):
        return None
    squeezed = squeeze(header)
    if squeezed in _MEANINGS[kind]:
        return squeezed
    plain = _PLAIN_NAMES[kind]
    found = plain.get(header_spelling.plain(squeezed)) or plain.get(header_spelling.in_words(header))
    return found or _one_of(kind, header)


def _one_of(kind: str, header: str) -> str | None:
    """The first of several names for one thing; of `Nama Koperasi/UMKM` the one that does not say cooperatives."""
    parts = header_spelling.alternatives(header)
    known = [
        next((name for way in ways if (name := _PLAIN_NAMES[kind].get(header_spelling.plain(way)))), None)
        for ways in parts
    ]
    names = [name for name in known if name is not None]
    if not names or None in known or len({_MEANINGS[kind][name] for name in names}) > 1:
        return None
    return min(names, key=OF_COOPERATIVES.__eq__)


_LONGEST_NAME: Final = 200
"""Characters: forms put a whole instruction behind a column's name."""
_LETTER: Final = re.compile(r"[A-Za-z#]")
_MEANINGS: Final = {
    kind: {name: meaning for meaning, names in reversed(tuple(named.items())) for name in reversed(names)}
    for kind, named in VOCABULARY.items()
}
"""Kind → known name → what it means."""
_PLAIN_NAMES: Final = {
    kind: {header_spelling.plain(name): name for names in reversed(tuple(named.values())) for name in reversed(names)}
    for kind, named in VOCABULARY.items()
}


def _columns_by_name(kind: str, header: tuple[str, ...]) -> dict[str, int]:
    """Name → column: under its own squeezed name, and under the known name that it is a spelling of. The first of
    equals counts, and a column that bears the name itself before another spelling."""
    numbered = tuple(enumerate(header))
    at = {squeeze(name): column for column, name in reversed(numbered)}
    spelled = {known: column for column, name in reversed(numbered) if (known := known_as(kind, name)) is not None}
    return spelled | at


def meanings(kind: str, header: tuple[str, ...], chosen: Mapping[str, str] = MappingProxyType({})) -> dict[str, int]:
    """meaning → column. Of several synonyms in the header the one listed first is taken.

    `chosen` is what the upload says of its columns, header → meaning ("" for none); it stands above what we find.
    """
    given = {squeeze(name): meaning for name, meaning in chosen.items()}
    at = _columns_by_name(kind, header)
    of_others = {at[name] for name in given if name in at}
    found = _found(kind, {name: column for name, column in at.items() if column not in of_others})
    found |= {meaning: at[name] for name, meaning in given.items() if meaning and name in at}
    if "phone" in found:
        said = {at[name] for name, meaning in given.items() if meaning == "phone" and name in at}
        found |= _phones(header, said or _not_said_phones(kind, header) - of_others)
    return {meaning: column for meaning, column in found.items() if meaning not in _not_used(kind)}


def _not_said_phones(kind: str, header: tuple[str, ...]) -> set[int]:
    return {column for column, name in enumerate(header) if meaning_of(kind, name) == "phone"}


def _phones(header: tuple[str, ...], at: Collection[int]) -> dict[str, int]:
    """Columns of phones, those that say WhatsApp first, then those that say mobile: phone, phone_2, …"""
    return dict(zip(PHONES, sorted(at, key=lambda column: (_phone_rank(header[column]), column)), strict=False))


def _phone_rank(name: str) -> int:
    """From 0, the sooner to be tried."""
    words = set(squeeze(name).split())
    return next((rank for rank, known in enumerate(_KINDS_OF_PHONES) if words & known), len(_KINDS_OF_PHONES))


def base_of(meaning: str) -> str:
    """What a meaning is told as: a second phone is a phone."""
    return "phone" if meaning in PHONES else meaning


def usable(kind: str) -> list[str]:
    """The meanings that an upload may give to a column of this kind."""
    return [meaning for meaning in VOCABULARY[kind] if meaning not in _not_used(kind)]


def _not_used(kind: str) -> frozenset[str]:
    return NOT_USED.get(kind, frozenset())


def read_as(kind: str, header: tuple[str, ...], chosen: Mapping[str, str] = MappingProxyType({})) -> list[str | None]:
    """What each column of the header is read as; None for a column that is not read."""
    found = by_column(len(header), meanings(kind, header, chosen))
    return [None if meaning is None else base_of(meaning) for meaning in found]


def by_column(width: int, found: Mapping[str, int]) -> list[str | None]:
    """The meaning of each of so many columns from meaning → column."""
    of_column = {column: meaning for meaning, column in found.items()}
    return [of_column.get(column) for column in range(width)]


def _found(kind: str, at: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for meaning, names in VOCABULARY[kind].items():
        present = [name for name in names if name in at]
        if present:
            found[meaning] = at[present[0]]
    if "region_code" in found and "region" not in found:
        found["region"] = found.pop("region_code")
    if kind == "enrollments" and _is_roster(at):
        _leave_workers_apart(at, found)
    if kind in ("partners", "persons"):
        _assign_ambiguous_names(at, found)
    if kind == "partners":
        _keep_numbers_of_cooperatives(at, found)
    return found


def of_other_texts(kind: str, header: tuple[str, ...]) -> list[tuple[str, int]]:
    """(name, column) of what distinguishes rows beside what is read of them, by name: texts that mean nothing to us.

    A row is the same row if only its date or its running number is another one.
    """
    apart = frozenset(VOCABULARY[kind].get("date", ())) | _RUNNING_NUMBERS
    found = meanings(kind, header)
    apart_from = ("kind", "scale", "occupation", *PHONES[1:])
    read = {column for meaning, column in found.items() if meaning not in apart_from}
    named = ((squeeze(name), column) for column, name in enumerate(header) if column not in read)
    return sorted((name, column) for name, column in named if name not in apart and not is_ours(name))


def is_roster(kind: str, header: tuple[str, ...]) -> bool:
    """Whether a row is a worker: an employer's number stands beside a worker's number or name."""
    return kind == "enrollments" and _is_roster(_columns_by_name(kind, header))


def _is_roster(at: Mapping[str, int]) -> bool:
    return any(name in at for name in EMPLOYER_NO) and any(name in at for name in WORKER_NO + WORKER_NAME)


def _leave_workers_apart(at: Mapping[str, int], found: dict[str, int]) -> None:
    """In a roster the participant is the employer; `worker` identifies a worker."""
    worker = next((at[name] for name in (*WORKER_NO, *NIK, *WORKER_NAME) if name in at), None)
    employer = next((at[name] for name in BUSINESS if name in at), None)
    for meaning in [meaning for meaning in found if meaning not in KEPT or meaning == "name"]:
        del found[meaning]
    found["participant_no"] = next(at[name] for name in EMPLOYER_NO if name in at)
    found |= {meaning: column for meaning, column in (("worker", worker), ("name", employer)) if column is not None}


def of_cooperatives(header: tuple[str, ...]) -> bool:
    """A list whose names are cooperatives' names lists cooperatives, and its NIK is the cooperative's number."""
    return any(known_as("partners", name) == OF_COOPERATIVES for name in header)


def _assign_ambiguous_names(at: Mapping[str, int], found: dict[str, int]) -> None:
    """Beside a business name, plain `nama` is the owner's."""
    if "owner" not in found and any(name in at for name in BUSINESS):
        person = next((at[name] for name in (*PERSON, "nama pelaku usaha") if name in at), None)
        if person is not None and person != found["name"]:
            found["owner"] = person


def _keep_numbers_of_cooperatives(at: Mapping[str, int], found: dict[str, int]) -> None:
    """A NIK in a list of cooperatives is a NIK Koperasi, unless there is an owner's column; it is one all the same
    where another column says whose NIK it holds, as NIK KETUA.

    That column is kept apart from one that says so: what is no number in it is none without a warning.
    """
    if OF_COOPERATIVES not in at or "nik koperasi" in at or "nik" not in at:
        return
    if any(name in at for name in NIK_OF_CHAIR) or not any(name in at for name in OWNER):
        found["nik_of_cooperatives"] = found.pop("nik")
