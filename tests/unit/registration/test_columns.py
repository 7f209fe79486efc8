"""What a column means, by a header spelled as forms and spreadsheets spell it."""

import pytest

from services.registration.intake import column_vocabulary, columns, header_spelling
from services.registration.intake.columns import FileKind
from services.registration.intake.commands import ListPartner, RecordStatement
from tests.unit.registration.reading import codes, read


def read_as(kind: FileKind, *header: str) -> list[str | None]:
    return columns.read_as(kind, header)


@pytest.mark.parametrize(
    ("meaning", "headers"),
    [
        ("name", ["NAMA UMKM / USAHA", "Nama Usaha / Koperasi", "Nama Usaha (Merk Dagang)", "NamaUsaha", "Nm. Usaha"]),
        ("name", ["Nama Badan Usaha/Perusahaan", "nama-usaha", "Nama Usaha*", "Nama Kios", "Nama UMKM/IKM"]),
        ("owner", ["Nama Pemilik/Pengurus", "Pemilik / Pengelola", "Nama Pemilik (sesuai KTP)", "Nama Pelaku UMKM"]),
        ("nik", ["N I K", "Nomor Induk Kependudukan (NIK)", "NIK (16 digit)", "No KTP/NIK Pemilik", "NIK e-KTP"]),
        ("nib", ["Nomor Induk Berusaha (NIB)", "NIB (13 digit)", "Nomor NIB (Nomor Induk Berusaha)", "NIB (jika ada)"]),
        ("nik_koperasi", ["Nomor Induk Koperasi (NIK)", "NIK (Nomor Induk Koperasi)", "No. NIK Koperasi"]),
        ("phone", ["No. Telp / HP (WA)", "No.HP/Telp", "Nomor HP / WhatsApp Aktif", "Kontak (HP)", "No. Handphone/WA"]),
        ("email", ["Email (aktif)", "Alamat Email Aktif", "E mail"]),
        ("address", ["Alamat (Jalan, RT/RW)", "Alamat Lengkap Usaha", "Alamat Kantor"]),
        ("region", ["Kab./Kota", "Kabkota", "Kab/Kota Domisili", "KABUPATEN / KOTA"]),
        ("workers", ["Jml. Tenaga Kerja (Orang)", "Jumlah TK", "Jml Karyawan (org)", "Banyaknya Tenaga Kerja"]),
        ("workers", ["Jumlah Karyawan/Pekerja", "Jml TK (Org)"]),
        ("men", ["TK (L)", "Naker L", "TK Laki-Laki (orang)"]),
        (
            "status",
            ["Aktif/Tidak Aktif", "Status Usaha (Aktif/Tidak)", "Aktif?", "Kondisi Usaha", "Status Operasional"],
        ),
        ("name", ["Nama Usaha Mikro", "Nama Outlet", "Nama Tempat Usaha", "Nama Kelompok Usaha", "Nama BUMDes"]),
        ("owner", ["Penanggung Jawab", "Ketua", "Nama Pemilik UMKM", "Narahubung", "Nama KTP", "Nama Direktur Utama"]),
        ("nik", ["NIK sesuai KTP", "NIK Pelaku UMKM", "No. Identitas (KTP)", "NIK KTP Pemilik"]),
        ("nib", ["NIB / IUMK", "NIB Usaha", "Izin Usaha (NIB)", "Legalitas NIB", "NIB OSS RBA"]),
        ("phone", ["Ponsel", "WA", "WhatsApp Aktif", "Telp/Fax", "Nomor Telepon Usaha", "No. Telp Pemilik"]),
        ("email", ["Email Aktif", "Surat Elektronik", "Email Perusahaan"]),
        ("region", ["Kab/Kota Tempat Usaha", "Kabupaten Usaha", "Lokasi (Kab/Kota)", "Kabkot"]),
        ("workers", ["Penyerapan Tenaga Kerja", "Total Karyawan", "Jumlah SDM"]),
        ("scale", ["Kategori Usaha", "Kriteria Usaha"]),
        ("date", ["Tanggal Pendataan", "Tgl. Input"]),
    ],
)
def test_a_column_of_a_list_is_known_however_it_is_spelled(meaning: str, headers: list[str]) -> None:
    for header in headers:
        assert read_as("partners", header, "Alamat Email" if meaning != "email" else "Nama Usaha")[0] == meaning, header


