"""A second month's file is recognised as the next version of a list."""

import pytest

from services.registration.intake.list_names import similar


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("data-umkm-februari-2026", ["data-umkm-januari-2026", "koperasi"], ["data-umkm-januari-2026"]),
        ("data-umkm-2", ["data-umkm"], ["data-umkm"]),
        ("data umkm rev", ["Data UMKM", "data-umkm-final"], ["Data UMKM", "data-umkm-final"]),
        ("data-ukm", ["data-umkm"], ["data-umkm"]),
        ("data-umkm", ["data-umkm", "data-umkm-2"], []),
        ("penerima-bantuan", ["data-umkm"], []),
        ("bpum", ["btpklw"], []),
        ("baru", [], []),
    ],
)
def test_names_that_differ_in_month_number_or_version_are_alike(name: str, known: list[str], found: list[str]) -> None:
    assert similar(name, tuple(known)) == found
