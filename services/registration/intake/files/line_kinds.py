"""Which lines below a header are no rows, and why: nothing in them, sums, titles, the header again, notes.

A line is skipped only for what it says itself. Where it might be a row it is one, and the row is accepted or refused.
"""

import re
from collections.abc import Callable, Collection, Sequence
from string import ascii_uppercase
from typing import Final

from services.registration.intake.files.header import RUNNING_NUMBERS, Header, are_names
from services.registration.intake.files.tables import SkipReason, squeeze
from services.registration.intake.returned_rows import Returned

_SUM: Final = re.compile(
    r"\W*(?:(?:sub|grand)[\s._-]*(?:total|jumlah)|(?:jumlah|jmlh?|jlh|total)(?:[\s._/-]*(?:jumlah|total))?|rata[\s-]*rata"
    r"|pindahan|rekap(?:itulasi)?)\b",
    re.IGNORECASE,
)
_OF_WHAT: Final = re.compile(
    r"(?:\W|\b(?:keseluruhan|seluruhnya|seluruh|semua|umum|akhir|sementara|dipindahkan|pindahan|halaman|hal|ini|data|"
    r"usaha|pelaku|umkm|ukm|koperasi|pekerja|tenaga|kerja|anggota|orang|peserta|laki|perempuan|[ivx]+|\d+|[a-z])\b"
    r"|\b(?:per|kec|kecamatan|kab|kabupaten|kota|desa|kel|kelurahan|prov|provinsi|wilayah|dusun|rt|rw|bulan|tahun)\b.*)*",
    re.IGNORECASE,
)
"""What may follow the word of a sum: of everything, of a place. `Total Motor` is the name of a business."""

_FIGURE: Final = re.compile(
    r"(?:Rp\.?)?\s*[-+(]?[\d.,\s]*\d[\d.,]*\s*(?:%|,-|\)|orang|unit|usaha)?|-|#\S+|=.*", re.IGNORECASE
)
_NUMERAL: Final = re.compile(r"\(?(?:[IVXLC]{1,6}|[A-Z])[.)]?|\(?[a-z][.)]")
"""How sections are numbered, where rows are counted in digits."""

_NOTHING: Final = re.compile(r"[-–—_=*.:…/\s]+")
"""A cell that holds a stroke in place of a text, or belongs to a drawn line."""

_UNIT: Final = re.compile(
    r"\(\s*(?:dalam\s+)?(?:rp|rupiah|idr|ribu|juta|orang|org|jiwa|unit|buah|usaha|pekerja|laki-laki|perempuan|l|p|lk|pr"
    r"|kg|kw|kwintal|ton|liter|ltr|m|m2|m3|meter|ha|hektar|%|persen|tahun|thn|th|bulan|bln|hari|jam|digit|angka|text|teks"
    r"|dd|mm|yyyy|tgl|tanggal|diisi|isi|wajib|opsional)(?:[\s/.\-]+[\w%]{1,10}){0,3}\.?\s*\)",
    re.IGNORECASE,
)
"""(Rp), (orang), (juta rupiah): what stands below the names of columns. `(ANEKA JAYA)` is a name."""

