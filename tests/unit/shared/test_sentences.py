"""A refusal's sentence is found again and translated, with its values, whatever it is made of."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from services.registration.writer.list_steps import question
from shared.problems import not_found
from shared.regions import Regions
from shared.web import language, sentence_extraction
from shared.web.sentences import LONGEST_MESSAGE
from tests.unit.registration.reading import read

INDONESIAN = language.load()["id"].sentence


@pytest.mark.parametrize(
    ("english", "indonesian"),
    [
        ("A NIB has exactly 13 digits.", "NIB terdiri atas tepat 13 angka."),
        ("address has at most 500 characters.", "Alamat paling panjang 500 karakter."),
        ("effective_on is not given.", "Tanggal efektif tidak diisi."),
        ("micro takes the first 2 or 3 or 4 of JKK, JKM, JHT, JP, none skipped.",
         "Skala mikro mengikuti 2 atau 3 atau 4 program pertama dari JKK, JKM, JHT, JP, tanpa melewati satu pun."),
        ("This is a PDF document, not a table: save the table as XLSX or CSV and send that.",
         "Ini dokumen PDF, bukan tabel: simpan tabelnya sebagai XLSX atau CSV, lalu kirim."),
        ("The file is empty. What was counted as accepted is kept.",
         "Berkas kosong. Yang sudah terhitung diterima tetap disimpan."),
        (not_found().detail, "Tidak ada apa pun di alamat ini, atau bukan milik Anda."),
        ("Under this key stands a list: give a text or a number.",
         "Pada kunci ini terdapat sebuah larik: isi dengan teks atau angka."),
        ("limit: Input should be less than or equal to 1000", "limit: Paling besar 1000"),
        ("2026-02-30 is no date.", "2026-02-30 is no date."),
        ("Registered from 2026-02-30 on.", "Terdaftar mulai 2026-02-30."),
        ("The refused rows of this upload were deleted on 2026-01-31T20:00:00+00:00.",
         "Baris yang ditolak dari unggahan ini dihapus pada 1 Feb 2026 03.00 WIB."),
        ("Not registered (on a list since 2026-01-31): reminder 2 of 3 on 2026-02-09.",
         "Belum terdaftar (dalam daftar sejak 31 Jan 2026): pengingat 2 dari 3 pada 9 Feb 2026."),
        ("Not registered (on a list since 2026-01-31): reminder 2 of 3 on 2026-02-09. No provider is set up here: the "
         "message goes to the log and reaches nobody.",
         "Belum terdaftar (dalam daftar sejak 31 Jan 2026): pengingat 2 dari 3 pada 9 Feb 2026. Tidak ada penyedia "
         "yang disiapkan di sini: pesan hanya masuk ke log dan tidak sampai kepada siapa pun."),
        ("Something that nobody says.", "Something that nobody says."),
        ("", ""),
    ],
)  # fmt: skip
def test_a_sentence_is_translated_with_its_values(english: str, indonesian: str) -> None:
    assert INDONESIAN(english) == indonesian
    assert language.load()["en"].sentence(english) == english


def test_all_faults_of_a_row_are_translated() -> None:
    (refusal,) = read("partners", "nama usaha;nik;nib;kab_kota;jumlah pekerja", ["Toko;123;45;Solo;banyak"])
    assert isinstance(refusal, Refusal)
    assert INDONESIAN(refusal.detail) == (
        "NIK terdiri atas tepat 16 angka. Juga NIB (invalid_nib): NIB terdiri atas tepat 13 angka. Juga Wilayah "
        "(unknown_region): Tidak ada wilayah dengan nama atau kode ini. Juga Jumlah pekerja (invalid_worker_count): "
        "Bukan satu jumlah orang: tulis dengan angka, misalnya 5 atau 5 orang."
    )


def test_values_with_full_stops_and_braces_stay_whole() -> None:
    ambiguous = Jurisdiction(Regions.load(), ("ID",)).regency("Gorontalo")
    assert isinstance(ambiguous, Refusal)
    assert "Kabupaten Gorontalo (75.01) atau Kota Gorontalo (75.71)" in INDONESIAN(ambiguous.detail)
    assert '{"delisted": 3}' in INDONESIAN(question(10, 3))
    assert INDONESIAN(question(10, 3)).startswith("Semua baris sudah masuk")


@given(st.text(max_size=300) | st.from_regex(r"(A NIB has exactly 13 digits\\. ?|Also |x \\(y\\): )*", fullmatch=True))
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(INDONESIAN(text), str)


def test_a_long_text_costs_no_time() -> None:
    assert INDONESIAN("A NIB. " * 10_000)
    assert INDONESIAN("This may be " + "a or " * 700)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('f"At most {limit >> 20} MiB."', "At most {limit} MiB."),
        ("f\"{field} is one of {', '.join(choices)}.\"", "{field} is one of {choices}."),
        ("f\"{row['name']} and {row['name']} differ.\"", "{name} and {name_2} differ."),
        ('"Plain."', "Plain."),
        ("5", None),
    ],
)
def test_values_of_a_sentence_are_named_after_what_they_are(code: str, found: str | None) -> None:
    assert sentence_extraction.template(ast.parse(code, mode="eval").body) == found


def test_a_message_longer_than_any_of_ours_is_not_looked_for() -> None:
    long = "Not registered (on a list since 2026-01-31): " + "x" * LONGEST_MESSAGE + "."
    assert INDONESIAN(long) == long
    assert INDONESIAN("A NIB has exactly 13 digits. " + long) == "NIB terdiri atas tepat 13 angka. " + long
    assert INDONESIAN(f"{long} A NIB has exactly 13 digits.") == f"{long} A NIB has exactly 13 digits."


def test_many_known_sentences_are_translated_one_by_one() -> None:
    many = 60
    assert INDONESIAN(" ".join(["A NIB has exactly 13 digits."] * many)) == " ".join(
        ["NIB terdiri atas tepat 13 angka."] * many
    )
