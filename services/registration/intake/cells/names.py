"""Names as they are compared: accents, case, punctuation and the spelling of the legal form do not matter. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

LEGAL_FORMS: Final = frozenset(("PT", "CV", "UD", "PD", "FA"))
"""Dropped at both ends of a name. TB is none of them: it says what is sold (toko bangunan)."""
COOPERATIVE_FORMS: Final = {
    "KSP": "KOP SIMPAN PINJAM",
    "KSU": "KOP SERBA USAHA",
    "KUD": "KOP UNIT DESA",
    "KPRI": "KOP PEGAWAI REPUBLIK INDONESIA",
    "KOPKAR": "KOP KARYAWAN",
}
_WRITTEN_OUT: Final = COOPERATIVE_FORMS | {"KOPERASI": "KOP"}

_NOT_NAME = re.compile(r"[\W_]+")
_ASCII = {code: c.upper() if (c := chr(code)).isalnum() else " " for code in range(128)} | {ord("&"): " DAN "}
_ABBREVIATIONS = sorted((*LEGAL_FORMS, *COOPERATIVE_FORMS), key=len, reverse=True)
_SPELLED = re.compile(rf"\b(?:{'|'.join(' '.join(each) for each in _ABBREVIATIONS)})\b")
_REPEATED_KOP = re.compile(r"\bKOP(?: KOP)+\b")
_FORMS = [(re.compile(rf"\b{form}\b"), re.compile(rf" {form}\b")) for form in COOPERATIVE_FORMS.values()]


@lru_cache(maxsize=10_000)
def name_key(name: str) -> str:
    """A name as it is compared; `K.S.P. Maju`, `Koperasi Simpan Pinjam (KSP) Maju` → `KOP SIMPAN PINJAM MAJU`.

    A name without any letter or digit is compared as it stands.
    """
    if name.isascii() and name.isalnum():  # one plain word, as most cells that are no names
        return _WRITTEN_OUT.get(word := name.upper(), word)
    words = _words(name)
    if 1 in map(len, words):
        words = _SPELLED.sub(_joined, " ".join(words)).split()
    words = _without_legal_form(words)
    if not _WRITTEN_OUT.keys().isdisjoint(words):
        words = [_WRITTEN_OUT.get(word, word) for word in words]
    return _cooperative_once(" ".join(words)) or name.strip().upper()


def owner_key(owner: str | None, name: str) -> str | None:
    """An owner's name as evidence of who a business is, or None where it is none.

    It counts beside a business name that is another one, and with two words at least: one is borne by many.
    """
    if not owner:
        return None
    key = name_key(owner)
    words = key.split()
    if not all(map(str.isalpha, words)):
        words = [word for word in words if any(map(str.isalpha, word))]
    return key if len(words) > 1 and key != name_key(name) else None


def letters_and_digits(name: str) -> str:
    """Accents off, upper case, `&` as DAN, one space between words."""
    return " ".join(_words(name))


def _words(name: str) -> list[str]:
    if name.isascii():  # as nearly all are: the same as below in half the time
        return name.translate(_ASCII).split()
    decomposed = unicodedata.normalize("NFKD", name)
    name = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_NAME.sub(" ", name.upper().replace("&", " DAN ")).split()


def _joined(spelled: re.Match[str]) -> str:
    return spelled[0].replace(" ", "")


def _without_legal_form(words: list[str]) -> list[str]:
    """The words without legal forms at the beginning and the end, while another word is left."""
    while len(words) > 1 and words[0] in LEGAL_FORMS:
        words = words[1:]
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words = words[:-1]
    return words


def _cooperative_once(text: str) -> str:
    """KOP KOP as KOP; of the forms of cooperatives each only where it stands first."""
    if "KOP" not in text:
        return text
    text = _REPEATED_KOP.sub("KOP", text)
    for first, again in _FORMS:
        if found := first.search(text):
            text = text[: found.end()] + again.sub("", text[found.end() :])
    return text