@pytest.mark.parametrize(
    ("kind", "meaning", "headers"),
    [
        ("enrollments", "participant_no", ["No. Peserta/KPJ", "Nomor Peserta BPJS Ketenagakerjaan"]),
        ("enrollments", "effective_on", ["Tanggal Efektif Kepesertaan", "TMT Kepesertaan", "Tgl. Mulai Kepesertaan"]),
        ("enrollments", "until", ["Tanggal Akhir Kepesertaan", "Tgl Akhir"]),
        ("enrollments", "effective_on", ["Tanggal Aktif", "Tgl Terdaftar", "Mulai Kepesertaan", "Tanggal Registrasi"]),
        ("enrollments", "until", ["Tanggal Berhenti", "Berakhir", "s/d", "Berlaku Sampai", "Tgl. Selesai"]),
        ("enrollments", "participant_no", ["ID Peserta", "No. BPJSTK", "Nomor BPJS Ketenagakerjaan"]),
        ("enrollments", "programmes", ["Program Jaminan", "Jenis Program", "Program Kepesertaan"]),
        ("enrollments", "segment", ["Kategori Peserta", "Tipe Kepesertaan"]),
        ("claims", "amount", ["Nominal Bayar", "Jumlah Dibayar", "Nilai Santunan", "Total Manfaat"]),
        ("claims", "status", ["Status Pembayaran"]),
        ("targets", "from", ["Tgl Awal", "Periode Mulai", "Dari"]),
        ("targets", "until", ["Tanggal Akhir", "Sampai Dengan", "Periode Akhir"]),
        ("targets", "value", ["Jumlah Target", "Target Peserta"]),
        ("briefings", "held_on", ["Hari/Tanggal", "Tanggal Kegiatan"]),
        ("attendance", "name", ["Asal Usaha", "Utusan", "Perwakilan dari", "Asal Koperasi"]),
        ("agreements", "number", ["No. PKS", "Nomor MoU"]),
        ("agreements", "title", ["Judul PKS", "Nama Perjanjian"]),
        ("agreements", "party_1", ["Pihak I", "Pihak Kesatu"]),
        ("agreements", "date", ["Tanggal Penandatanganan", "Tgl TTD"]),
        ("claims", "amount", ["Nilai Klaim (Rp)", "Jumlah Klaim (Rp)", "Nominal Klaim"]),
        ("claims", "paid_on", ["Tgl Pembayaran", "Tanggal Dibayar"]),
        ("claims", "occurred_on", ["Tanggal Kejadian", "Tanggal Kecelakaan"]),
    ],
)
def test_a_column_of_other_kinds_too(kind: FileKind, meaning: str, headers: list[str]) -> None:
    for header in headers:
        assert read_as(kind, header) == [meaning], header


@pytest.mark.parametrize(
    "header",
    ["Nama/Alamat", "NIK/No KK", "Tempat/Tanggal Lahir", "Telp/Email", "Tenaga Kerja (Tetap)", "Status Kepesertaan",
     "NIK Ketua", "NIK Istri", "No KK", "Nama Ibu Kandung", "Tgl Lahir", "Alamat (Rumah)"],
)  # fmt: skip
def test_a_column_of_two_things_or_of_something_else_is_not_read(header: str) -> None:
    assert read_as("partners", "Nama Usaha", header) == ["name", None]


