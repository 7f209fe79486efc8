"""The header is found wherever it stands, its tiers are joined, and lines that are no rows are skipped for a reason."""

import pytest

from services.registration.intake.files.reading_options import ReadingOptions
from tests.unit.registration.table_reading import field_case, found, read, refusal

LIST = "NO;NAMA USAHA;ALAMAT;KECAMATAN;JUMLAH PEKERJA\n"


def skipped(*lines: str, header: str = LIST) -> dict[str, int]:
    return dict(read(header + "1;Batik Andai;Jl. 1;Grogol;4\n" + "\n".join(lines)).table.skipped_by)


def test_the_line_that_names_most_columns_is_the_header_wherever_it_stands() -> None:
    above = "DATA UMKM\nNama;Kota\n\n" + "catatan;;\n" * 90
    table = read(above + "No;Nama Usaha;Nama Pemilik;NIK;Kota\n1;Sate;Andaiman;;Sukoharjo\n")
    assert table.cells == [("1", "Sate", "Andaiman", "", "Sukoharjo")]
    assert table.table.reading["header_row"] == 94


def test_a_form_above_the_table_is_not_its_header() -> None:
    table = read(field_case("08-"))
    assert (table.table.header[1], table.table.rows, table.table.skipped) == ("Nama Usaha", 2, 0)


def test_names_of_columns_may_be_broken_over_lines() -> None:
    assert read(field_case("06-")).read_as == {
        "No": None,
        "Nama Usaha": "name",
        "Nama Pemilik": "owner",
        "NIK": "nik",
        "Kab/Kota": "region",
        "Jumlah Pekerja": "workers",
    }


def test_two_tiers_of_a_header_are_one() -> None:
    table = read(field_case("07-"))
    assert table.table.header[2:6] == ("NAMA PEMILIK", "NIK PEMILIK", "TENAGA KERJA L", "TENAGA KERJA P")
    assert table.table.rows == 2
    assert table.column("nik") == ["3311004101800003", "3311000202750003"]


def test_a_tier_above_the_line_with_the_names_is_joined_too() -> None:
    table = read(";;DATA PEMILIK;;TENAGA KERJA;\nNO;NAMA USAHA;NAMA;NIK;L;P\n1;Kerupuk;Andaini;;2;3\n")
    assert table.table.header[2:4] == ("NAMA PEMILIK", "NIK PEMILIK")
    assert [table.column(meaning) for meaning in ("owner", "men", "women")] == [["Andaini"], ["2"], ["3"]]


@pytest.mark.parametrize(
    ("upper", "lower", "row", "owner", "name"),
    [
        ("NO;PEMILIK;;;USAHA;", ";NAMA;NIK;NO HP;NAMA;NIB", "1;Andaini Contoh;;086000001842;Kerupuk;", 1, 4),
        ("NO;IDENTITAS PEMILIK;;;DATA USAHA;", ";NAMA;NIK;NO HP;NAMA;NIB", "1;Andaini Contoh;;;Kerupuk;", 1, 4),
        ("No;Nama Usaha;Pemilik;;Lokasi;", ";;Nama;NIK;Kecamatan;Kab/Kota", "1;Kerupuk;Andaini Contoh;;Baki;", 2, 1),
    ],
)
def test_a_tier_above_may_name_columns_that_have_no_parts(
    upper: str, lower: str, row: str, owner: int, name: int
) -> None:
    for title in ("", "DAFTAR UMKM;;;;;\n"):
        table = read(f"{title}{upper}\n{lower}\n{row}\n")
        assert table.rows[0].cells[owner] == table.column("owner")[0] == "Andaini Contoh"
        assert table.rows[0].cells[name] == table.column("name")[0] == "Kerupuk"
        assert (table.table.rows, table.table.skipped) == (1, 0)


