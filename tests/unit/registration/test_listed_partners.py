"""Rows as agencies write them become as many partners as they mean."""

import base64
from datetime import date

import pytest

from services.registration.identity import listed_rows, matching
from services.registration.identity.profile import Row
from services.registration.intake.commands import ListPartner
from services.registration.intake.contexts import UploadContext
from services.registration.intake.files import tables
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.orders import Order
from services.registration.vault import Vault
from shared.regions import Regions

VAULT = Vault(base64.b64encode(bytes(32)).decode())
KIOSKS = (
    "Nama;Kegiatan;Kecamatan;Wilayah;Kategori;Alamat;No HP;lat;lng",
    "Kios Tahu;Menjual aneka tahu;Grogol;Sukoharjo;Dagang;Pasar Contoh Los A1;086000001951;-7.56339;110.83820",
    "Kios Tahu;menjual berbagai jenis tahu;Baki;Sukoharjo;Dagang;Pasar Misal Los C4;086000001952;-7.56322;110.83814",
    "Kios Tahu;menjual tahu dan tempe;Bulu;Sukoharjo;Dagang;Pasar Rekaan Kios 9;086000001953;-7.56326;110.83819",
    "Warung Makan;menjual makanan;Weru;Sukoharjo;Kuliner;Jl. Umpama 14;086000001954;-7.55426;110.78567",
    "Warung Makan;menjual aneka masakan;Nguter;Sukoharjo;Kuliner;Jl. Ibarat 70;086000001955;-7.58336;110.82696",
)
SPELLINGS = (
    "Nama Usaha;Alamat;Jumlah Pekerja",
    "CV. Andai Makmur;Jl. Umpama 1;4",
    "C.V. Andai Makmur;Jl. Umpama 1;4",
    "Andai Makmur, CV;Jl. Umpama 1;4",
    "P.T. Rekaan Abadi;Jl. Ibarat 2;9",
    "PT REKAAN ABADI;Jl. Ibarat 2;9",
    "REKAAN ABADI PT;Jl. Ibarat 2;9",
    "KSP Misal Sejahtera;Jl. Contoh 3;3",
    "Koperasi Simpan Pinjam (KSP) Misal Sejahtera;Jl. Contoh 3;3",
    "KSU Peraga Tani;Jl. Contoh 5;2",
    "Koperasi Serba Usaha (KSU) Peraga Tani;Jl. Contoh 5;2",
)
COOPERATIVES = (
    "nomor_induk_koperasi;nama_koperasi;status_koperasi",
    "0;Koperasi Konsumen Andai Makmur;Aktif",
    "0;Koperasi Jasa Rekaan Sentosa;Aktif",
    "0;Koperasi Produsen Misal Tani;Aktif",
    "BELUM ADA;Koperasi Wanita Peraga;Aktif",
    "Belum ada;Koperasi Simpan Pinjam Tiruan;Aktif",
)
QUOTED = (
    "Nama Usaha;Alamat",
    "Roti “Bu Andai”;Jl. Umpama 1",
    "Toko Jum’at Berkah;Jl. Ibarat 2",
    "Warung Biasa;Jl. Café 3",
)
PLAIN = (
    "Nama Usaha;Alamat",
    'Roti "Bu Andai";Jl. Umpama 1',
    "Toko Jum'at Berkah;Jl. Ibarat 2",
    "Warung Biasa;Jl. Cafe 3",
)


def rows(*lines: str, name_of_list: str = "daftar", on: date = date(2026, 1, 31)) -> dict[object, Row]:
    """The rows of a file of Sukoharjo's agency by their keys."""
    header, *cells = (tuple(line.split(";")) for line in lines)
    upload = UploadContext(Jurisdiction(Regions.load(), ("33.11",)), name_of_list, on)
    reader = RowReader("partners", header, upload)
    found: dict[object, Row] = {}
    for line, each in enumerate(cells, 2):
        command = reader.read(tables.Row(line, each, True))
        assert isinstance(command, ListPartner)
        hashed = listed_rows.hashes(VAULT, "dinas", command)
        row = listed_rows.row(Order("dinas", ("33.11",), command), line, hashed, None)
        found.setdefault(row.key, row)
    return found


def partners(found: dict[object, Row]) -> int:
    return len(matching.cluster(list(found.values())))


@pytest.mark.parametrize(("lines", "number"), [(KIOSKS, 5), (SPELLINGS, 4), (COOPERATIVES, 5), (QUOTED, 3)])
def test_a_file_holds_as_many_partners_as_it_means(lines: tuple[str, ...], number: int) -> None:
    assert partners(rows(*lines)) == number


def test_other_quotes_and_accents_in_a_later_list_are_the_same_partners() -> None:
    assert rows(*QUOTED).keys() == rows(*PLAIN).keys()
    assert partners(rows(*QUOTED) | rows(*PLAIN, name_of_list="daftar kedua")) == 3


def test_a_row_sent_again_is_the_same_row_but_for_its_date_and_running_number() -> None:
    first = rows("No;Nama Usaha;Kecamatan;Tanggal", "1;Kios Tahu;Grogol;31/01/2026")
    again = rows("No;Nama Usaha;Kecamatan;Tanggal", "7;kios  tahu;GROGOL;28/02/2026", on=date(2026, 2, 28))
    other = rows("No;Nama Usaha;Kecamatan;Tanggal", "1;Kios Tahu;Baki;31/01/2026")
    assert first.keys() == again.keys() != other.keys()


def test_a_column_more_that_is_empty_or_stands_elsewhere_changes_no_row() -> None:
    first = rows("Nama Usaha;Kecamatan;Kab/Kota", "Kios Tahu;Grogol;33.11")
    assert rows("Kecamatan;Nama Usaha;Keterangan;Kab/Kota", "Grogol;Kios Tahu;;33.11").keys() == first.keys()
