"""A column is reported as read only where a reader uses it, and each that is not says why."""

from datetime import date

import pytest

from services.registration.intake import column_report, column_vocabulary, columns
from services.registration.intake.columns import FileKind
from services.registration.intake.contexts import UploadContext
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_cells import RowCells
from services.registration.intake.row_kinds import READERS, FileContext
from services.registration.intake.values import Refusal
from shared.regions import Regions
from shared.web import sentence_extraction
from tests.unit.registration.reading import codes, read, reader_of, rows_of

FILLED = {
    "inactive": "0",
    **dict.fromkeys(("date", "effective_on", "occurred_on", "paid_on", "from", "held_on"), "2020-01-31"),
    "until": "2020-12-31",
    **dict.fromkeys(
        ("workers", "management", "staff", "labour", "men", "women", "value", "quota", "amount", "present"), "1"
    ),
    "nik": "3311004101800061",
    "nib": "0000100009901",
    "phone": "086000001234",
    "email": "a@b.example",
    "programme": "JKK",
    "programmes": "JKK, JKM",
    "status": "PROSES",
    "region": "33.11",
    "region_code": "33.11",
    "segment": "PU",
    "batch": "1",
    "measure": "workers",
    "nik_koperasi": "0000000000001",
}


class WatchedCells(RowCells):
    """Notes which columns a reader asks for."""

    asked: set[str]

    def __getitem__(self, meaning: str) -> str:
        self.asked.add(meaning)
        return super().__getitem__(meaning)

    def as_sent(self, meaning: str) -> str:
        self.asked.add(meaning)
        return super().as_sent(meaning)


def asked_for(kind: FileKind, meanings: list[str], filled: dict[str, str]) -> set[str]:
    found = WatchedCells(dict(zip(meanings, range(100), strict=False)), tuple(filled[each] for each in meanings), 2)
    found.asked = set()
    upload = UploadContext(Jurisdiction(Regions.load(), ("ID",)), "l", date(2021, 1, 1))
    READERS[kind](found, FileContext(upload, False, frozenset()))
    return found.asked


@pytest.mark.parametrize("kind", columns.KINDS)
def test_every_meaning_that_a_column_can_have_is_used_by_the_kinds_reader(kind: FileKind) -> None:
    meanings = columns.usable(kind)
    filled = {meaning: FILLED.get(meaning, "x1") for meaning in meanings}
    levels = dict.fromkeys(("management", "staff", "labour"), "")
    asked = asked_for(kind, meanings, filled) | asked_for(kind, meanings, filled | levels)
    assert asked >= set(meanings), set(meanings) - asked
    assert set(column_vocabulary.VOCABULARY[kind]) - set(meanings) == column_vocabulary.NOT_USED.get(kind, frozenset())


@pytest.mark.parametrize(
    ("kind", "header", "row"),
    [
        ("claims", "No Klaim;No Peserta;Program;Tgl Kejadian;Nilai;Status;Tgl Pendataan",
         "K1;P1;JKK;2020-01-31;1000;PROSES;31/02/2020"),
        ("enrollments", "No Peserta;Nama;Tgl Efektif;Program;Tgl Pendataan", "P1;Toko;2020-01-31;JKK,JKM;kapan-kapan"),
        ("persons", "Nama;NIK;Buruh", "Ani;3311004101800061;banyak"),
        ("attendance", "Mewakili;Nama Peserta;Jenis", "Toko;Ani;apa saja"),
        ("agreements", "Judul;Tanggal;Pihak 1;Pihak 2;Dasar", "Kerja sama;2020-01-31;A;B;UU 24/2011"),
    ],
)  # fmt: skip
def test_a_column_of_which_nothing_is_used_is_not_read_and_refuses_no_row(
    kind: FileKind, header: str, row: str
) -> None:
    assert codes(read(kind, header, [row])) == [None]
    last = column_report.of(kind, tuple(header.split(";")))[-1]
    assert last.read_as is None
    assert last.note in (column_report.UNKNOWN, column_report.NOT_USED)


def test_each_column_says_why_it_is_not_read() -> None:
    header = "Nama Usaha", "Tgl Data", "No KK", "Kode", "Nama UMKM", "error_code", "No. Urut", "Buruh"
    found = column_report.of("partners", header, {"Kode": ""})
    assert [(each.read_as, each.note) for each in found] == [
        ("name", None),
        ("date", column_report.ONLY_CHECKED),
        (None, column_report.UNKNOWN),
        (None, column_report.AS_SAID),
        (None, "'Nama Usaha' is read as that instead."),
        (None, column_report.OURS),
        (None, column_report.RUNNING_NUMBER),
        ("labour", None),
    ]
    health = column_report.of("claims", ("No Klaim", "No Peserta", "Diagnosa"))
    assert health[2] == ("Diagnosa", None, column_report.HEALTH)


REPEATED = "Values of this column repeat in the file: 2 of the 4 rows looked at have the number of another row"