def test_names_that_go_on_in_the_next_line_are_joined() -> None:
    for above in ("", "DAFTAR UMKM;;;\n"):
        table = read(above + "NO;NAMA;NAMA;JUMLAH\n;USAHA;PEMILIK;PEKERJA\n1;Kerupuk;Andaini;3\n")
        assert table.read_as == {"NO": None, "NAMA USAHA": "name", "NAMA PEMILIK": "owner", "JUMLAH PEKERJA": "workers"}
        assert table.table.rows == 1


def test_numbering_and_hints_of_a_form_are_no_part_of_a_name() -> None:
    table = read(
        "1. Nama Usaha (sesuai NIB);2) NIK (16 digit)*;c. Kab/Kota;Jumlah Pekerja (orang)\nToko;;Sukoharjo;2\n"
    )
    assert list(table.read_as.values()) == ["name", "nik", "region", "workers"]


def test_a_title_above_the_header_is_no_tier() -> None:
    table = read("DAFTAR UMKM;;\nNO;NAMA USAHA;NIB\n1;Kerupuk;\n")
    assert table.table.header == ("NO", "NAMA USAHA", "NIB")


def test_a_name_under_a_group_of_somebody_else_is_not_the_partners() -> None:
    table = read("NO;NAMA USAHA;NIB;PENDAMPING;\n;;;NAMA;NO HP\n1;Kerupuk;;Orang Lain;086000000001\n")
    assert table.read_as["PENDAMPING NAMA"] is None


def test_a_second_tier_in_capitals_is_one_whatever_its_names() -> None:
    table = read("NO;NAMA USAHA;NIB;MODAL;\n;;;SENDIRI;LUAR\n1;Kerupuk;;5;6\n")
    assert table.table.header[3:] == ("MODAL SENDIRI", "MODAL LUAR")
    assert table.table.rows == 1


def test_the_first_row_is_no_tier_of_the_header() -> None:
    assert read("nama usaha;nib;kab_kota\nToko;;\n").table.rows == 1
    assert read("NO;NAMA USAHA;;KAB/KOTA\n1;Toko;x;Sukoharjo\n").table.rows == 1
    odd = read("No;Nama Usaha;Alamat;;\n;;Jl. Mawar;No 5;\n1;Toko;;;\n")
    assert (odd.table.rows, odd.read_as["Alamat"]) == (2, "address")


@pytest.mark.parametrize(
    "line",
    [
        ";JUMLAH;;;7",
        "JUMLAH TOTAL;;;;7",
        ";SUB TOTAL KEC. GROGOL;;;7",
        "Grand Total;;;;7",
        "Sub-total;;;;7 orang",
        ";;TOTAL KESELURUHAN;;1.250",
        "Jumlah :;7",
        "TOTAL.;7",
        ";Jumlah Kecamatan Baki;;;7",
        ";;;TOTAL UMKM;7",
        "JUMLAH I;;;;Rp 7.000,-",
        ";Jumlah;;;=SUM(E2:E9)",
        "III;JUMLAH;;;7",
        ";JUMLAH;;Kec. Grogol;7",
        "T O T A L;;;;7",
        ";J U M L A H;;;7",
        ";Rata-rata;;;2,5",
        ";Jumlah Laki-laki;;;3",
        "Subjumlah;;;;7",
        "JUMLAH/TOTAL;;;;7",
        "Pindahan;;;;7",
        "Jumlah Pelaku Usaha;;;;7",
    ],
)
def test_sums_are_no_rows_wherever_their_word_stands(line: str) -> None:
    assert skipped(line) == {"sum": 1}