_OF_A_PLACE: Final = (
    r"(?:kecamatan|kec|kelurahan|kel|desa|kabupaten|kab|provinsi|prov|wilayah|dusun)\b[.\s:]"
    r"(?!\s*(?:wisata|tani|kuliner|batik|jaya)\b)"
)
_SECTION: Final = re.compile(rf"(?:(?:[ivx]{{1,5}}|[a-z])[.)]\s+)?{_OF_A_PLACE}", re.IGNORECASE)
_NUMBERED_TITLE: Final = re.compile(r"(?:[IVX]{1,5}|[A-Z])[.)]\s+[^\W\d_a-z][^a-z]*")
"""A. USAHA MIKRO: numbered and in capitals; `H. Slamet` and `A. Yani Motor` are names."""
_TITLED: Final = re.compile(r"[HIR]\.\s")
"""H. SLAMET, I. MADE, R. AYU: before a name these letters are titles."""
_NOTE: Final = re.compile(
    r"(?:sumber|catatan|keterangan|ket|note|source|nb)(?:\s+data)?\s*:|\*+\)?\s|\(?\*\)|nip\.?\s*:?\s*\d|(?:mengetahui|menyetujui)\b"
    r"|(?:camat|lurah|bupati)\s[^,]*,\W*$|(?:kepala|plt\.?\s+kepala|sekretaris)\s+(?:dinas|bidang|badan|kantor|desa|upt)|(?:dicetak|dibuat)\s+(?:pada|oleh)"
    r"|(?:halaman|page|hal)\.?\s*\d",
    re.IGNORECASE,
)
_MONTH: Final = r"(?:jan|feb|peb|mar|mrt|apr|mei|may|jun|jul|agu|ags|agt|aug|sep|okt|oct|nop|nov|des|dec)[a-z]{0,6}"
_SIGNED_AT: Final = re.compile(
    rf"[^\W\d][^\d,;]*,\s*(?:\d{{1,2}}|[.…_]*)[.\s]*(?:{_MONTH}|[.…_]+)\.?\s*\d{{4}}", re.IGNORECASE
)
"""Sukoharjo, 31 Januari 2026; `Sumber Rejeki, Sejak 1998` is a name."""
_SIGNATURE: Final = re.compile(r"(?:mengetahui|menyetujui|kepala|plt|camat|lurah|bupati)\b", re.IGNORECASE)
_WORDS_OF_SUMS: Final = ("total", "jumlah", "jml", "jlh", "rata", "pindahan", "rekap", "t o t", "j u m")
_SPACED_LETTERS: Final = re.compile(r"(?:[^\W\d] ){3,}[^\W\d]")
"""T O T A L"""
_NUMBERED_NOTE: Final = re.compile(r"\d{1,2}[.)]\s+[^\W\d][^;,\t|]*$")
_WIDE = 5
"""Columns from which on a line with two cells is short."""


_ROMAN: Final = tuple(
    tens + ones for tens in ("", "X", "XX") for ones in ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
)[1:]


class LineKinds:
    """Judges the lines below one header in their order. `naming` are the columns whose text alone may be a row, and
    `meaning` says what a column of some name means."""

    def __init__(self, header: Header, naming: Collection[int], meaning: Callable[[str], str | None]) -> None:
        self._meaning = meaning
        self._meanings = tuple(map(meaning, header.names))
        self._names = tuple(map(squeeze, header.names))
        self._tiers = header.tiers
        self._words = {name for tier in (*header.tiers, self._names) for name in tier if name}
        self._naming = frozenset(naming)
        self._short = 2 if len(self._names) >= _WIDE else 1
        self._returned = Returned(header.names)
        self._is_signed = False

    def skip_reason(self, cells: Sequence[str]) -> SkipReason | None:
        """Why this line is no row; None for a row."""
        filled = list(filter(None, map(str.strip, cells)))
        if self._is_plainly_row(filled) or self._returned.is_row(cells):
            self._is_signed = False
            return None
        if not filled or all(map(_NOTHING.fullmatch, filled)):
            return "blank"
        if _may_be_sum(filled) and (_is_sum(filled) or self._is_sum_of_others(cells)):
            return "sum"
        if _are_column_numbers(filled, len(self._names)) or all(map(_UNIT.fullmatch, filled)):
            return "column_numbers"
        if self._repeats_header(cells, filled):
            return "repeated_header"
        if len(filled) <= self._short:
            return self._reason_of_short(cells, filled)
        if len(filled) == 2 < len(self._names) and self._is_section(cells, filled):
            return "section_title"
        self._is_signed = False
        return None

    def _is_sum_of_others(self, cells: Sequence[str]) -> bool:
        """Whether a sum stands where nobody is named, as TOTAL GROGOL in the column of districts, beside figures."""
        texts = [(at, cell.strip()) for at, cell in enumerate(cells) if cell.strip()]
        sums = [at for at, text in texts if at not in self._naming and _SUM.match(text)]
        figures = [text for at, text in texts if at not in sums]
        return bool(sums and figures) and all(map(_FIGURE.fullmatch, figures))

    def _is_section(self, cells: Sequence[str], filled: list[str]) -> bool:
        """Whether these two cells are a letter or numeral where rows are numbered, and a place: A, KECAMATAN GROGOL."""
        return bool(self._is_running(cells) and _NUMERAL.fullmatch(filled[0]) and _SECTION.match(filled[1]))

    def _is_plainly_row(self, filled: list[str]) -> bool:
        """Quickly, for nearly all rows: a running number or a NIK stands first, and no word of a sum is there."""
        if len(filled) <= self._short or not filled[0].isdecimal() or filled[0] == "1":
            return False
        return filled[0].isascii() and filled[0] not in self._words and not _may_be_sum(filled)

    def is_another_header(self, cells: Sequence[str]) -> bool:
        """Whether a line that is no row of this table names the columns of another, in another order or of others."""
        return are_names(cells, self._is_known) and not self._names_same(cells)

    def _is_known(self, name: str) -> bool:
        return self._meaning(name) is not None

    def _names_same(self, cells: Sequence[str]) -> bool:
        """Whether each column that this line names is the one that the header names there."""
        named = [(mine, self._meaning(cell)) for mine, cell in zip(self._meanings, cells, strict=False)]
        return all(mine == theirs for mine, theirs in named if theirs is not None)

    def _reason_of_short(self, cells: Sequence[str], filled: list[str]) -> SkipReason | None:
        if len(filled) == 2 and filled[0].isdecimal() and self._is_running(cells):
            return None
        if any(_NOTE.match(text) or _SIGNED_AT.fullmatch(text) for text in filled):
            self._is_signed |= any(_SIGNATURE.match(text) or _SIGNED_AT.fullmatch(text) for text in filled)
            return "note"
        if self._is_signed and not any(map(str.isdigit, filled)):
            return "note"
        if len(filled) == 2 and self._is_running(cells):
            if _NUMERAL.fullmatch(filled[0]):
                return "section_title"
            if len(filled[0]) > 2 and not any(map(str.isdigit, filled[0])):
                return "note"  # where rows are numbered stands a word: a form's field, as Petugas; Andi
        return self._reason_of_single(cells, filled[0]) if len(filled) == 1 else None

    def _is_running(self, cells: Sequence[str]) -> bool:
        """Whether the first cell with text is where rows are numbered."""
        at = next(at for at, cell in enumerate(cells) if cell.strip())
        return at < len(self._names) and self._names[at] in RUNNING_NUMBERS

    def _reason_of_single(self, cells: Sequence[str], text: str) -> SkipReason | None:
        at = next(at for at, cell in enumerate(cells) if cell.strip())
        if self._is_running(cells) and _FIGURE.fullmatch(text):
            return "blank"
        if self._is_running(cells) and _NUMBERED_NOTE.match(text):
            return "note"
        if at < len(self._names) and len(self._names) > 2 and _is_title(text, may_be_row=at in self._naming):
            return "section_title"
        return None

    def _repeats_header(self, cells: Sequence[str], filled: list[str]) -> bool:
        if squeeze(filled[0]) not in self._words:
            return are_names(cells, self._is_known) and self._names_same(cells)
        squeezed = [squeeze(cell) for cell in cells]
        for tier in (self._names, *self._tiers):
            same = sum(mine == theirs for mine, theirs in zip(squeezed, tier, strict=False) if mine)
            if same >= 2 and same * 2 > len(filled):
                return True
        return are_names(cells, self._is_known) and self._names_same(cells)


