"""Which programmes go together (Perpres 109/2013). JKP counts only where the configuration switches it on."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, cast

from services.registration.intake.values import Refusal
from shared.events.model import PROGRAMMES, Programme, Scale, Segment

ORDER: Final = ("JKK", "JKM", "JHT", "JP")
"""Joined in this order, none skipped."""

NAMES: Final = {
    "KECELAKAAN KERJA": "JKK",
    "KEMATIAN": "JKM",
    "HARI TUA": "JHT",
    "PENSIUN": "JP",
    "KEHILANGAN PEKERJAAN": "JKP",
    "KESEHATAN NASIONAL": "JKN",
}
OTHER_ABBREVIATIONS: Final = {"JK": "JKM", "JKEM": "JKM", "JPN": "JP"}
FILLERS: Final = frozenset(("DAN", "SERTA", "AND", "PROGRAM", "JAMINAN", "2", "3", "4"))
"""Words between the programmes: `3 program (JKK, JKM, JHT)`."""

ALLOWED: Final[dict[str, frozenset[int]]] = {
    "BPU": frozenset((2, 3)),
    "micro": frozenset((2, 3, 4)),
    "small": frozenset((3, 4)),
    "medium": frozenset((4,)),
    "large": frozenset((4,)),
}
"""How many of them, by segment BPU or by the scale of the employer; an unknown scale is judged as micro."""


def programmes(names: Iterable[str], jkp: bool, field: str = "programmes") -> tuple[Programme, ...] | Refusal:
    """The programmes these names mean, in statutory order."""
    known = PROGRAMMES if jkp else ORDER
    wanted = {name.strip().upper() for name in names if name.strip()}
    unknown = sorted(wanted - set(known))
    if unknown == ["JKP"]:
        return Refusal("unknown_programme", field, "JKP is not in use here yet: leave it out.")
    if unknown:
        return Refusal("unknown_programme", field, f"{unknown[0][:20]} is no programme of BPJS Ketenagakerjaan.")
    return tuple(cast(Programme, name) for name in known if name in wanted)


@lru_cache(maxsize=1024)
def split_programmes(text: str) -> tuple[str, ...]:
    """The programmes in a text, by abbreviation or name: `JKK - JKM`, `JKK dan JK`, `Jaminan Hari Tua (JHT)`."""
    text = " ".join(re.sub(r"[^A-Z0-9]+", " ", text.upper()).split())
    for name, abbreviation in NAMES.items():
        text = text.replace(name, abbreviation)
    return tuple(OTHER_ABBREVIATIONS.get(word, word) for word in text.split() if word not in FILLERS)


def judge(held: tuple[Programme, ...], segment: Segment, scale: Scale | None) -> Refusal | None:
    """None when this combination is allowed for the segment and the enrolment's own scale."""
    judged_as = "BPU" if segment == "BPU" else scale or "micro"
    plain = tuple(name for name in held if name != "JKP")
    if plain != ORDER[: len(plain)] or len(plain) not in ALLOWED[judged_as]:
        return Refusal("programme_not_allowed", "programmes", _why(judged_as))
    if "JKP" in held and not _may_have_jkp(plain, judged_as):
        return Refusal("programme_not_allowed", "programmes", "JKP needs JKK, JKM and JHT, from medium size also JP.")
    return None


def _may_have_jkp(plain: tuple[Programme, ...], judged_as: str) -> bool:
    return judged_as != "BPU" and len(plain) >= (4 if judged_as in ("medium", "large") else 3)


def _why(judged_as: str) -> str:
    counts = " or ".join(str(n) for n in sorted(ALLOWED[judged_as]))
    return f"{judged_as} takes the first {counts} of JKK, JKM, JHT, JP, none skipped."