@pytest.mark.parametrize(
    "line",
    [
        "2;Total Motor;;;7",
        "2;Jumlah Jaya;Jl. 2;Baki;7",
        "2;Total;Jl. 2;Baki;7",
        ";Totalindo;;;7",
        "2;Toko;;;",
        "2;Rata-Rata Kopi;;;7",
        "2;Pindahan Jaya;;;7",
    ],
)
def test_a_business_that_is_called_like_a_sum_is_a_row(line: str) -> None:
    assert skipped(line) == {}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (";;;;", "blank"),
        (" ; ;\t; ;", "blank"),
        ("8;;;;", "blank"),
        ("-;-;-;-;-", "blank"),
        ("---;---;---;---;---", "blank"),
        (";;;;(orang)", "column_numbers"),
        (";(dalam juta rupiah);;;(org)", "column_numbers"),
        ("(ANEKA JAYA);;;;", "section_title"),
        (";;(ANEKA JAYA);;", "section_title"),
        (";A. USAHA MIKRO;;;", "section_title"),
        (";b. kecamatan baki;;;", "section_title"),
        (";II. KULINER;;;", "section_title"),
        (";;;Sukoharjo, ..... 2026;", "note"),
        ("1;2;3;4;5", "column_numbers"),
        ("(1);(2);(3);(4);(5)", "column_numbers"),
        ("-1;-2;-3;-4;-5", "column_numbers"),
        ("I;II;III;IV;V", "column_numbers"),
        ("a;b;c;d;e", "column_numbers"),
        ("k1;k2;k3;k4;k5", "column_numbers"),
        ("No;Nama UMKM;Alamat Usaha;Kec;Jml TK", "repeated_header"),
        ("Petugas;Andi;;;", "note"),
        ("No HP;081234567890;;;", "note"),
        ("Sumber Data : Dinas, 2026;;;;", "note"),
        ("1. Data belum lengkap;;;;", "note"),
        ("NO;NAMA USAHA;ALAMAT;KECAMATAN;JUMLAH PEKERJA", "repeated_header"),
        ("No.;Nama Usaha;Alamat;Kecamatan;Jumlah pekerja", "repeated_header"),
        ("A;B;C;D;E", "column_numbers"),
        ("KECAMATAN GROGOL;;;;", "section_title"),
        ("I;KULINER;;;", "section_title"),
        (";Rekapitulasi;;;5", "sum"),
        (";REKAP KEC. GROGOL;;;5", "sum"),
        ("Jlh;;;;5", "sum"),
        ("B.;Kecamatan Baki;;;", "section_title"),
        ("KECAMATAN GROGOL", "section_title"),
        (";Desa Cemani;;;", "section_title"),
        ("Kuliner;;;;", "section_title"),
        ("Sumber: Dinas Koperasi;;;;", "note"),
        ("*) data sementara;;;;", "note"),
        (";;;Sukoharjo, 31 Januari 2026;", "note"),
        (";;;Kepala Dinas Koperasi;", "note"),
        (";;;NIP. 197001011990031001;", "note"),
    ],
)
def test_lines_that_are_no_rows_are_skipped_for_a_reason(line: str, reason: str) -> None:
    assert skipped(line) == {reason: 1}


def test_three_tiers_of_a_header_are_one() -> None:
    head = "NO;NAMA USAHA;TENAGA KERJA;;;;NIK\n;;LAKI-LAKI;;PEREMPUAN;;\n;;TETAP;TIDAK TETAP;TETAP;TIDAK TETAP;\n"
    table = read(head + "1;Toko;1;2;3;4;3311004101800002\n")
    assert (table.table.rows, table.column("nik")) == (1, ["3311004101800002"])
    assert table.table.header[2] == "TENAGA KERJA LAKI-LAKI TETAP", "a part of the workers is not their number"
    assert "workers" not in table.read_as.values()


@pytest.mark.parametrize(
    "head",
    [
        "NO;IDENTITAS;;;USAHA;;KETERANGAN\n;PEMILIK;;;NAMA USAHA;TENAGA KERJA;\n;NAMA;NIK;HP;;L;P\n",
        "NO;DATA UMUM;;;;;KET\n;PEMILIK;;;USAHA;;\n;NAMA;NIK;HP;NAMA;ALAMAT;\n",
        "NO;DATA UMUM;;;;;KET\n;NAMA;NIK;HP;NAMA;ALAMAT;\n;PEMILIK;PEMILIK;PEMILIK;USAHA;USAHA;\n",
    ],
)
def test_the_highest_of_three_tiers_names_the_columns_that_have_no_name_below(head: str) -> None:
    table = read(f"DAFTAR UMKM;;;;;;\n{head}1;Ani;3311004101800002;08600000001;Toko;2;3\n")
    assert (table.table.rows, table.column("nik")) == (1, ["3311004101800002"])
    assert (table.column("owner"), table.column("name")) == (["Ani"], ["Toko"])


