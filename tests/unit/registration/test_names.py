"""Names of one business are one, however its legal form is spelled; names of two stay two."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.cells.names import name_key, owner_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("UD. Kafé Maju & Jaya", "KAFE MAJU DAN JAYA"),
        ("Koperasi Produsen  Mulya", "KOP PRODUSEN MULYA"),
        ("kud misal", "KOP UNIT DESA MISAL"),
        ("KPRI Andai", "KOP PEGAWAI REPUBLIK INDONESIA ANDAI"),
        ("Kopkar Andai", "KOP KARYAWAN ANDAI"),
        ("K. O. P. K. A. R. Andai", "KOP KARYAWAN ANDAI"),
        ("P D Andai", "ANDAI"),
        ("Fa. Andai", "ANDAI"),
        ("PT CV Andai UD", "ANDAI"),
        ("PT", "PT"),
        ("PT. CV.", "CV"),
        ("TB Sumber Rejeki", "TB SUMBER REJEKI"),
        ("Koperasi Koperasi Andai", "KOP ANDAI"),
        ("Toko PT Andai Jaya", "TOKO PT ANDAI JAYA"),
        ("Réstó Ibu Çiti", "RESTO IBU CITI"),
        ("東京", "東京"),
        ("!!", "!!"),
    ],
)
def test_names_are_compared_by_their_key(name: str, key: str) -> None:
    assert name_key(name) == key


@pytest.mark.parametrize(
    "same",
    [
        ["CV. Maju Jaya", "C.V. Maju Jaya", "Maju Jaya, CV", "maju jaya c.v.", "C. V. MAJU JAYA", "Maju Jaya"],
        ["PT Maju Jaya Abadi", "P.T. Maju Jaya Abadi", "Maju Jaya Abadi PT", "PT. Maju Jaya Abadi, P.T."],
        ["Koperasi Simpan Pinjam (KSP) X", "KSP X (KSP)", "Kop. KSP X", "K.S.P. X", "Koperasi Simpan Pinjam X"],
        ["KSU Misal", "Koperasi Serba Usaha Misal", "Koperasi KSU Misal", "K S U Misal"],
    ],
)
def test_spellings_of_one_legal_form_are_one_name(same: list[str]) -> None:
    assert len({name_key(name) for name in same}) == 1


def test_other_names_stay_others() -> None:
    names = [
        "Kios Tahu",
        "Kios Tahu 2",
        "TB Kios Tahu",
        "Kop Kios Tahu",
        "KSP Kios Tahu",
        "KSU Kios Tahu",
        "東京",
        "京都",
    ]
    assert len({name_key(name) for name in names}) == len(names)


@given(st.lists(st.sampled_from(["KSP", "KSU", "KOP", "PT", "X", "K", "S", "P", "Koperasi", "&", "é"]), min_size=1))
def test_a_key_is_its_own_key(words: list[str]) -> None:
    key = name_key(" ".join(words))
    assert name_key(name_key(key)) == name_key(key)


@given(st.lists(st.text(string.ascii_letters, min_size=2, max_size=6), min_size=1), st.randoms(use_true_random=False))
def test_case_and_punctuation_do_not_matter(words: list[str], dice: random.Random) -> None:
    written = dice.choice([" ", "  ", ". ", ", ", "-", "_"]).join(dice.choice([w.lower(), w.title()]) for w in words)
    assert name_key(written) == name_key(" ".join(words))


def test_an_owners_name_is_evidence_beside_another_name_and_with_two_words() -> None:
    assert owner_key("Siti  Misalnya", "Kios Tahu") == "SITI MISALNYA"
    assert owner_key("Siti", "Kios Tahu") is None
    assert owner_key("Siti 2", "Kios Tahu") is None
    assert owner_key("UD Siti Misalnya", "Siti Misalnya") is None
    assert owner_key(None, "Kios Tahu") is None
