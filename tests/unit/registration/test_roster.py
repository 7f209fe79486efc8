"""An employer's list of workers is one enrolment with so many workers; what is a worker's own is not kept."""

from datetime import date

from services.registration.intake.commands import Enrol, Heads, Reference
from services.registration.intake.values import Refusal
from tests.unit.registration.reading import read, reader_of, rows_of

HEADER = "No;NPP;No KPJ;NIK KTP;Nama Tenaga Kerja;Tgl Kepesertaan;Program;Kab/Kota"
ROWS = [
    "1;ZZ990001;00000000101;3311000101800041;Contoh Pekerja Satu;01/01/2024;JKK,JKM;Sukoharjo",
    "2;ZZ990001;00000000102;3311000101800042;Contoh Pekerja Dua;01/01/2024;JKK,JKM;Sukoharjo",
    "3;ZZ990001;00000000103;3311000101800043;Contoh Pekerja Tiga;01/01/2024;JKK,JKM;Sukoharjo",
]


def enrolments(rows: list[str], header: str = HEADER) -> list[Enrol]:
    answers = read("enrollments", header, rows)
    assert all(isinstance(answer, Enrol) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Enrol)]


def test_each_row_asks_for_the_whole_participant() -> None:
    for each in enrolments(ROWS):
        assert (each.participant_no, each.effective_on, each.heads) == ("ZZ990001", date(2024, 1, 1), Heads(total=3))
        assert each.partner == Reference(region="33.11")


def test_a_worker_is_counted_once_and_all_programmes_hold() -> None:
    again = ROWS[0].replace("JKK,JKM", "JKK,JKM,JHT")
    assert {(each.heads.total, each.programmes) for each in enrolments([*ROWS, again])} == {(3, ("JKK", "JKM", "JHT"))}


def test_who_came_later_counts_from_then_on() -> None:
    later = "4;ZZ990001;00000000104;3311000101800044;Contoh Empat;01/03/2024;JKK,JKM;Sukoharjo"
    assert [each.heads.total for each in enrolments([*ROWS, later])] == [3, 3, 3, 4]


def test_who_left_does_not_count_after_that_and_the_last_end_ends_it() -> None:
    header = HEADER + ";Tgl Nonaktif"
    rows = [ROWS[0] + ";01/02/2024", ROWS[1].replace("01/01", "01/03") + ";31/12/2024"]
    found = enrolments(rows, header)
    assert [each.heads.total for each in found] == [1, 1]
    assert {each.until for each in found} == {date(2024, 12, 31)}
    assert {each.until for each in enrolments([*rows, ROWS[2] + ";"], header)} == {None}


def test_employers_are_kept_apart() -> None:
    other = "4;ZZ990002;00000000101;3311000101800044;Contoh Empat;01/01/2024;JKK,JKM;Sukoharjo"
    assert [each.heads.total for each in enrolments([*ROWS, other])] == [3, 3, 3, 1]


def test_nothing_of_a_worker_is_kept_of_a_refused_row() -> None:
    rows = rows_of(HEADER, [ROWS[0].replace("01/01/2024", "31/02/2024"), ROWS[1] + ";too much"])
    reader = reader_of("enrollments", HEADER, rows)
    for row in rows:
        assert isinstance(reader.read(row), Refusal)
        kept = " ".join(reader.cells_to_keep(row))
        assert "Contoh Pekerja" not in kept
        assert "33110001018" not in kept
        assert "00000000101" not in kept
        assert reader.data_subject(row).nik is None
    assert reader.cells_to_keep(rows[0])[1] == "ZZ990001"


def test_a_row_alone_is_not_taken_for_all_of_them() -> None:
    reader = reader_of("enrollments", HEADER, [])
    refusal = reader.read(rows_of(HEADER, ROWS)[0])
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field) == ("invalid_value", "participant_no")


def test_an_employers_own_row_is_no_roster() -> None:
    header = "npp;nama;nib;tgl_efektif;program;tk_karyawan"
    found = enrolments(["ZZ1;Toko Andai;0000100008811;01/01/2024;JKK,JKM;4"], header)
    assert (found[0].partner.name, found[0].heads.staff) == ("Toko Andai", 4)
