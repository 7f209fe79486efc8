"""Indonesia's regions: nation, BPJS regional offices (kanwil), provinces, regencies; see README.md for the source."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

from shared import jakarta

Level = Literal["national", "kanwil", "province", "regency"]

NATION = "ID"

KINDS = {"KAB": "KABUPATEN", "KABUPATEN": "KABUPATEN", "KOTA": "KOTA", "KOTAMADYA": "KOTA"}


class RegionError(Exception):
    """A text that names no regency (`unknown_region`) or several (`ambiguous_region`)."""

    def __init__(self, code: Literal["unknown_region", "ambiguous_region"], text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


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

    def __init__(self, rows: list[Region]) -> None:
        self._all = {row.code: row for row in rows}
        self._regencies: dict[str, list[str]] = defaultdict(list)
        self._named: dict[tuple[str, str], str] = {}
        self._bare: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            if row.level == "regency":
                self._add_regency(row)

    @classmethod
    @cache
    def load(cls) -> "Regions":
        text = (files(__package__) / "regions.csv").read_text(encoding="utf-8")
        return cls([_region(row) for row in csv.DictReader(text.splitlines())])

    def _add_regency(self, row: Region) -> None:
        for outer in (NATION, row.kanwil, row.parent, row.code):
            if outer is not None:
                self._regencies[outer].append(row.code)
        kind = "KABUPATEN" if row.kind == "kabupaten" else "KOTA"
        bare = _squeeze(re.sub(r"^(KABUPATEN|KOTA)( ADMINISTRASI)? ", "", row.name.upper()))
        self._named[kind, bare] = row.code
        self._bare[bare].append(row.code)

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
        if not text:
            if own:
                return own
            raise RegionError("unknown_region", text)
        if re.fullmatch(r"\d\d\.?\d\d", text):
            return self._by_code(f"{text[:2]}.{text[-2:]}", text)
        return self._by_name(text, own)

    def _by_code(self, code: str, text: str) -> str:
        if code in self._all:
            return code
        raise RegionError("unknown_region", text)

    def _by_name(self, text: str, own: str | None) -> str:
        words = _squeeze(text).split()
        kind = KINDS.get(words[0]) if words else None
        if kind:
            words = words[1:]
            if words and words[0] in ("ADM", "ADMINISTRASI"):
                words = words[1:]
        bare = " ".join(words)
        if kind:
            found = [self._named[kind, bare]] if (kind, bare) in self._named else []
        else:
            found = self._bare.get(bare, [])
            if own in found:
                return str(own)
        if not found:
            raise RegionError("unknown_region", text)
        if len(found) > 1:
            raise RegionError("ambiguous_region", text)
        return found[0]


def _squeeze(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", " ", text.upper()).strip()


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