def test_a_name_as_it_is_listed_counts_before_another_spelling_of_it() -> None:
    assert read_as("partners", "Nama UMKM / Usaha", "Nama Usaha") == [None, "name"]
    assert read_as("partners", "No Induk Berusaha OSS", "NIB OSS", "NIB") == [None, None, "nib"]


@pytest.mark.parametrize(
    ("header", "order"),
    [
        (("Nama", "No Telp", "No WA"), [2, 1]),
        (("Nama", "Telepon", "No HP", "WhatsApp"), [3, 2, 1]),
        (("Nama", "No. Telp / HP (WA)", "Telp"), [1, 2]),
        (("Nama", "Telp", "Kontak"), [1, 2]),
    ],
)
def test_all_columns_of_phones_are_read_whatsapp_and_mobile_first(header: tuple[str, ...], order: list[int]) -> None:
    found = columns.meanings("partners", header)
    assert [found[each] for each in columns.PHONES if each in found] == order
    assert all(columns.read_as("partners", header)[column] == "phone" for column in order)


def test_an_upload_may_say_which_columns_are_phones() -> None:
    header = "Nama", "No Telp", "No WA", "Kontak Dua"
    assert columns.meanings("partners", header, {"No Telp": "phone"}) == {"name": 0, "phone": 1}
    both = columns.meanings("partners", header, {"No Telp": "phone", "Kontak Dua": "phone"})
    assert both == {"name": 0, "phone": 1, "phone_2": 3}
    assert "phone_2" not in columns.meanings("partners", header, {"No WA": ""})


@pytest.mark.parametrize(
    ("row", "phone", "warned"),
    [
        ("Toko;(0271) 123456;0860 0000 1234", "+6286000001234", False),
        ("Toko;086000005678;0860 0000 1234", "+6286000001234", False),
        ("Toko;086000005678;", "+6286000005678", False),
        ("Toko;086000005678;123", "+6286000005678", False),
        ("Toko;(0271) 123456;123", None, True),
        ("Toko;;-", None, False),
    ],
)
def test_the_first_phone_that_can_be_used_is_taken(row: str, phone: str | None, warned: bool) -> None:
    (answer,) = read("partners", "Nama Usaha;No Telp;No WA", [row])
    assert isinstance(answer, ListPartner)
    assert (answer.contact.phone, "phone_unusable" in answer.warnings) == (phone, warned)


def test_a_person_who_runs_a_business_is_its_owner_beside_its_name() -> None:
    assert read_as("partners", "Nama Pelaku Usaha", "Nama Usaha") == ["owner", "name"]
    assert read_as("partners", "Nama Pelaku Usaha", "NIB") == ["name", "nib"]


def test_who_is_in_charge_of_a_cooperative_does_not_make_its_number_a_persons() -> None:
    (answer,) = read("partners", "Nama Koperasi;NIK;Ketua", ["Koperasi Andai;3311000000901;Contohwati Satu"])
    assert isinstance(answer, ListPartner)
    assert (answer.partner.nik_koperasi, answer.owner) == ("3311000000901", "Contohwati Satu")


def test_a_list_of_cooperatives_and_others_is_not_one_of_cooperatives() -> None:
    assert not columns.of_cooperatives(("Nama Koperasi/UMKM", "NIK"))
    assert read_as("partners", "Nama Koperasi/UMKM", "NIK") == ["name", "nik"]


@pytest.mark.parametrize("kind", columns.KINDS)
def test_no_two_meanings_share_a_plain_name(kind: FileKind) -> None:
    meant: dict[str, str] = {}
    for meaning, names in column_vocabulary.VOCABULARY[kind].items():
        for name in names:
            assert meant.setdefault(header_spelling.plain(name), meaning) == meaning or name in shared(kind), name


def shared(kind: FileKind) -> set[str]:
    """Names that stand under two meanings: a roster's number of the employer and of the worker."""
    named = [name for names in column_vocabulary.VOCABULARY[kind].values() for name in set(names)]
    return {name for name in named if named.count(name) > 1}


