"""The regions an agency may report on, and what its texts mean there: a code, or the name of a regency, province or
regional office."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

from services.registration.intake.cells.column_findings import CodeSystem
from services.registration.intake.values import Refusal
from shared.events.text_limits import limit_of
from shared.regions import RegionError, Regions

MOST_PLACES: Final = 5_000
"""So many texts are kept with what they mean."""
MOST_SHARED: Final = 64
UNKNOWN: Final = Refusal("unknown_region", "region", "No region has this name or code.")


K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Jurisdiction:
    """`own` are the codes of the agency's regions, of any level, in the hierarchy `regions`."""

    regions: Regions
    own: tuple[str, ...]
    _places: dict[tuple[str, str, CodeSystem | None], str | Refusal] = field(
        default_factory=dict, compare=False, repr=False
    )
    _regencies: dict[str, str | Refusal] = field(default_factory=dict, compare=False, repr=False)
    _districts: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    @property
    def only_region(self) -> str | None:
        """The agency's region if it has just one: a regency's agency means it by an empty text."""
        return self.own[0] if len(self.own) == 1 else None

    @property
    def any_regency(self) -> str:
        """Some regency in the agency's regions; "" where it has none."""
        return next((code for own in self.own for code in self.regions.regencies(own)), "")

    def regency(self, text: str) -> str | Refusal:
        """The code of the regency that this text means, anywhere in the country. Few texts come many times."""
        if len(text) > limit_of("region"):
            return self._regency(text)
        known = self._regencies.get(text)
        return known if known is not None else _kept(self._regencies, text, self._regency(text))

    def _regency(self, text: str) -> str | Refusal:
        try:
            return self.regions.resolve(text, self.only_region)
        except RegionError as unknown:
            return self._refusal(unknown)

    def regency_of(self, code: str, name: str, system: CodeSystem | None = None) -> str | Refusal:
        """The code of the regency that a code and the name beside it mean; `system` is whose codes the column holds."""
        if system == "doubtful" and not name:
            readings = dict.fromkeys(self.regions.code_readings(code).values())
            if len(readings) > 1:
                return self._ambiguous(readings)
        try:
            known = None if system == "doubtful" else system
            return self.regions.resolve_both(code, name, self.only_region, known)
        except RegionError as unknown:
            return self._refusal(unknown)

    def place(self, text: str, name: str = "", system: CodeSystem | None = None) -> str | Refusal:
        """As `regency`, or as `regency_of` with a code's name; refused unless it lies in the agency's regions.

        A file repeats few texts many times.
        """
        key = (text, name, system)
        known = self._places.get(key)
        return known if known is not None else _kept(self._places, key, self._place(text, name, system))

    def _place(self, text: str, name: str, system: CodeSystem | None) -> str | Refusal:
        code = self.regency_of(text, name, system) if name or system else self.regency(text)
        inside = isinstance(code, Refusal) or self.regions.within(self.own, code)
        return code if inside else _outside(code)

    def area(self, text: str, name: str = "") -> str | Refusal:
        """The code of the region of any level that this text means; refused unless it lies wholly in the agency's.

        `name` is what stands beside a code: the two agree, or it is refused.
        """
        code = self._area_of(text, name) if name else self._area(text)
        if isinstance(code, Refusal):
            return code
        inside = self.regions.regencies(code)
        if code in self.own or (inside and all(self.regions.within(self.own, each) for each in inside)):
            return code
        return _outside(code)

    def _area(self, text: str) -> str | Refusal:
        return text if self.regions.get(text) else self._wide_region(text) or self.regency(text)

    def _area_of(self, code: str, name: str) -> str | Refusal:
        known = self.regions.get(code)
        if known is None or known.level == "regency":
            return self.regency_of(code, name)
        named = self._area(name)
        return code if isinstance(named, Refusal) or named == code else self._ambiguous((code, named))

    def nik_district_exists(self, nik: str) -> bool:
        """Whether a NIK begins with the code of a regency that exists."""
        known = self._districts.get(nik[:4])
        if known is not None:
            return known
        return _kept(self._districts, nik[:4], self.regions.was_ever_a_code(f"{nik[:2]}.{nik[2:4]}"))

    def _refusal(self, unknown: RegionError) -> Refusal:
        return self._ambiguous(unknown.readings) if unknown.code == "ambiguous_region" else UNKNOWN

    def _ambiguous(self, codes: Iterable[str]) -> Refusal:
        meant = [f"{self.regions[code].name} ({code})" for code in codes]
        return Refusal("ambiguous_region", "region", f"This may be {' or '.join(meant)}: write which one.")

    def _wide_region(self, text: str) -> str | None:
        """A province or regional office of this name; a bare name that a regency has as well means the regency."""
        squeezed = _squeeze(text)
        bare = re.sub(r"^(PROVINSI|PROPINSI|PROV) ", "", squeezed)
        if bare == squeezed:
            try:
                return self.regions.resolve(text)
            except RegionError as unknown:
                if unknown.code == "ambiguous_region":
                    return None
        wide = ("province", "kanwil", "national")
        return next((each.code for each in self.regions if each.level in wide and _squeeze(each.name) == bare), None)


@lru_cache(maxsize=MOST_SHARED)
def shared(regions: Regions, own: tuple[str, ...]) -> Jurisdiction:
    """One for all requests of the agencies of these regions, so that what it knows is kept; for any thread."""
    return Jurisdiction(regions, own)


def _kept(known: dict[K, V], key: K, value: V) -> V:
    if len(known) >= MOST_PLACES:
        known.clear()
    known[key] = value
    return value


def _outside(code: object) -> Refusal:
    return Refusal("outside_jurisdiction", "region", f"Your agency may not report on {code}.")


def _squeeze(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", " ", text.upper()).strip()
