"""Whom a refused event or row is about, as far as it can be read: erasure finds what is kept of a person by this."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from services.registration.intake.cells import identifiers, names
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from shared.regions import Regions

LONGEST_NUMBER = 100


class IdentifierHashes(Protocol):
    """Keyed hashes of personal identifiers; the vault makes them."""

    def nik(self, digits: str | None) -> UUID | None: ...

    def name(self, key: str, region: str) -> UUID: ...


class HashedIdentifiers(NamedTuple):
    """A data subject as the quarantine keeps it: what is personal only as keyed hashes."""

    nib: int | None
    nik_koperasi: str | None
    nik: UUID | None
    name: UUID | None
    participant_no: str | None


@dataclass(frozen=True, slots=True)
class DataSubject:
    """Identifiers as read; `name` is normalised, `region` a regency's code, None where the text means none."""

    nib: str | None = None
    nik_koperasi: str | None = None
    nik: str | None = None
    name: str | None = None
    region: str | None = None
    participant_no: str | None = None

    def hashed(self, hashes: IdentifierHashes) -> HashedIdentifiers:
        name = hashed_name(hashes, self.name, self.region) if self.name else None
        nib = int(self.nib) if self.nib else None
        return HashedIdentifiers(nib, self.nik_koperasi, hashes.nik(self.nik), name, self.participant_no)


def hashed_name(hashes: IdentifierHashes, name: str, region: str | None = None) -> UUID:
    """The hash of a normalised name in its region, or of the name alone where the region is unknown."""
    return hashes.name(name, region or "")


def event_data(event: Any) -> Mapping[str, Any]:
    """The data of an event as it was sent; empty where it has none."""
    data = event.get("data") if isinstance(event, dict) else None
    return data if isinstance(data, dict) else {}


def of_event(data: Mapping[str, Any], jurisdiction: Jurisdiction) -> DataSubject:
    """The data subject of a refused event's data; an agency of one region means that by a bare name of it."""
    partner = data.get("partner")
    partner = partner if isinstance(partner, dict) else {}
    name, region = data.get("name") or partner.get("name"), partner.get("region") or data.get("region")
    return DataSubject(
        nib=_read(identifiers.nib(str(partner.get("nib") or ""))),
        nik_koperasi=identifiers.nik_koperasi(_kept_part(partner.get("nik_koperasi")) or ""),
        nik=_read(identifiers.nik(str(partner.get("nik") or ""))),
        name=names.name_key(str(name)) if name else None,
        region=_read(jurisdiction.regency(str(region))) if region else None,
        participant_no=_kept_part(data.get("participant_no")),
    )


def all_of_event(data: Mapping[str, Any], regions: Regions) -> list[DataSubject]:
    """All whom an unknown agency's event names: its partner, its members, those who came to its briefing."""
    anywhere = Jurisdiction(regions, ())
    where = {"region": data.get("region")}
    invited = [where | {"partner": attendee} for attendee in _several(data, "attendees")]
    members = [where | member for member in _several(data, "members") if isinstance(member, dict)]
    return [of_event(each, anywhere) for each in (data, *invited, *members)]


def _several(data: Mapping[str, Any], name: str) -> list[Any]:
    given = data.get(name)
    return given if isinstance(given, list) else []


def of_cells(
    cells: tuple[str, ...], name: str, region: str | None, nik_koperasi: str, participant_no: str
) -> DataSubject:
    """The data subject of a refused row: a NIB or NIK from any cell, the name and the other numbers from theirs."""
    numbers = [cell for cell in cells if identifiers.may_hold_number(cell)]
    return DataSubject(
        nib=next((nib for cell in numbers if (nib := _read(identifiers.nib(cell)))), None),
        nik_koperasi=identifiers.nik_koperasi(nik_koperasi[:LONGEST_NUMBER]),
        nik=next((nik for cell in numbers if (nik := _read(identifiers.nik(cell)))), None),
        name=names.name_key(name) or None,
        region=region,
        participant_no=participant_no[:LONGEST_NUMBER] or None,
    )


def is_among(subject: HashedIdentifiers, erased: Mapping[str, Collection[object]]) -> bool:
    """Whether this is one of the erased, given by each kind of identifier.

    A name alone finds only a data subject without a better identifier: others bear the same name.
    """
    named = subject.name in erased["name"] and subject.nib is None and subject.nik is None
    kinds = (kind for kind in HashedIdentifiers._fields if kind != "name")
    return named or any(getattr(subject, kind) in erased[kind] for kind in kinds)


def _kept_part(given: Any) -> str | None:
    """As much of a number as the database keeps."""
    return str(given or "").replace("\x00", "")[:LONGEST_NUMBER] or None


def _read(value: str | Refusal | None) -> str | None:
    return value if isinstance(value, str) else None
