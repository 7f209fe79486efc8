"""What agencies call scales, occupations and states of a claim, in Indonesian or English."""

from typing import Final

from services.registration.intake import values
from shared.events.model import Scale

SCALES: Final[dict[str, Scale]] = {
    "MIKRO": "micro",
    "MICRO": "micro",
    "KECIL": "small",
    "SMALL": "small",
    "MENENGAH": "medium",
    "MEDIUM": "medium",
    "BESAR": "large",
    "LARGE": "large",
}
OCCUPATIONS: Final[dict[str, tuple[str, ...]]] = {
    "farmer": ("petani", "tani", "pekebun", "farmer"),
    "fisher": ("nelayan", "fisher", "fisherman"),
    "home_industry": ("industri rumahan", "industri rumah tangga", "home industry", "home_industry"),
    "driver": ("sopir", "supir", "ojek", "pengemudi", "driver"),
    "trader": ("pedagang", "dagang", "trader"),
}
STATUSES: Final = {
    "DIBAYAR": "paid",
    "PAID": "paid",
    "DITOLAK": "rejected",
    "REJECTED": "rejected",
    "PROSES": "filed",
    "DIPROSES": "filed",
    "DIAJUKAN": "filed",
    "FILED": "filed",
}
INDIVIDUALS: Final = ("PERORANGAN", "INDIVIDUAL", "BPU")


def scale(text: str) -> Scale | None:
    return SCALES.get(text.strip().upper())


def occupation(text: str) -> str | None:
    """The class an occupation belongs to; `other` for one we have no class for, None for none."""
    words = text.strip().lower()
    if values.absent(words):
        return None
    return next((name for name, beginnings in OCCUPATIONS.items() if words.startswith(beginnings)), "other")
