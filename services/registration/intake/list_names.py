"""Names of lists that are alike: a later month's file is the next version of a list, not another list."""

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from services.registration.intake.cells.days import MONTH_NAMES

MOST: Final = 3
ALIKE: Final = 0.8
"""From 0 to 1: how much of two names is the same, beside their numbers, months and versions."""
_VERSIONS: Final = frozenset(
    ("rev", "revisi", "final", "fix", "copy", "salinan", "baru", "terbaru", "update", "v", "ver", "versi", "per",
     "tahun", "bulan", "tgl", "tanggal", "smt", "semester", "triwulan", "tw")
)  # fmt: skip
_MONTHS: Final = frozenset(each for names in MONTH_NAMES for name in names for each in (name.lower(), name[:3].lower()))


@lru_cache(maxsize=256)
def similar(name: str, known: tuple[str, ...]) -> list[str]:
    """Those of the known names that may be this list, the most alike first; none where the name is known itself."""
    if name in known:
        return []
    plain = _plain(name)
    ranked = [(SequenceMatcher(None, plain, _plain(each)).ratio(), each) for each in known]
    return [each for ratio, each in sorted(ranked, key=lambda pair: (-pair[0], pair[1])) if ratio >= ALIKE][:MOST]


def _plain(name: str) -> str:
    """The name's own words: `Data-UMKM_Feb2026 (rev 2)` → data umkm."""
    words = re.findall(r"[^\W\d_]+", name.lower())
    return " ".join(word for word in words if word not in _MONTHS and word not in _VERSIONS)