@pytest.mark.parametrize(
    ("kind", "header", "rows", "said"),
    [
        ("partners", "Referensi;Nama", ["A;Satu", "A;Dua", "A;Tiga", "B;Empat"], REPEATED),
        ("partners", "Referensi;Nama", ["A;Satu", "A;Satu", ";Tiga", ";Empat"], None),
        ("partners", "Nama;Nama Pemilik", ["Satu;A", "Satu;B"], None),
        ("claims", "No Klaim;No Peserta", ["K1;P1", "K1;P2"], "Values of this column repeat in the file: 1 of the 2"),
        (
            "enrollments",
            "No Peserta;Nama;Tgl Efektif;Program",
            ["P1;Satu;2020-01-31;JKK,JKM", "P1;Dua;2020-01-31;JKK,JKM", "P1;Tiga;2020-02-01;JKK,JKM"],
            "1 of the 3 rows looked at have the number and the day of another row",
        ),
        ("enrollments", "No Peserta;Nama;Tgl Efektif", ["P1;Satu;2020-01-31", "P1;Satu;2020-02-29"], None),
        ("enrollments", "NPP;Nama Perusahaan;NIK;Nama TK;Program", ["P1;A;;Ani;JKK", "P1;A;;Budi;JKK"], None),
    ],
)  # fmt: skip
def test_a_number_that_repeats_is_told_of_its_column(
    kind: FileKind, header: str, rows: list[str], said: str | None
) -> None:
    notes = [each.note for each in reader_of(kind, header, rows_of(header, rows)).columns() if each.note]
    found = [note for note in notes if "replace each other" in note]
    assert len(found) == (said is not None)
    assert all(note.startswith(said or "") for note in found)


@pytest.mark.parametrize(
    ("cell", "attended"),
    [("v", True), ("", True), ("H", True), ("Hadir", True), ("x", True), ("Tidak hadir", False), ("tdk hadir", False),
     ("Izin (sakit)", False), ("S", False), ("0", False), ("-", True)],
)  # fmt: skip
def test_who_is_marked_as_absent_did_not_attend(cell: str, attended: bool) -> None:
    (answer,) = read("attendance", "Mewakili;Hadir", [f"Toko Andai;{cell}"])
    assert (answer.field if isinstance(answer, Refusal) else None) == (None if attended else "present")


CLAIMS = "No Klaim;No Peserta;Program;Tgl Kejadian;Nilai;Status"
CLAIM = "K1;P1;JKK;2020-01-31;1000;PROSES"


@pytest.mark.parametrize(
    ("kind", "header", "row", "left_out", "field", "code"),
    [
        *(("claims", CLAIMS, CLAIM, at, field, "missing_field") for at, field in enumerate(
            ("claim_ref", None, "programme", "occurred_on", "amount", "status")) if field),
        ("claims", CLAIMS, CLAIM, 1, "participant_no", "missing_field"),
        ("enrollments", "Nama;No Peserta;Tgl Efektif;Program", "Toko;P1;2020-01-31;JKK,JKM", 1, "participant_no",
         "missing_participant_no"),
        ("enrollments", "Nama;No Peserta;Tgl Efektif;Program", "Toko;P1;2020-01-31;JKK,JKM", 2, "effective_on",
         "missing_field"),
        ("enrollments", "Nama;No Peserta;Tgl Efektif;Program", "Toko;P1;2020-01-31;JKK,JKM", 3, "programmes",
         "missing_field"),
        ("persons", "Nama;NIK;Alamat", "Ani;3311004101800061;Jl. 1", 1, "nik", "missing_nik"),
        ("targets", "Kampanye;Mulai;Selesai;Sasaran", "K;2020-01-01;2020-12-31;200", 3, "value", "missing_field"),
        ("targets", "Kampanye;Mulai;Selesai;Sasaran", "K;2020-01-01;2020-12-31;200", 1, "from", "missing_field"),
        ("briefings", "Angkatan;Tanggal;Tempat", "1;2020-01-31;Aula", 1, "held_on", "missing_field"),
        ("agreements", "Judul;Tanggal;Pihak 1", "Kerja sama;2020-01-31;A", 1, "date", "missing_field"),
        ("agreements", "Judul;Tanggal;Pihak 1", "Kerja sama;2020-01-31;A", 0, "title", "missing_field"),
    ],
)  # fmt: skip
def test_a_required_column_that_is_missing_is_named_once_for_the_file_and_in_each_row(
    kind: FileKind, header: str, row: str, left_out: int, field: str, code: str
) -> None:
    def without(line: str) -> str:
        return ";".join(cell for at, cell in enumerate(line.split(";")) if at != left_out)

    assert codes(read(kind, header, [row])) == [None]
    rows = rows_of(without(header), [without(row)])
    reader = reader_of(kind, without(header), rows)
    (missing,) = reader.reported()["missing_columns"]
    assert missing["field"] == field
    refusal = reader.read(rows[0])
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field) == (code, field)
    assert missing["known_as"][0] in refusal.detail


@pytest.mark.parametrize("kind", columns.KINDS)
def test_every_column_that_a_refusal_names_has_its_word_in_indonesian(kind: FileKind) -> None:
    assert set(columns.usable(kind)) <= set(sentence_extraction.FIELDS)