def _may_be_sum(filled: list[str]) -> bool:
    """Quickly: whether a word that _SUM finds is among them."""
    text = "\n".join(filled).lower()
    return any(map(text.__contains__, _WORDS_OF_SUMS))


def _is_sum(filled: list[str]) -> bool:
    """Whether a cell reads as a sum and the others hold figures only."""
    for at, text in enumerate(filled):
        if _SPACED_LETTERS.fullmatch(text):
            text = text.replace(" ", "")
        found = _SUM.match(text)
        if found and _OF_WHAT.fullmatch(text, found.end()):
            return all(map(_may_stand_by_a_sum, (*filled[:at], *filled[at + 1 :])))
    return False


def _may_stand_by_a_sum(text: str) -> bool:
    return bool(_FIGURE.fullmatch(text) or _NUMERAL.fullmatch(text) or _SUM.match(text) or _OF_WHAT.fullmatch(text))


def _are_column_numbers(filled: list[str], width: int) -> bool:
    """1, 2, 3, … in line, as forms number their columns, three of them at least; or A, B, C, or I, II, III for all.

    A spreadsheet takes (1) for -1.
    """
    if len(filled) < 3 or filled[0].strip("().[]- ").upper() not in ("1", "A", "I", "K1"):
        return False
    bare = [text.strip("().[]- ").partition("=")[0].strip().upper().removeprefix("K") for text in filled]
    if bare == [str(number) for number in range(1, len(bare) + 1)]:
        return True
    return len(bare) == width and ("".join(bare) == ascii_uppercase[:width] or tuple(bare) == _ROMAN[:width])


def _is_title(text: str, *, may_be_row: bool) -> bool:
    """Whether a text that stands alone in its line heads a section; a line in another separator is none."""
    if _SECTION.match(text) or (_NUMBERED_TITLE.fullmatch(text) and not _TITLED.match(text)):
        return True
    return not may_be_row and not re.match(r"\W*\d", text) and not any(mark in text for mark in ";,\t|")