def test_a_letter_before_a_place_heads_a_section_in_a_narrow_table_too() -> None:
    rows = "A;KECAMATAN GROGOL;;\n1;Ani;3311004101800002;Jl A\nB.;Kec. Baki;;\n1;Budi;;\nC;Cipta;;\n"
    table = read(f"NO;NAMA;NIK;ALAMAT\n{rows}")
    assert table.column("name") == ["Ani", "Budi", "Cipta"]


@pytest.mark.parametrize(
    "below", ["No;NIK;Nama Koperasi;Nama Ketua;Karyawan\n1;3311;Koperasi;Umar;4", "Nama Usaha;NIB;No HP;;\nToko;;08;;"]
)
def test_a_second_table_is_not_read_by_the_columns_of_the_first(below: str) -> None:
    assert "another table" in refusal(f"{LIST}1;Toko;;;\n\n{below}\n").detail
    assert read(f"{LIST}1;Toko;;;\n\n{below}\n", header_row=4).table.rows == 1


def test_the_signature_of_a_subdistrict_needs_no_other_word() -> None:
    assert skipped(";Camat Grogol,;;;\n;;;;\n;Drs. Contoh Pejabat;;;") == {"note": 2, "blank": 1}


def test_a_signature_reaches_to_the_end_of_the_file() -> None:
    lines = (";;;;", ";;;Mengetahui,;", ";;;Kepala Dinas;", ";;;;", ";;;Drs. Contoh, M.Si;", ";;;NIP. 1970010119;")
    assert skipped(*lines) == {"blank": 2, "note": 4}


@pytest.mark.parametrize(
    "line",
    [
        "1,Toko,Jl. 1,Grogol,4",
        "2;Catatan Kopi;Jl. 2;;",
        ";Kepala Dapur;;;",
        "2;Toko;;;",
        ";Toko;;;",
        "x;Desa Wisata;Jl. 2;;",
        ";(ANEKA JAYA);;;",
        "2;(ANEKA JAYA);;;",
        "2;(ANEKA JAYA);(Depan Pasar);;",
        ";H. Slamet;;;",
        ";H. SLAMET;;;",
        ";A. Yani Motor;;;",
        ";CV. ANEKA;;;",
        ";Desa Wisata Andai;;;",
        ";Sumber Rejeki, Sejak 1998;;;",
    ],
)
def test_what_may_be_a_row_is_one(line: str) -> None:
    assert skipped(line) == {}


def test_every_line_below_the_header_is_accounted_for() -> None:
    lines = [";JUMLAH;;;7", "", "", "KECAMATAN BAKI", "2;Toko;Jl. 2;Baki;1", "x;y", ";;;;;;;", "1;2;3;4;5"]
    table = read(LIST + "\n".join(lines)).table
    assert (table.rows, table.skipped, table.rows + table.skipped) == (2, 6, len(lines))


def test_the_field_case_of_sums_has_two_rows() -> None:
    assert read(field_case("04-")).table.skipped_by == {"sum": 4, "blank": 1}


