"""Writes docs/errors.md from the catalogue of refusals: `python -m shared.errors_page`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from shared.refusals import NOTES, PROBLEMS, REFUSALS, WARNINGS, WHICHEVER, Explanation

PATH = Path(__file__).parents[1] / "docs" / "errors.md"

INTRODUCTION = """\
# Errors · Galat

<!-- Generated: python -m shared.errors_page -->

Look up the `code` of an answer, of a line in `rejected.csv` (`error_code`) or of an entry in `/v1/quarantine`. What
was refused is kept in your quarantine: correct it there, or correct it in your file and upload that again. Only the
refused rows and events are affected; all others were accepted. Codes never change; the sentence in `detail` may.

*Cari `code` dari jawaban, dari baris `rejected.csv` (`error_code`), atau dari entri `/v1/quarantine`. Data yang ditolak
disimpan di karantina Anda: perbaiki di sana, atau perbaiki di berkas Anda lalu unggah lagi. Hanya baris dan kejadian
yang ditolak yang terdampak; selebihnya sudah diterima. Kode tidak pernah berubah; kalimat dalam `detail` dapat
berubah.*
"""

CHAPTERS: Final[tuple[tuple[str, Iterable[tuple[str, Explanation]]], ...]] = (
    ("Refused rows and events · Baris dan kejadian yang ditolak", REFUSALS.items()),
    ("Warnings on accepted ones · Peringatan pada data yang diterima", WARNINGS.items()),
    ("Notes on how accepted ones were kept · Catatan atas data yang diterima", NOTES.items()),
    ("Answers to whole requests · Jawaban atas seluruh permintaan", PROBLEMS.items()),
)


def rendered() -> str:
    """The page: a section per code with its fields, its meaning and what to do, in English and Indonesian."""
    chapters = [f"## {title}\n\n{_sections(codes)}" for title, codes in CHAPTERS]
    return "\n".join([INTRODUCTION, *chapters])


def _sections(codes: Iterable[tuple[str, Explanation]]) -> str:
    return "\n".join(_section(code, explanation) for code, explanation in codes)


def _section(code: str, explanation: Explanation) -> str:
    named = ", ".join(f"`{field}`" for field in explanation.fields)
    fields = "whichever is at fault · yang bermasalah" if explanation.fields == WHICHEVER else named
    lines = [
        f"### {code}",
        "",
        *([f"Field · Isian: {fields}", ""] if fields else []),
        f"- {explanation.meaning} **{explanation.action}**",
        f"- *{explanation.arti}* **{explanation.tindakan}**",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="utf-8")
