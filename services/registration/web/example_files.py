"""A small workbook for each kind of file: the headers that are understood best, and two rows of nobody."""

from tempfile import TemporaryFile
from typing import IO, Final

from shared.spreadsheet_workbook import WorkbookWriter

REGION: Final = "{region}"
"""Stands for a regency of the agency's own."""

_BUSINESSES = (
    (
        "Nama Usaha",
        "Nama Pemilik",
        "NIK",
        "NIB",
        "Kabupaten/Kota",
        "Alamat",
        "No HP",
        "Jumlah Tenaga Kerja",
        "Jenis Usaha",
    ),
    ("Toko Contoh Satu", "Contoh Satu", "", "", REGION, "Jl. Contoh No. 1", "081200000001", "3", "Mikro"),
    ("Warung Contoh Dua", "Contoh Dua", "", "", REGION, "Jl. Contoh No. 2", "081200000002", "1", "Mikro"),
)
_PERSONS = (
    ("Nama", "NIK", "Kabupaten/Kota", "Alamat", "No HP", "Pekerjaan"),
    ("Contoh Satu", "3311014101900001", REGION, "Jl. Contoh No. 1", "081200000001", "Pedagang"),
    ("Contoh Dua", "3311010202910002", REGION, "Jl. Contoh No. 2", "081200000002", "Nelayan"),
)
_ENROLMENTS = (
    ("No Peserta", "Nama Usaha", "NIK", "Kabupaten/Kota", "Segmen", "Program", "Tanggal Mulai", "Tanggal Berakhir"),
    ("CONTOH-0001", "Toko Contoh Satu", "", REGION, "BPU", "JKK, JKM", "01/07/2025", ""),
    ("CONTOH-0002", "Warung Contoh Dua", "", REGION, "BPU", "JKK, JKM, JHT", "15/07/2025", "31/12/2025"),
)
_CLAIMS = (
    ("No Klaim", "No Peserta", "Program", "Tanggal Kejadian", "Tanggal Bayar", "Nilai", "Status"),
    ("CONTOH-K1", "CONTOH-0001", "JKK", "03/09/2025", "20/09/2025", "1500000", "dibayar"),
    ("CONTOH-K2", "CONTOH-0002", "JKM", "05/10/2025", "", "42000000", "diajukan"),
)
_TARGETS = (
    ("Kabupaten/Kota", "Kampanye", "Mulai", "Selesai", "Sasaran", "Ukuran"),
    (REGION, "Contoh gerakan pekerja rentan", "01/01/2025", "31/12/2025", "200", "enrolled"),
    (REGION, "Contoh gerakan nelayan", "01/07/2025", "31/12/2025", "50", "enrolled"),
)
_BRIEFINGS = (
    ("Angkatan", "Tanggal", "Nama Kegiatan", "Kuota", "Hadir", "Kabupaten/Kota"),
    ("1", "10/06/2025", "Sosialisasi contoh pertama", "40", "35", REGION),
    ("2", "17/06/2025", "Sosialisasi contoh kedua", "40", "38", REGION),
)
_ATTENDANCE = (
    ("Nama Peserta", "Nama Usaha", "NIK", "Kabupaten/Kota", "No HP", "Hadir"),
    ("Contoh Satu", "Toko Contoh Satu", "", REGION, "081200000001", "ya"),
    ("Contoh Dua", "Warung Contoh Dua", "", REGION, "081200000002", "ya"),
)
_AGREEMENTS = (
    ("Nomor", "Judul", "Pihak 1", "Pihak 2", "Tanggal", "Kabupaten/Kota"),
    ("CONTOH/1/2025", "Perjanjian kerja sama contoh", "Dinas Contoh", "Kantor Contoh", "05/02/2025", REGION),
    ("CONTOH/2/2025", "Nota kesepahaman contoh", "Dinas Contoh", "Kantor Contoh", "06/02/2025", REGION),
)
TABLES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "partners": _BUSINESSES,
    "persons": _PERSONS,
    "enrollments": _ENROLMENTS,
    "claims": _CLAIMS,
    "targets": _TARGETS,
    "briefings": _BRIEFINGS,
    "attendance": _ATTENDANCE,
    "agreements": _AGREEMENTS,
}


def rows(kind: str, region: str) -> list[list[str]]:
    """The header, and two rows in this regency."""
    return [[cell.format(region=region) for cell in row] for row in TABLES[kind]]


def workbook(kind: str, region: str) -> IO[bytes]:
    """A temporary file, to be closed by whoever sends it."""
    header, *examples = rows(kind, region)
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it
    writer = WorkbookWriter(file, header)
    writer.add(examples)
    writer.close()
    file.seek(0)
    return file
