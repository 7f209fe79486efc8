"""Words for states, segments, scales and programmes, as forms have them."""

import pytest

from services.registration.intake.cells import programmes, vocabulary


@pytest.mark.parametrize(
    "status",
    [
        "",
        "Aktif",
        "1",
        "Ya",
        "Aktif (sudah RAT)",
        "Aktif, belum RAT",
        "Milik Sendiri",
        "Menikah",
        "Tidak Menikah",
        "Sewa",
        "Sudah tutup buku",
        "Tidak diketahui",
        "Tidak Berbadan Hukum",
        "Aktif kembali setelah beku",
        "Cerai Mati",
        "Cerai mati, 2 anak",
    ],
)
def test_a_status_that_does_not_say_inactive_refuses_nobody(status: str) -> None:
    assert not vocabulary.is_inactive(status)


@pytest.mark.parametrize(
    "status",
    [
        "Tidak Aktif",
        "Beku",
        "NON-AKTIF",
        "nonaktif",
        "Dibekukan",
        "Sudah bubar",
        "Tidak",
        "0",
        "Inactive",
        "Tutup sementara",
        "Tdk. Aktif",
        "sdh tdk aktif",
        "Usaha tidak berjalan",
        "Pembekuan",
        "Bangkrut",
        "Vacum",
        "In-active",
        "off",
        "Tidak lagi aktif",
        "In aktif",
        "TidakAktif",
        "tidak aktip",
        "Dorman",
    ],
)
def test_words_that_mean_inactive_refuse(status: str) -> None:
    assert vocabulary.is_inactive(status)


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("PU", "PU"),
        ("Penerima Upah", "PU"),
        ("Penerima Upah (PU)", "PU"),
        ("pekerja penerima upah", "PU"),
        ("", "PU"),
        ("PU (Penerima Upah)", "PU"),
        ("Peserta BPU", "BPU"),
        ("BPU (Bukan Penerima Upah)", "BPU"),
        ("bpu", "BPU"),
        ("Bukan Penerima Upah (BPU)", "BPU"),
        ("BUKAN PENERIMA UPAH", "BPU"),
        ("BPU - Bukan Penerima Upah", "BPU"),
        ("PU/Penerima Upah", "PU"),
        ("Non PU", "BPU"),
        ("PU dan BPU", None),
        ("Jasa Konstruksi", None),
    ],
)
def test_a_segment_may_be_written_out(text: str, segment: str | None) -> None:
    assert vocabulary.segment(text) == segment


@pytest.mark.parametrize(("text", "scale"), [("Usaha Mikro", "micro"), ("KECIL", "small"), ("toko", None), ("", None)])
def test_a_scale_may_have_words_around_it(text: str, scale: str | None) -> None:
    assert vocabulary.scale(text) == scale


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("JKK,JKM", ("JKK", "JKM")),
        ("JKK - JKM - JHT - JP", ("JKK", "JKM", "JHT", "JP")),
        ("JKK, JK", ("JKK", "JKM")),
        ("JKK dan JKM", ("JKK", "JKM")),
        ("3 program (JKK, JKM, JHT)", ("JKK", "JKM", "JHT")),
        ("Jaminan Kecelakaan Kerja (JKK), Jaminan Kematian", ("JKK", "JKM")),
        ("Kecelakaan Kerja, Kematian dan Hari Tua", ("JKK", "JKM", "JHT")),
    ],
)
def test_programmes_may_be_joined_by_any_mark_or_written_out(text: str, held: tuple[str, ...]) -> None:
    assert programmes.programmes(programmes.split_programmes(text), jkp=False) == held


@pytest.mark.parametrize(
    ("status", "meant"), [("SUDAH DIBAYAR", "paid"), ("DALAM PROSES", "filed"), ("TOLAK", "rejected"), ("LUNAS?", None)]
)
def test_what_became_of_a_claim(status: str, meant: str | None) -> None:
    assert vocabulary.STATUSES.get(status) == meant
