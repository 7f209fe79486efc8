"""What agencies call scales, segments, occupations, states of a business and of a claim, in Indonesian or English."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from services.registration.intake.cells import placeholders
from shared.events.model import Scale, Segment

SCALES: Final[dict[str, Scale]] = {
    "MIKRO": "micro",
    "MICRO": "micro",
    "KECIL": "small",
    "SMALL": "small",
    "MENENGAH": "medium",
    "MEDIUM": "medium",
    "SEDANG": "medium",
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
    **dict.fromkeys(("DIBAYAR", "DIBAYARKAN", "SUDAH DIBAYAR", "SUDAH DIBAYARKAN", "TELAH DIBAYAR", "PAID"), "paid"),
    **dict.fromkeys(("DITOLAK", "TOLAK", "REJECTED"), "rejected"),
    **dict.fromkeys(
        ("PROSES", "DIPROSES", "DALAM PROSES", "SEDANG DIPROSES", "BELUM DIBAYAR", "DIAJUKAN", "FILED"), "filed"
    ),
}
INACTIVE: Final = (
    *("TIDAK AKTIF", "BELUM AKTIF", "NON AKTIF", "NONAKTIF", "INAKTIF", "PASIF", "VAKUM", "INACTIVE", "NOT ACTIVE"),
    *("BEKU", "DIBEKUKAN", "BUBAR", "DIBUBARKAN", "PEMBUBARAN", "TUTUP", "DITUTUP", "PAILIT", "DICABUT", "MATI"),
    *("TIDAK BEROPERASI", "TIDAK BEROPRASI", "TIDAK BERJALAN", "TIDAK JALAN", "BERHENTI", "PEMBEKUAN", "LIKUIDASI"),
    *(
        "BANGKRUT",
        "GULUNG TIKAR",
        "VACUM",
        "VACUUM",
        "OFF",
        "DISSOLVED",
        "CLOSED",
        "SUSPENDED",
        "BANKRUPT",
        "IN ACTIVE",
    ),
    *("TIDAK LAGI AKTIF", "TIDAKAKTIF", "IN AKTIF", "TIDAK LAGI BEROPERASI", "DORMAN", "DORMANT"),
)
"""Words that anywhere in a status mean that the business is not active."""
WRITTEN_SHORT: Final = {"TDK": "TIDAK", "TAK": "TIDAK", "NGGAK": "TIDAK", "AKTIP": "AKTIF", "NONAKTIP": "NONAKTIF"}
ABOUT_SOMETHING_ELSE: Final = re.compile(r"TUTUP BUKU|CERAI MATI")
"""Words that hold such a word and mean something else: closed accounts, a widow."""
NOT: Final = frozenset(("TIDAK", "NO", "N", "T", "FALSE", "0"))
"""Whole answers to 'active?' that mean no."""
ABSENT: Final = (
    *("TIDAK HADIR", "TIDAK DATANG", "TIDAK", "ABSEN", "ABSENT", "IZIN", "IJIN", "SAKIT", "ALPA", "ALPHA", "ALFA"),
    *("BERHALANGAN", "NOT PRESENT"),
)
"""Words that anywhere in a cell about attendance mean that somebody did not come."""
ABSENT_WHOLE: Final = frozenset(("I", "A", "S", "T", "N", "0", "NO"))
"""Izin, Alpa, Sakit, Tidak: a whole cell."""
SEGMENTS: Final[dict[str, Segment]] = {
    "PU": "PU",
    "PPU": "PU",
    "PENERIMA UPAH": "PU",
    "PEKERJA PENERIMA UPAH": "PU",
    "EMPLOYED": "PU",
    "BPU": "BPU",
    "BUKAN PENERIMA UPAH": "BPU",
    "PEKERJA BUKAN PENERIMA UPAH": "BPU",
    "PBPU": "BPU",
    "OWN ACCOUNT": "BPU",
    "BUKAN PU": "BPU",
    "NON PU": "BPU",
    "NON PENERIMA UPAH": "BPU",
}
UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("PEKERJA", "TENAGA KERJA", "NAKER", "TK", "BURUH", "KARYAWAN", "PEGAWAI", "WORKERS"), "workers"),
    **dict.fromkeys(("KOPERASI", "COOPERATIVES"), "cooperatives"),
}
"""What a target counts, by its unit; any other unit, such as `koperasi/UMKM`, means partners."""
OF_NO_TARGET: Final = re.compile(r"%|\b(?:PERSEN|PERCENT|RP|RUPIAH|JUTA|MILIAR|MILYAR)\b")
"""A share, or money: nothing that can be counted."""
INDIVIDUALS: Final = ("PERORANGAN", "INDIVIDUAL", "BPU")


_NAMES_OF_SEGMENTS = re.compile(r"\b(?:" + "|".join(sorted(SEGMENTS, key=len, reverse=True)) + r")\b")
_AROUND_A_SEGMENT = re.compile(r"\b(?:SEGMEN|PESERTA|KEPESERTAAN)\b")


@lru_cache(maxsize=1024)
def scale(text: str) -> Scale | None:
    """The scale that is named first: `mikro`, `Usaha Kecil`, `Menengah (UM)`."""
    return next((SCALES[word] for word in _words(text).split() if word in SCALES), None)


@lru_cache(maxsize=1024)
def segment(text: str) -> Segment | None:
    """The segment of this name or abbreviation, or both; PU (employed) where none is given, None for another word."""
    if not text:
        return "PU"
    words = _AROUND_A_SEGMENT.sub("", _words(text))
    named = {SEGMENTS[name] for name in _NAMES_OF_SEGMENTS.findall(words)}
    is_all = not _NAMES_OF_SEGMENTS.sub("", words).strip()
    return named.pop() if len(named) == 1 and is_all else None


@lru_cache(maxsize=1024)
def is_inactive(status: str) -> bool:
    """Whether a status says that the business is not active; one about something else (`Menikah`) does not."""
    words = " ".join(WRITTEN_SHORT.get(word, word) for word in _words(status).split())
    words = ABOUT_SOMETHING_ELSE.sub("", words)
    if words in NOT:
        return True
    return any(f" {word} " in f" {words} " for word in INACTIVE) and not words.startswith(("AKTIF", "ACTIVE"))


def is_marked(text: str) -> bool:
    """Whether a cell of a column of marks holds one: a tick, a cross, a 1."""
    return bool(text) and _words(text) not in NOT


def measure_of(unit: str) -> str | None:
    """What a target of this unit measures; None where the unit counts nothing."""
    words = _words(unit)
    return None if OF_NO_TARGET.search(unit.upper()) else UNITS.get(words.removeprefix("ORANG "), "enrolled")


def is_absent(attended: str) -> bool:
    """Whether a cell about attendance says that somebody did not come; a signature or a tick says nothing of that."""
    words = " ".join(WRITTEN_SHORT.get(word, word) for word in _words(attended).split())
    return words in ABSENT_WHOLE or any(f" {word} " in f" {words} " for word in ABSENT)


def occupation(text: str) -> str | None:
    """The class an occupation belongs to; `other` for one we have no class for, None for none."""
    words = text.strip().lower()
    if placeholders.is_nothing(words):
        return None
    return next((name for name, beginnings in OCCUPATIONS.items() if words.startswith(beginnings)), "other")


def _words(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", " ", text.upper()).strip()
