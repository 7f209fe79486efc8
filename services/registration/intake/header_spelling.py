"""How one and the same column is spelled in headers: `No. Telp`, `NOMOR TELEPON`, `Nama UMKM / Usaha`, `N I K`."""

import re
from typing import Final

from services.registration.intake.files.tables import squeeze

SAME_WORDS: Final = {
    **dict.fromkeys(("nomor", "nomer", "nmr"), "no"),
    **dict.fromkeys(("jumlah", "banyaknya", "jlh"), "jml"),
    **dict.fromkeys(("telepon", "telpon", "tlp", "tel", "telephone"), "telp"),
    **dict.fromkeys(("handphone", "ponsel"), "hp"),
    **dict.fromkeys(("tk", "naker"), "tenaga kerja"),
    "tanggal": "tgl",
    "kabupaten": "kab",
    "whatsapp": "wa",
    "nm": "nama",
}
AT_END: Final = re.compile(r"(?<=\w) (?:orang|org|jiwa|aktif)$")
"""Words behind a name that change nothing."""
MOST_ALTERNATIVES: Final = 4

_ALTERNATIVES = re.compile(r"[/,&()]|\s(?:atau|dan)\s", re.IGNORECASE)
_WITHIN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def plain(squeezed: str) -> str:
    """A squeezed name with one word for all that mean the same: `nomor handphone` and `no hp` are `no hp`."""
    words = AT_END.sub("", squeezed).split()
    if all(len(word) == 1 for word in words):
        return "".join(words)
    return " ".join(SAME_WORDS.get(word, word) for word in words) if len(words) > 1 else squeezed


def in_words(header: str) -> str:
    """`NamaUsaha` as it would be in words, squeezed."""
    return squeeze(_WITHIN_WORDS.sub(" ", header))


def alternatives(header: str) -> list[tuple[str, ...]]:
    """What a header is one of: `Nama UMKM / Usaha` → (nama umkm), (nama usaha, usaha); the likelier reading first.

    Empty where it names no alternatives.
    """
    parts = [squeezed for part in _ALTERNATIVES.split(header) if (squeezed := squeeze(part))]
    if not 1 < len(parts) <= MOST_ALTERNATIVES:
        return []
    shared = parts[0].split()[0]
    return [(parts[0],), *((f"{shared} {part}", part) for part in parts[1:])]
