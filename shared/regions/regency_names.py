"""Which regencies a name means: as it is spelled, spaced, abbreviated and ordered in use, and by former names."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Literal

Kind = Literal["kabupaten", "kota"]

KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("KAB", "KABUPATEN"), "kabupaten"),
    **dict.fromkeys(("KOTA", "KOTAMADYA", "KOTAMADIA", "KODYA", "KODIA", "KOTIP"), "kota"),
}
ABBREVIATIONS: Final = {"KEP": "KEPULAUAN", "PEG": "PEGUNUNGAN", "P": "PULAU", "KAB": "KABUPATEN"}
DROPPED: Final = frozenset(("ADM", "ADMINISTRASI", "ADMINISTRATIF"))
SECOND_LEVEL: Final = re.compile(r"\b(?:(?:DAERAH TINGKAT|DATI|DT) (?:II|2)|(?:DATI|DT)(?:II|2))\b")
"""What stood in the names of all regencies until 1999: Kabupaten Daerah Tingkat II Sukoharjo."""
WEAK: Final = frozenset(("KEPULAUAN", "PULAU", "DAN"))
"""Words of official names that people leave out; a name without them gives way to one that is spelled so in full."""

_SHORT_PROVINCES: Final = (
    ("DAERAH KHUSUS IBUKOTA", "DKI"),
    ("DAERAH ISTIMEWA", "DI"),
    ("DAERAH ISTIMEWA", "D I"),
    ("KEPULAUAN", "KEP"),
)
_WORD_FOR_PROVINCE = re.compile(r" (?:PROVINSI|PROPINSI|PROV)$")
_PARENTHESES = re.compile(r"\(([^()]*)\)")


def squeeze(text: str) -> str:
    """A name as it is compared: letters and digits in upper case, single spaces."""
    return re.sub(r"[^A-Z0-9]+", " ", text.upper()).strip()


def province_names(squeezed: str) -> tuple[str, ...]:
    """A province's name, and how it is written short: DKI JAKARTA, DI YOGYAKARTA."""
    return squeezed, *(squeezed.replace(full, short) for full, short in _SHORT_PROVINCES if full in squeezed)


def without_word_for_province(squeezed: str) -> str:
    """What stands before a province's name: `SUKOHARJO PROVINSI` without the word."""
    return _WORD_FOR_PROVINCE.sub("", squeezed)


def says_kind(name: str) -> bool:
    """Whether a name says that it is a Kabupaten's or a Kota's."""
    return squeeze(name).split(" ")[0] in KINDS


class RegencyNames:
    """Finds regencies by name. `add` and `add_variant` first, then `find`."""

    def __init__(self) -> None:
        self._strong: dict[tuple[Kind | None, str], set[str]] = defaultdict(set)
        self._weak: dict[tuple[Kind | None, str], set[str]] = defaultdict(set)

    def add(self, code: str, kind: Kind, official_name: str) -> None:
        """A regency by its official name, such as `Kabupaten Administrasi Kepulauan Seribu`."""
        words = [word for word in squeeze(official_name).split()[1:] if word not in DROPPED]
        self._enter(self._strong, words, (kind, None), code)
        self._enter(self._weak, [word for word in words if word not in WEAK], (kind, None), code)

    def add_variant(self, code: str, kind: Kind, name: str, alone: bool) -> None:
        """Another name; `alone` is whether it may stand without Kab. or Kota."""
        self._enter(self._weak, squeeze(name).split(), (kind, None) if alone else (kind,), code)

    def find(self, text: str) -> set[str]:
        """The codes of all regencies that this name may mean; none where it is unknown."""
        found = self._find(squeeze(_PARENTHESES.sub(_kind_in_parentheses, text)))
        return found or (self._find(squeeze(text)) if "(" in text else set())

    def _find(self, squeezed: str) -> set[str]:
        parts = SECOND_LEVEL.sub("", squeezed).split()
        words = [ABBREVIATIONS.get(word, word) for word in parts if word not in DROPPED]
        for kind, rest in _readings(words):
            for index in (self._strong, self._weak):
                for key in _keys(rest):
                    if found := index.get((kind, key)):
                        return set(found)
        return set()

    def _enter(
        self,
        index: dict[tuple[Kind | None, str], set[str]],
        words: list[str],
        kinds: Iterable[Kind | None],
        code: str,
    ) -> None:
        for kind in kinds:
            for key in _keys(words):
                index[kind, key].add(code)


def _readings(words: list[str]) -> Iterable[tuple[Kind | None, list[str]]]:
    """The words as kind and name: `Kab. Klaten`, `Klaten Kab.`, and as a name alone (`Kota Baru` is Kotabaru)."""
    if words and words[0] in KINDS:
        yield KINDS[words[0]], words[1:]
    yield None, words
    if words and words[-1] in KINDS:
        yield KINDS[words[-1]], words[:-1]


def _keys(words: list[str]) -> tuple[str, ...]:
    """The name without spaces, and its words in any order."""
    return ("".join(words), " ".join(sorted(words))) if words else ()


def _kind_in_parentheses(found: re.Match[str]) -> str:
    """`(Kab.)` stays; an abbreviation of the name, as in `Kepulauan Siau Tagulandang Biaro (Sitaro)`, goes."""
    return f" {found[1]} " if squeeze(found[1]) in KINDS else " "
