"""How tables are called, and their columns and fixed words titled, for a person's spreadsheet in Indonesian.

Programs get the names of the contract. Titles of what may be sent again are among those that we read (`column_names`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

FILES: Final = {
    "agreements": "perjanjian",
    "audit": "jejak-audit",
    "briefings": "sosialisasi",
    "rejected": "ditolak",
    "targets": "target",
    "unregistered": "belum-terdaftar",
}
TITLES: Final = {
    "action": "Tindakan",
    "actor": "Pelaku",
    "address": "Alamat",
    "agency": "Instansi",
    "at": "Waktu",
    "batch": "Angkatan",
    "contact_person": "Nama Pemilik",
    "date": "Tanggal",
    "email": "Email",
    "enrolled_on_the_day": "Terdaftar pada Hari Itu",
    "from": "Mulai",
    "guests": "Tamu",
    "hash": "Sidik",
    "held_on": "Tanggal Pelaksanaan",
    "id": "ID",
    "in_force": "Berlaku",
    "key_id": "Kunci",
    "inactive": "Tidak aktif",
    "kind": "Jenis Usaha",
    "list": "Daftar",
    "listed": "Ada dalam Daftar",
    "measure": "Ukuran",
    "name": "Nama Usaha",
    "nib": "NIB",
    "nik": "NIK",
    "nik_koperasi": "NIK Koperasi",
    "not_registered": "Belum Terdaftar",
    "number": "Nomor",
    "over_quota": "Di Atas Kuota",
    "parties": "Para Pihak",
    "partner_id": "ID Partner Payung",
    "phone": "No HP",
    "present": "Hadir",
    "quota": "Kuota",
    "recorded": "Tercatat",
    "ref": "No Referensi",
    "region": "Kode Wilayah",
    "region_name": "Kabupaten/Kota",
    "registered_within_90_days": "Terdaftar dalam 90 Hari",
    "scale": "Skala",
    "source": "Sumber",
    "subjects": "Tentang",
    "title": "Judul",
    "unit": "Satuan",
    "until": "Selesai",
    "value": "Sasaran",
    "workers": "Jumlah Tenaga Kerja",
}
WORDS: Final = {
    "business": "Badan Usaha",
    "cooperative": "Koperasi",
    "individual": "Perorangan",
    "large": "Besar",
    "medium": "Menengah",
    "micro": "Mikro",
    "small": "Kecil",
    "unknown": "",
    "true": "ya",
    "false": "tidak",
}
"""What stands in these columns, as we read it."""
OF_WORDS: Final = ("kind", "scale", "in_force")


def titled(names: Sequence[str], of_table: Mapping[str, str]) -> list[str]:
    """`of_table`: the titles of columns that mean something else in this table."""
    return [of_table.get(name) or TITLES[name] for name in names]


def worded(names: Sequence[str], cells: Sequence[Any]) -> list[Any]:
    """A row's cells with our words in Indonesian."""
    return [WORDS.get(cell, cell) if name in OF_WORDS else cell for name, cell in zip(names, cells, strict=True)]