def test_a_form_with_everything_that_stands_around_a_table_is_read() -> None:
    content = """DINAS KOPERASI DAN UKM;;;;;;
DATA UMKM TAHUN 2025;;;;;;
;;;;;;
NO;NAMA USAHA;PEMILIK;;ALAMAT;TENAGA KERJA;
;;NAMA;NIK;;L;P
1;2;3;4;5;6;7
I;KECAMATAN GROGOL;;;;;
1;Tahu Andai;Contohwati;3311004101800003;Jl. 1;2;1
2;Roti Rekaan;Contohno;;Jl. 2;1;
;Jumlah I;;;;3;1
II;KECAMATAN BAKI;;;;;
1;Jamu Misal;Misalwati;;Jl. 3;;2
;JUMLAH TOTAL;;;;3;3
;;;;;;
;;;;Sukoharjo, 31 Desember 2025;;
;;;;Kepala Dinas;;
;;;;CONTOH PEJABAT, S.E., M.M;;
;;;;Pembina Utama Muda;;
;;;;NIP. 00000000 000000 0 000;;
"""
    table = read(content)
    assert table.column("name") == ["Tahu Andai", "Roti Rekaan", "Jamu Misal"]
    expected = {"column_numbers": 1, "section_title": 2, "sum": 2, "blank": 1, "note": 5}
    assert table.table.skipped_by == expected


@pytest.mark.parametrize("name", ["real-headers/k-", "real-headers/l-"])
def test_a_table_of_totals_is_refused_as_a_whole(name: str) -> None:
    assert "table of totals" in refusal(field_case(name)).detail


def test_a_list_in_which_nobody_is_named_is_refused_as_a_whole() -> None:
    assert "No column names" in refusal("alamat;kab_kota;nib\nJl. 1;Sukoharjo;\n").detail


def test_the_upload_may_say_where_the_header_is() -> None:
    content = "nama usaha;nib;kab_kota\nDAFTAR\nnama usaha;x\nToko;1\n"
    table = read(content, header_row=3)
    assert (table.cells, table.table.reading["header_row"]) == ([("Toko", "1")], 3)
    assert refusal(content, header_row=90).field == "header_row"


def test_the_upload_may_say_what_a_column_means() -> None:
    content = "merek;wilayah;nib\nToko;Sukoharjo;\n"
    assert "No column names" in refusal(content).detail
    table = read(content, columns={"Merek": "name"})
    assert table.cells == [("Toko", "Sukoharjo", "")]


def test_a_column_that_the_file_does_not_have_is_refused_by_name() -> None:
    refused = refusal("nama usaha;nib\nToko;\n", columns={"Merek": "name"})
    assert (refused.field, "'Merek'" in refused.detail) == ("columns", True)


def test_only_workbooks_have_sheets() -> None:
    assert refusal("nama usaha;nib\nToko;\n", sheet="DATA").field == "sheet"


def test_options_that_are_given_survive_being_kept() -> None:
    options = ReadingOptions(header_row=3, columns={"Merek": "name"}, date_order="mdy")
    assert ReadingOptions(**options.to_json()) == options
    assert ReadingOptions().to_json() == {}


@pytest.mark.parametrize("name", list("abcdefg"))
def test_headers_as_found_in_use_are_read_with_all_their_rows(name: str) -> None:
    content = field_case(f"real-headers/{name}-")
    table = read(content)
    assert table.table.rows == len(content.strip().splitlines()) - 1
    assert "name" in table.read_as.values()
    assert found(content)


def test_a_sum_is_one_wherever_it_stands_beside_figures() -> None:
    header = "Kecamatan;Desa;Nama Usaha;Pemilik;No HP\n"
    table = read(header + "Grogol;Cemani;Toko A;Ali C;\nTOTAL GROGOL;;3;;\n;Jmlh;;;3\nTotal Indah;;Toko B;Bli C;\n")
    assert table.column("name") == ["Toko A", "Toko B"]
    assert table.table.skipped_by == {"sum": 2}


def test_two_tables_beside_each_other_are_refused() -> None:
    half = "No;Nama Usaha;Pemilik;No HP"
    beside = refusal(f"{half};;{half}\n1;Toko A;Ali C;0860;;2;Toko B;Bli C;0861\n")
    assert beside.detail.startswith("Two tables stand beside each other")
    assert read(f"{half};No HP;Alamat;Alamat\n1;Toko A;Ali C;0860;0861;Jl. 1;Jl. 2\n").table.rows == 1
