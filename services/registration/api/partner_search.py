"""The search of own partners by what identifies them: what is asked is read as a cell is, and compared as rows are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Query

from services.registration.api.numbers_as_sent import nib_as_sent, nik_koperasi_as_sent
from services.registration.intake.cells import identifiers, names, phones
from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.runtime import Services
from shared.events.text_limits import limit_of
from shared.problems import Problem
from shared.refusals import RefusalCode

Text = Annotated[str | None, Query(max_length=500)]


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for, normalised: at least one of these. A partner is found if it has all of them."""

    nib: str | None = None
    nik: str | None = None
    nik_koperasi: str | None = None
    participant_no: str | None = None
    name: str | None = None
    phone: str | None = None

    @property
    def asked(self) -> list[str]:
        return [name for name in self.__slots__ if getattr(self, name) is not None]

    def means(self, rows: Sequence[asyncpg.Record], sent: Sequence[dict[str, Any]]) -> bool:
        """Whether these rows of a partner have it, as they were sent: columns may hold what others sent."""
        for field in self.asked:
            if field != "participant_no" and all(
                _as_sent(field, row, each) != getattr(self, field) for row, each in zip(rows, sent, strict=True)
            ):
                return False
        return True


async def search(
    nib: Text = None,
    nik: Text = None,
    nik_koperasi: Text = None,
    participant_no: Text = None,
    name: Text = None,
    phone: Text = None,
) -> Search | None:
    """A dependency: what the parameters ask for, None without any. Raises Problem for one that can mean nothing."""
    asked = Search(
        _read("nib", nib, identifiers.nib, "invalid_nib"),
        _read("nik", nik, identifiers.nik, "invalid_nik"),
        _read("nik_koperasi", nik_koperasi, identifiers.nik_koperasi),
        _read("participant_no", participant_no, str.strip),
        _read("name", name, names.name_key),
        _read("phone", phone, lambda text: phones.phone(text)[0]),
    )
    return asked if asked.asked else None


NOTHING = {
    "nib": "A NIB has 13 digits.",
    "nik": "A NIK has 16 digits.",
    "nik_koperasi": "A NIK Koperasi has 10 to 16 digits.",
    "phone": "A mobile number is written as 0812-3456-7890 or +6281234567890.",
}


def _read(
    field: str,
    text: str | None,
    read: Callable[[str], str | Refusal | None],
    code: RefusalCode = "invalid_value",
) -> str | None:
    if text is None:
        return None
    if len(text) > limit_of(field):
        raise Problem(422, "too_long", f"{field} has at most {limit_of(field)} characters.", field=field)
    found = read(text.strip()) if text.strip() and "\x00" not in text else None
    if isinstance(found, Refusal):
        raise Problem(422, found.code, found.detail, field=field)
    if not found:
        raise Problem(422, code, NOTHING.get(field, f"{field} is empty: leave it out, or say what it is."), field=field)
    return found


async def found(here: Services, asked: Search, agency: str | None) -> list[UUID]:
    """The partners with rows of this agency (None: of anybody) that have all that is asked for."""
    vault, nib = here.vault, asked.nib
    bears = [vault.name(asked.name, region) for region in here.regions.regencies("ID")] if asked.name else []
    records = await here.pool.fetch(
        queries["partners_with"],
        agency,
        int(nib) if nib else None,
        asked.nik_koperasi,
        vault.nik(asked.nik),
        bears,
        vault.hash("phone", asked.phone) if asked.phone else None,
        asked.participant_no,
        len(asked.asked),
    )
    return [record["partner_id"] for record in records]


def _as_sent(field: str, row: asyncpg.Record, sent: dict[str, Any]) -> str | None:
    match field:
        case "nib":
            return nib_as_sent(row, sent)
        case "nik_koperasi":
            return nik_koperasi_as_sent(row, sent)
        case "name":
            return names.name_key(sent["name"])
        case _:
            found: str | None = sent.get(field)
            return found
