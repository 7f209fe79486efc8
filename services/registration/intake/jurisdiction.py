"""A region as files and events name it: a code, or the name of a regency, province or regional office."""

import re
from typing import Final

from services.registration.intake.values import Refusal
from shared.regions import RegionError, Regions

DETAIL: Final = {
    "unknown_region": "No region has this name or code.",
    "ambiguous_region": "A Kabupaten and a Kota bear this name: say which.",
}


def regency(regions: Regions, own: tuple[str, ...], text: str) -> str | Refusal:
    """The code of the regency meant by an agency whose regions are `own`; no text means its only one, a regency."""
    try:
        return regions.resolve(text, own[0] if len(own) == 1 else None)
    except RegionError as unknown:
        return Refusal(unknown.code, "region", DETAIL[unknown.code])


def place(regions: Regions, own: tuple[str, ...], text: str) -> str | Refusal:
    """As `regency`; refused unless it lies in the agency's regions."""
    code = regency(regions, own, text)
    if isinstance(code, Refusal) or regions.within(own, code):
        return code
    return _outside(code)


def area(regions: Regions, own: tuple[str, ...], text: str) -> str | Refusal:
    """The code of the region meant; refused unless it is one of `own`, the agency's regions, or lies wholly in them."""
    code: str | Refusal | None = text if regions.get(text) else _named(regions, text)
    if code is None:
        code = regency(regions, own, text)
    if isinstance(code, Refusal):
        return code
    inside = regions.regencies(code)
    if code in own or (inside and all(regions.within(own, each) for each in inside)):
        return code
    return _outside(code)


def _outside(code: str) -> Refusal:
    return Refusal("outside_jurisdiction", "region", f"Your agency does not speak for {code}.")


def _named(regions: Regions, text: str) -> str | None:
    """A province or regional office of this name; a bare name that a regency bears as well means the regency."""
    asked = _squeeze(text)
    bare = re.sub(r"^(PROVINSI|PROPINSI|PROV) ", "", asked)
    if bare == asked:
        try:
            return regions.resolve(text)
        except RegionError as unknown:
            if unknown.code == "ambiguous_region":
                return None
    wide = ("province", "kanwil", "national")
    return next((each.code for each in regions if each.level in wide and _squeeze(each.name) == bare), None)


def _squeeze(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", " ", text.upper()).strip()
