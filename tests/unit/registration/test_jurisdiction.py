"""Regions of any level are read by code or name, and must lie wholly in the agency's own."""

import pytest

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
