"""Regions of any level are read by code or name, and must lie wholly in the agency's own."""

import pytest

from services.registration.intake import jurisdiction
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.values import Refusal
from shared.regions import Regions

REGIONS = Regions.load()
JATENG = REGIONS["33"].kanwil or ""


@pytest.mark.parametrize(
    ("own", "text", "code"),
    [
        ((JATENG,), "33", "33"),
        ((JATENG,), "33.11", "33.11"),
        ((JATENG,), "Jawa Tengah", "33"),
        ((JATENG,), "Provinsi Jawa Tengah", "33"),
        ((JATENG,), JATENG, JATENG),
        (("ID",), REGIONS[JATENG].name, JATENG),
        (("33",), "Kab. Sukoharjo", "33.11"),
        (("17",), "Bengkulu", "17.71"),
        (("17",), "Provinsi Bengkulu", "17"),
        (("33.11",), "", "33.11"),
    ],
)
def test_a_region_within_the_agencys_is_taken(own: tuple[str, ...], text: str, code: str) -> None:
    assert Jurisdiction(REGIONS, own).area(text) == code


@pytest.mark.parametrize(
    ("own", "text", "code"),
    [
        ((JATENG,), "36", "outside_jurisdiction"),
        (("33.11",), "Jawa Tengah", "outside_jurisdiction"),
        (("33",), JATENG, "outside_jurisdiction"),
        (("ID",), "Negeri Antah", "unknown_region"),
        (("ID",), "Gorontalo", "ambiguous_region"),
    ],
)
def test_another_region_is_refused(own: tuple[str, ...], text: str, code: str) -> None:
    found = Jurisdiction(REGIONS, own).area(text)
    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.parametrize(
    ("code", "name", "found"),
    [
        ("33", "Jawa Tengah", "33"),
        ("33", "Jawa Barat", "ambiguous_region"),
        ("33", "seluruh wilayah", "33"),
        ("33.11", "Kab. Sukoharjo", "33.11"),
        ("33.11", "Kab. Mojokerto", "ambiguous_region"),
        ("33.1", "Kab. Klaten", "33.10"),
    ],
)
def test_a_name_beside_a_code_agrees_with_it_or_is_refused(code: str, name: str, found: str) -> None:
    answer = Jurisdiction(REGIONS, ("ID",)).area(code, name)
    assert (answer.code if isinstance(answer, Refusal) else answer) == found


@pytest.mark.parametrize("most", [jurisdiction.MOST_PLACES, 1])
def test_what_is_kept_of_texts_is_what_they_mean(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(jurisdiction, "MOST_PLACES", most)
    kept = Jurisdiction(REGIONS, ("33",))
    texts = ("33.11", "Sukoharjo", "Antah Berantah", "32.01", "", "x" * 1_000)
    for text in texts * 2:
        anew = Jurisdiction(REGIONS, ("33",))
        assert (kept.regency(text), kept.place(text)) == (anew.regency(text), anew.place(text))
    assert all(kept.nik_district_exists(prefix) == (prefix == "3311") for prefix in ("3311", "9999") * 2)


def test_agencies_of_the_same_regions_share_what_is_kept() -> None:
    assert jurisdiction.shared(REGIONS, ("33",)) is jurisdiction.shared(REGIONS, ("33",))
    assert jurisdiction.shared(REGIONS, ("33.11",)).place("32.01") != jurisdiction.shared(REGIONS, ("32",)).place(
        "32.01"
    )
