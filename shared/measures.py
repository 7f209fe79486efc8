"""The measures of published figures and of targets: what each one counts, in what unit, beside whom it is put. Pure.

A measure that is not here, or a status, is refused: what nobody knows the meaning of cannot be compared with anything.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple

Numerator = Literal["partners", "cooperative", "business", "micro_business", "individual", "workers"]
"""Who is counted beside a published figure, and towards a target: partners, those of a kind, or their workers."""

Unit = Literal["partner", "worker", "person", "business", "cooperative", "percent", "rupiah", "month", "event"]


class Measure(NamedTuple):
    """`numerator` None: stored, and compared with nobody. `is_of_target` says whether a target may be set for it.

    `is_of_health`: a figure of health insurance, another insurer's: never shown beside insurance of employment.
    """

    name: str
    counts: str
    unit: Unit
    numerator: Numerator | None = None
    is_of_health: bool = False

    @property
    def is_of_target(self) -> bool:
        return self.numerator is not None

    @property
    def is_denominator(self) -> bool:
        """Whether it is the whole that a numerator is a part of: registered partners are no part of a whole."""
        return self.numerator is not None and self.numerator != "partners" and not self.is_of_health

    @property
    def is_of_people(self) -> bool:
        return self.unit in ("worker", "person")


_CATALOGUE: Final = (
    Measure("enrolled", "Listed partners that registered for insurance", "partner", "partners"),
    Measure("partners", "Listed partners that registered for insurance", "partner", "partners"),
    Measure("partners_enrolled", "Listed partners that registered for insurance", "partner", "partners"),
    Measure("koperasi", "Cooperatives", "cooperative", "cooperative"),
    Measure("koperasi_active", "Active cooperatives", "cooperative", "cooperative"),
    Measure("cooperatives", "Cooperatives", "cooperative", "cooperative"),
    Measure("cooperatives_active", "Active cooperatives", "cooperative", "cooperative"),
    Measure("umkm", "Micro, small and medium businesses", "business", "business"),
    Measure("businesses", "Businesses", "business", "business"),
    Measure("micro_businesses", "Micro businesses", "business", "micro_business"),
    Measure("individuals", "Self-employed people", "person", "individual"),
    Measure("bpu_potential", "Self-employed people who could register", "worker", "individual"),
    Measure("workers", "Workers", "worker", "workers"),
    Measure("umkm_workers", "Workers of micro, small and medium businesses", "worker", "workers"),
    Measure("population", "Inhabitants", "person"),
    Measure("koperasi_registered", "Cooperatives that are registered, as stated by the source", "cooperative"),
    Measure("koperasi_registered_share", "Share of the cooperatives that are registered, as stated", "percent"),
    Measure("koperasi_base_implied", "Cooperatives that a stated share implies", "cooperative"),
    Measure("workers_registered", "Workers that are registered, as stated by the source", "worker"),
    Measure("workers_registered_share", "Share of the workers that are registered, as stated", "percent"),
    Measure("workers_registered_share_derived", "Share of the workers that are registered, computed", "percent"),
    Measure("bpu_registered", "Self-employed people that are registered, as stated by the source", "worker"),
    Measure("bpu_registered_share", "Share of the self-employed that are registered, as stated", "percent"),
    Measure("bpu_base_implied", "Self-employed people that a stated share implies", "worker"),
    Measure("workforce_share_umkm", "Share of all workers that work for micro to medium businesses", "percent"),
    Measure("aid_recipients", "Recipients of aid", "person"),
    Measure("campaign_target", "Target of a campaign, as stated by the source", "partner"),
    Measure("sosialisasi_participants", "People who came to a briefing", "person"),
    Measure("sosialisasi_batch", "Number of a briefing in its row", "event"),
    Measure("claim_paid", "Amount that was paid for a claim", "rupiah"),
    Measure("claim_membership_months", "Months of membership before a claim", "month"),
    Measure("minimum_wage_month", "Minimum wage in a month", "rupiah"),
    Measure("health_coverage_share", "Share of the inhabitants with health insurance", "percent", is_of_health=True),
)

MEASURES: Final = {each.name: each for each in _CATALOGUE}
TARGETS: Final = tuple(each.name for each in _CATALOGUE if each.is_of_target)

STATUSES: Final = {
    "ok": "Published, and not doubted",
    "conflict": "Sources disagree",
    "unverified": "Not seen in a second source",
    "quarantine": "Doubtful: shown, never divided by",
    "derived": "Computed from other figures: never shown",
    "out_of_scope": "Measures something else: never beside our figures",
}
"""Status of a published figure → what it means."""


RATES: Final = (
    ("/v1/coverage", "enrolled", "listed"),
    ("/v1/coverage/outreach", "registered_within_90_days", "reached"),
    ("/v1/coverage/briefings", "registered_within_90_days", "attendees - registered_before"),
)
"""The rates that our own answers have: where, which part, of which whole."""


def refusal(field: str, given: str, known: Iterable[str]) -> str | None:
    """Why this value is refused, with the nearest known one; None where it is known."""
    names = tuple(known)
    if given in names:
        return None
    nearest, every = get_close_matches(given.lower(), names, 1), ", ".join(names)
    if not nearest:
        return f"This {field} is not known. Known are {every}."
    return f"This {field} is not known: did you mean {nearest[0]}? Known are {every}."


def refused_measure(given: str) -> str | None:
    """Why a published figure of this measure is refused."""
    return refusal("measure", given, MEASURES)


def refused_target(given: str) -> str | None:
    """Why a target of this measure is refused: progress must be countable."""
    return refusal("measure", given, TARGETS)


def refused_status(given: str) -> str | None:
    """Why a published figure of this status is refused."""
    return refusal("status", given, STATUSES)
