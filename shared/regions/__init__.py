"""Indonesia's regions: nation, BPJS regional offices (kanwil), provinces, regencies; see README.md for the source."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

from shared import jakarta
from shared.regions import region_codes
from shared.regions.regency_names import (
    RegencyNames,
    province_names,
    says_kind,
    squeeze,
    without_word_for_province,
)
from shared.regions.region_codes import OtherCodes, RegionCode, System

Level = Literal["national", "kanwil", "province", "regency"]

NATION = "ID"


class RegionError(Exception):
    """A text that names no regency (`unknown_region`) or several (`ambiguous_region`): those of `readings`, by code."""

    def __init__(
        self, code: Literal["unknown_region", "ambiguous_region"], text: str, readings: Iterable[str] = ()
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.readings = tuple(readings)


@dataclass(frozen=True)
class Region:
    """One row of regions.csv; `zone` is None where several time zones meet."""

    level: Level
    code: str
    name: str
    parent: str | None
    kanwil: str | None
    zone: str | None
    kind: str | None


class Regions:
    """The hierarchy and its names. Two ways up: regency → province → ID and regency → kanwil → ID."""

    def __init__(
        self,
        rows: list[Region],
        variants: Iterable[Mapping[str, str]] = (),
        other_codes: Iterable[Mapping[str, str]] = (),
    ) -> None:
        self._all = {row.code: row for row in rows}
        self._regencies: dict[str, list[str]] = defaultdict(list)
        self._names = RegencyNames()
        for row in rows:
            if row.level == "regency":
                self._add_regency(row)
        for other in variants:
            self._names.add_variant(other["code"], other["kind"], other["name"], other["alone"] == "yes")  # type: ignore[arg-type]
        self._provinces = [
            (row.code, f" {name}")
            for row in rows
            if row.level == "province"
            for name in province_names(squeeze(row.name))
        ]
        self._areas = {squeeze(row.name): row.code for row in rows if row.level != "regency"}
        self._areas |= {name.strip(): code for code, name in self._provinces}
        self._provinces.sort(key=lambda province: -len(province[1]))
        self._codes = OtherCodes(self._regencies[NATION], other_codes)

    @classmethod
    @cache
    def load(cls) -> "Regions":
        return cls(
            [_region(row) for row in _table("regions.csv")], _table("name_variants.csv"), _table("other_codes.csv")
        )

    def _add_regency(self, row: Region) -> None:
        for outer in (NATION, row.kanwil, row.parent, row.code):
            if outer is not None:
                self._regencies[outer].append(row.code)
        self._names.add(row.code, row.kind, row.name)  # type: ignore[arg-type]

    def get(self, code: str) -> Region | None:
        return self._all.get(code)

    def __getitem__(self, code: str) -> Region:
        return self._all[code]

    def __iter__(self) -> Iterator[Region]:
        return iter(self._all.values())

    def regencies(self, code: str) -> list[str]:
        """The codes of all regencies within `code` (itself, for a regency); none for an unknown code."""
        return list(self._regencies.get(code, ()))

    def covers(self, outer: str, regency: str) -> bool:
        """Whether `regency` lies in `outer`: ID, a kanwil, its province, or itself."""
        region = self._all.get(regency)
        return region is not None and outer in (NATION, region.kanwil, region.parent, regency)

    def within(self, outers: tuple[str, ...], regency: str) -> bool:
        """Whether `regency` lies in any of `outers`."""
        return any(self.covers(outer, regency) for outer in outers)

    def children(self, code: str, level: str) -> list[str]:
        """The codes of `level` (kanwil, province, regency, or self) within or equal to `code`, in code order."""
        if level == "self":
            return [code]
        inside = set(self._regencies.get(code, ()))
        return [
            row.code for row in self._all.values() if row.level == level and inside & set(self._regencies[row.code])
        ]

    def time_zone(self, code: str) -> ZoneInfo:
        """The zone people there live in; Jakarta's where a region spans several."""
        region = self._all.get(code)
        return ZoneInfo(region.zone) if region and region.zone else jakarta.ZONE

    def resolve(self, text: str, own: str | None = None) -> str:
        """The regency's code that `text` means, by code or name; `own` is the regency of the agency that wrote it.

        Raises RegionError. Reading rule 5: an empty text means `own`; a bare name borne by a Kabupaten and a Kota is
        `own` if that is one of them; no nicknames.
        """
        text = text.strip()
        own = own if own in self._all and self._all[own].level == "regency" else None
        if not text and own:
            return own
        if found := region_codes.parse(text):
            return self._by_code(found, text)
        if both := region_codes.split(text):
            return self.resolve_both(*both, own)
        return self._one(self.named(text, own), text)

    def area(self, text: str) -> str:
        """The code of the region of any level that `text` means: its code or official name, or what `resolve` reads.

        Raises RegionError. A province's name alone is the province: `Gorontalo`, beside Kabupaten and Kota Gorontalo.
        """
        text = text.strip()
        if text in self._all:
            return text
        words = without_word_for_province(squeeze(text)).removeprefix("PROVINSI ")
        return self._areas.get(words) or self.resolve(text)

    def named(self, name: str, own: str | None = None) -> tuple[str, ...]:
        """The codes of the regencies that a name may mean, in order; `own` alone if it is one of them.

        Its province may stand behind it: `Banjar, Kalimantan Selatan`.
        """
        found = self._names.find(name) or self._named_with_province(name)
        return (own,) if own is not None and own in found else tuple(sorted(found))

    def _named_with_province(self, name: str) -> set[str]:
        words = squeeze(name)
        for province, ending in self._provinces:
            if words.endswith(ending):
                found = self._names.find(without_word_for_province(words.removesuffix(ending)))
                return {code for code in found if self._all[code].parent == province}
        return set()

    def resolve_both(self, code: str, name: str, own: str | None = None, system: System | None = None) -> str:
        """The regency that a code and the name beside it mean; `system` is whose codes the column holds, if known.

        Raises RegionError: `ambiguous_region` with both readings where they disagree. The name beside the code of a
        district or village is that one's, unless it says Kab. or Kota.
        """
        read = region_codes.parse(code)
        if read is None:
            return self.resolve(code or name, own)
        is_regencys = says_kind(name) if read.below else region_codes.parse(name) is None
        named = self.named(name, own) if is_regencys else ()
        meant = self._codes.readings(read.code)
        agreed = [each for each in _preferred(meant, system) if each in named]
        if agreed:
            return agreed[0]
        if named:
            raise RegionError("ambiguous_region", f"{code}, {name}", dict.fromkeys((*meant.values(), *named)))
        if name and not read.below and system is None and len(set(meant.values())) > 1:
            raise RegionError("ambiguous_region", f"{code}, {name}", dict.fromkeys(meant.values()))
        return self._by_code(read, code, system)

    def was_ever_a_code(self, code: str) -> bool:
        """Whether a regency has this code today or had it before 2022."""
        return self._codes.is_or_was(code)

    def code_readings(self, text: str) -> dict[System, str]:
        """System → the regency that the code in this text means there; empty where it is no code or a damaged one."""
        read = region_codes.parse(text)
        return {} if read is None or read.lost_zero else self._codes.readings(read.code)

    def _by_code(self, read: RegionCode, text: str, system: System | None = None) -> str:
        meant = self._codes.readings(read.code)
        found = meant.get(system or "kemendagri")
        if found is None or read.lost_zero:
            raise RegionError("unknown_region", text)
        return found

    def _one(self, found: tuple[str, ...], text: str) -> str:
        if not found:
            raise RegionError("unknown_region", text)
        if len(found) > 1:
            raise RegionError("ambiguous_region", text, found)
        return found[0]


def _preferred(meant: Mapping[System, str], system: System | None) -> list[str]:
    """The readings of a code, the column's system first, then today's."""
    order: tuple[System, ...] = (system or "kemendagri", "kemendagri", "bps", "former")
    return [meant[each] for each in order if each in meant]


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((files(__package__) / name).read_text(encoding="utf-8").splitlines()))


def _region(row: dict[str, str]) -> Region:
    return Region(
        level=row["level"],  # type: ignore[arg-type]
        code=row["code"],
        name=row["name"],
        parent=row["parent_code"] or None,
        kanwil=row["kanwil"] or None,
        zone=row["time_zone"] or None,
        kind=row["kind"] or None,
    )
