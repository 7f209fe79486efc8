"""Whose a refused event or row is, as far as it can be read: erasure finds what is kept of it by these."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from services.registration.intake import values
from services.registration.vault import Vault
from shared.regions import RegionError, Regions

LONGEST_NUMBER = 100


class Hashed(NamedTuple):
    """A trace as the quarantine keeps it: what is personal only as keyed hashes."""

    nib: int | None
    nik_koperasi: str | None
    nik: UUID | None
    name: UUID | None
    participant_no: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """Identifiers as read; `name` is normalised, `region` the code it stands for, None where nobody can tell."""

    nib: str | None = None
    nik_koperasi: str | None = None
    nik: str | None = None
    name: str | None = None
    region: str | None = None
    participant_no: str | None = None

    def hashed(self, vault: Vault) -> Hashed:
        name = name_of(vault, self.name, self.region) if self.name else None
        nib = int(self.nib) if self.nib else None
        return Hashed(nib, self.nik_koperasi, vault.nik(self.nik), name, self.participant_no)


def name_of(vault: Vault, name: str, region: str | None = None) -> UUID:
    """The hash of a normalised name in its region, or of the name alone where the region is unknown."""
    return vault.name(name, region or "")


def data_of(raw: Any) -> Mapping[str, Any]:
    """The data of an event as it was sent; empty where it has none."""
    data = raw.get("data") if isinstance(raw, dict) else None
    return data if isinstance(data, dict) else {}


def of_event(data: Mapping[str, Any], regions: Regions, own: str | None) -> Trace:
    """The trace of a refused event's data. `own` is the agency's only region, if it has one."""
    partner = data.get("partner")
    partner = partner if isinstance(partner, dict) else {}
    name, region = data.get("name") or partner.get("name"), partner.get("region") or data.get("region")
    return Trace(
        nib=_text(values.nib(str(partner.get("nib") or ""))),
        nik_koperasi=values.nik_koperasi(_number(partner.get("nik_koperasi")) or ""),
        nik=_text(values.nik(str(partner.get("nik") or ""))),
        name=values.name_key(str(name)) if name else None,
        region=region_of(regions, str(region), own) if region else None,
        participant_no=_number(data.get("participant_no")),
    )


def of_everybody(data: Mapping[str, Any], regions: Regions) -> list[Trace]:
    """The traces of all whom an event of an unknown agency names: its partner and those who came to its briefing."""
    guests = data.get("attendees")
    guests = guests if isinstance(guests, list) else []
    invited = [{"partner": guest, "region": data.get("region")} for guest in guests]
    return [of_event(each, regions, None) for each in (data, *invited)]


def tells_of(trace: Hashed, erased: Mapping[str, Collection[object]]) -> bool:
    """Whether this is one of the erased, told by each kind of identifier. A name alone finds only what has no better
    identifier: others bear it too."""
    named = trace.name in erased["name"] and trace.nib is None and trace.nik is None
    return named or any(getattr(trace, kind) in erased[kind] for kind in Hashed._fields if kind != "name")


def of_cells(cells: tuple[str, ...], name: str, region: str | None, koperasi: str, number: str) -> Trace:
    """The trace of a refused row: a NIB or NIK in whichever cell, the name and the other numbers from theirs."""
    return Trace(
        nib=next((read for cell in cells if isinstance(read := values.nib(cell), str)), None),
        nik_koperasi=values.nik_koperasi(koperasi[:LONGEST_NUMBER]),
        nik=next((read for cell in cells if isinstance(read := values.nik(cell), str)), None),
        name=values.name_key(name) or None,
        region=region,
        participant_no=number[:LONGEST_NUMBER] or None,
    )


def region_of(regions: Regions, text: str, own: str | None) -> str | None:
    try:
        return regions.resolve(text, own)
    except RegionError:
        return None


def _number(given: Any) -> str | None:
    """As much of it as the database keeps."""
    return str(given or "").replace("\x00", "")[:LONGEST_NUMBER] or None


def _text(read: Any) -> str | None:
    return read if isinstance(read, str) else None