def test_of_two_addresses_the_one_of_the_business_is_read() -> None:
    assert read_as("partners", "Nama Usaha", "Alamat", "Alamat Usaha") == ["name", None, "address"]


def test_the_nik_of_a_list_of_cooperatives_is_theirs_beside_the_nik_of_their_chair() -> None:
    (answer,) = read(
        "partners", "NAMA KOPERASI;NIK;NAMA KETUA;NIK KETUA", ["KSP A;3311000000901;Ali C;3311000101800041"]
    )
    assert isinstance(answer, ListPartner)
    assert (answer.partner.nik_koperasi, answer.partner.nik) == ("3311000000901", None)


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("Email Address", "email"),
        ("No. HP Ketua", "phone"),
        ("No Telp Koperasi", "phone"),
        ("NIB / No. Izin", "nib"),
        ("Nama Kelompok", "name"),
        ("Kabupaten Domisili", "region"),
        ("Uraian Skala Usaha", "scale"),
    ],
)
def test_a_column_says_whose_it_is(header: str, meaning: str) -> None:
    assert read_as("partners", header)[0] == meaning


def test_whoever_signed_nothing_may_be_told_in_the_column_of_signatures() -> None:
    header = "Nama;Instansi/Usaha;Paraf"
    assert codes(read("attendance", header, ["Ali;Toko A;v", "Bli;Toko B;", "Cli;Toko C;tidak hadir"])) == [
        None,
        None,
        "invalid_value",
    ]


ENROLMENT = "no_peserta;nama;tgl_efektif;program;tgl_nonaktif;status kepesertaan"


def test_a_participant_who_is_said_to_be_inactive_is_not_enrolled_without_an_end() -> None:
    rows = [
        f"Z{n};Toko {n};01/01/2024;JKK,JKM;{rest}"
        for n, rest in enumerate([";Aktif", ";Non Aktif", "1/1/2025;Nonaktif"])
    ]
    assert codes(read("enrollments", ENROLMENT, rows)) == [None, "inactive", None]


TARGET = "kode_wilayah;kampanye;mulai;selesai;sasaran;satuan"


@pytest.mark.parametrize(
    ("unit", "measure"),
    [
        ("UMKM", "enrolled"),
        ("koperasi/UMKM", "enrolled"),
        ("", "enrolled"),
        ("Pekerja", "workers"),
        ("Tenaga Kerja", "workers"),
        ("Koperasi", "cooperatives"),
        ("Persen", None),
        ("%", None),
    ],
)
def test_what_a_target_counts_is_said_by_its_unit(unit: str, measure: str | None) -> None:
    (answer,) = read("targets", TARGET, [f"33.11;P;01/01/2026;31/12/2026;50;{unit}"])
    assert (answer.fields["measure"] if isinstance(answer, RecordStatement) else None) == measure


def test_a_measure_may_be_written_in_capitals() -> None:
    header = "kode_wilayah;kampanye;mulai;selesai;sasaran;indikator"
    (answer,) = read("targets", header, ["33.11;P;01/01/2026;31/12/2026;50;UMKM"])
    assert isinstance(answer, RecordStatement)
    assert answer.fields["measure"] == "umkm"


def test_an_agreement_may_hold_without_an_end() -> None:
    (answer,) = read("agreements", "judul;tanggal;mulai;berakhir", ["PKS;30/09/2021;01/10/2021;seumur hidup"])
    assert isinstance(answer, RecordStatement)
    assert "until" not in answer.fields


def test_those_marked_as_not_active_are_not_listed() -> None:
    rows = ["KSP A;V;", "KSP B;;V", "KSP C;;-", "KSP D;1;0"]
    assert codes(read("partners", "Nama Koperasi;Aktif;Tidak Aktif", rows)) == [None, "inactive", None, None]
