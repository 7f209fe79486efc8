"""How the figures compare with published denominators: which one is divided by, and what is wrong with it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.coverage.figures import rate

NUMERATORS = {
    "koperasi": "cooperative",
    "koperasi_active": "cooperative",
    "cooperatives": "cooperative",
    "cooperatives_active": "cooperative",
    "umkm": "business",
    "businesses": "business",
    "micro_businesses": "micro_business",
    "bpu_potential": "individual",
    "individuals": "individual",
    "workers": "workers",
    "umkm_workers": "workers",
}
"""Measure → the enrolled that it is the whole of. Other measures are shown, never divided by."""

DIVIDED_BY = ("ok", "conflict")
NEVER_SHOWN = ("derived", "out_of_scope")
IMPLAUSIBLE = "implausible"


@dataclass(frozen=True)
class PublishedDenominator:
    """A published figure; `as_of` None where its source gives no day."""

    region: str
    measure: str
    value: float
    as_of: date | None
    source: str
    status: str


def evaluate(
    published: Iterable[PublishedDenominator], numerators: Mapping[str, int], as_of: date, kind: str | None = None
) -> list[dict[str, Any]]:
    """A row's denominators as JSON: of each measure and source the newest up to `as_of`, with rate and flags.

    `kind` leaves only those that are the whole of this kind of partner.
    """
    newest: dict[tuple[str, str, str], PublishedDenominator] = {}
    for each in published:
        if each.status in NEVER_SHOWN or (each.as_of is not None and each.as_of > as_of):
            continue
        if kind is not None and NUMERATORS.get(each.measure) != kind:
            continue
        key = (each.measure, each.source, each.status)
        if key not in newest or (each.as_of or date.min) >= (newest[key].as_of or date.min):
            newest[key] = each
    return [_as_json(each, numerators) for _, each in sorted(newest.items())]


def _as_json(each: PublishedDenominator, numerators: Mapping[str, int]) -> dict[str, Any]:
    """`rate` is null where the figure is not to be divided by; `flags` give the reason: its status, or that it is less
    than those who are enrolled."""
    base = NUMERATORS.get(each.measure)
    flags = [] if each.status == "ok" else [each.status]
    share = rate(numerators.get(base, 0), each.value) if base and each.status in DIVIDED_BY else None
    if share is not None and share > 1:
        share, flags = None, [*flags, IMPLAUSIBLE]
    return {
        "measure": each.measure,
        "value": int(each.value) if float(each.value).is_integer() else each.value,
        "rate": share,
        "as_of": each.as_of.isoformat() if each.as_of else None,
        "source": each.source,
        "flags": flags,
    }
