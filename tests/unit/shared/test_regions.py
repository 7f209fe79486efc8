"""Regencies are found by what people write for them; what may be two is never guessed."""

import pytest

from shared.regions import Region, RegionError, Regions
from shared.regions.regency_names import squeeze

REGIONS = Regions.load()
REGENCIES = [region for region in REGIONS if region.level == "regency"]
SHORT = {"KEPULAUAN": "Kep.", "PEGUNUNGAN": "Peg.", "ADMINISTRASI": "Adm."}


def resolved(text: str, own: str | None = None) -> str:
    try:
        return REGIONS.resolve(text, own)
    except RegionError as error:
        return error.code


def both(code: str, name: str) -> str:
    try:
        return REGIONS.resolve_both(code, name)
    except RegionError as error:
        return error.code


def kind_and_name(region: Region) -> tuple[str, str]:
    kind, _, name = region.name.partition(" ")
    return kind, name.removeprefix("Administrasi ")


@pytest.mark.parametrize("region", REGENCIES, ids=lambda region: region.code)
def test_every_regency_is_found_however_it_is_written(region: Region) -> None:
    kind, name = kind_and_name(region)
    abbreviated = " ".join(SHORT.get(word.upper(), word) for word in region.name.split())
    short = {"Kabupaten": ("Kab.", "KAB", "kab"), "Kota": ("Kota", "KODYA", "Kotamadya")}[kind]
    written = [
        region.name,
        region.name.upper(),
        abbreviated,
        f"{name}, {short[0]}",
        f"{name} ({short[0]})",
        region.code,
    ]
    written += [f"{word} {name}" for word in short] + [
        f"{short[0]} {name.replace(' ', '')}",
        region.code.replace(".", ""),
    ]
    written += [
        f"{short[0]} {' '.join(reversed(name.split()))}",
        f"{region.code.replace('.', '')}.0",
        f"{region.code}.01.2001",
    ]
    assert {text: resolved(text) for text in written} == dict.fromkeys(written, region.code)


@pytest.mark.parametrize("region", REGENCIES, ids=lambda region: region.code)
def test_a_name_alone_is_taken_where_only_one_bears_it(region: Region) -> None:
    _, name = kind_and_name(region)
    bearers = [each.code for each in REGENCIES if squeeze(kind_and_name(each)[1]) == squeeze(name)]
    for text in (name, name.replace(" ", ""), name.upper()):
        assert resolved(text) == (region.code if len(bearers) == 1 else "ambiguous_region")
        assert resolved(text, own=region.code) == region.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gunung Kidul", "34.03"),
        ("Kabupaten Sukoharjo Provinsi Jawa Tengah", "33.11"),
        ("Jakarta Selatan, DKI Jakarta", "31.74"),
        ("Sleman, D.I. Yogyakarta", "34.04"),
        ("P. Morotai", "82.07"),
        ("33,11", "33.11"),
        ("Kab. Sukoharjo - 33.11", "33.11"),
        ("Sukoharjo (3311)", "33.11"),
        ("3311 / Sukoharjo", "33.11"),
        ("Sukoharjo - 33.72", "ambiguous_region"),
        ("Fakfak", "92.03"),
        ("Kab. Kep. Anambas", "21.05"),
        ("Kodya Surakarta", "33.72"),
        ("Kotamadya Dati II Surakarta", "33.72"),
        ("Kabupaten Daerah Tingkat II Sukoharjo", "33.11"),
        ("Kab. DT. II Sukoharjo", "33.11"),
        ("Kota Palangka Raya", "62.71"),
        ("Kab. Mamuju Utara", "76.01"),
        ("Maluku Tenggara Barat", "81.03"),
        ("Kab. Pontianak", "61.02"),
        ("Pontianak", "61.71"),
        ("Kota Baru", "63.02"),
        ("50 Kota", "13.07"),
        ("Kep. Siau Tagulandang Biaro (Sitaro)", "71.09"),
        ("Selayar", "73.01"),
        ("Kab. Pangkajene Kepulauan", "73.10"),
        ("Konawe", "74.02"),
        ("Kab. Konawe Kepulauan", "74.12"),
        ("Bungo Tebo", "ambiguous_region"),
        ("Maluku Utara", "unknown_region"),
        ("Kab. Sukoharjo, Jawa Tengah", "33.11"),
        ("Banjar, Kalimantan Selatan", "63.03"),
        ("Banjar", "ambiguous_region"),
        ("Sukoharjo, Jawa Timur", "unknown_region"),
        ("Kab. Papua Barat", "unknown_region"),
        ("33.11 - Kab. Sukoharjo", "33.11"),
        ("[3311] SUKOHARJO", "33.11"),
        ("3311 Klaten", "ambiguous_region"),
        ("Solo", "unknown_region"),
        ("Tangsel", "unknown_region"),
        ("Kab. Ogan", "unknown_region"),
        ("Kota", "unknown_region"),
        ("16.1", "unknown_region"),
    ],
)
def test_variants_former_names_and_what_is_none_of_them(text: str, expected: str) -> None:
    assert resolved(text) == expected


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("9401", "Kabupaten Merauke", "93.01"),
        ("9471", "Kota Jayapura", "91.71"),
        ("91.01", "Kabupaten Merauke", "93.01"),
        ("33.1", "Kabupaten Klaten", "33.10"),
        ("33.1", "Kabupaten Sukoharjo", "ambiguous_region"),
        ("33.1", "", "unknown_region"),
        ("3311.0", "Kabupaten Sukoharjo", "33.11"),
        ("33.11.06.2004", "Cemani", "33.11"),
        ("3505", "Blitar", "35.05"),
        ("94.01", "Kab. Nabire", "94.01"),
        ("9401", "Kabupaten Sukoharjo", "ambiguous_region"),
        ("9401", "Kab. Merukee", "ambiguous_region"),
        ("3311", "Sukohardjo", "33.11"),
        ("33.11.06.2004", "Kab. Klaten", "ambiguous_region"),
        ("", "Klaten", "33.10"),
        ("Klaten", "", "33.10"),
    ],
)
def test_a_code_and_the_name_beside_it_agree_or_are_refused(code: str, name: str, expected: str) -> None:
    assert both(code, name) == expected


@pytest.mark.parametrize("region", REGENCIES, ids=lambda region: region.code)
def test_every_code_with_its_name_is_that_regency_in_any_system(region: Region) -> None:
    meant = [code for code in CODES if region.code in REGIONS.code_readings(code).values()]
    assert region.code in meant
    assert {both(code, region.name) for code in meant} == {region.code}


CODES = [f"{province:02d}.{number:02d}" for province in range(11, 97) for number in range(1, 100)]
CODES = [code for code in CODES if REGIONS.code_readings(code)]


def test_the_systems_have_514_regencies_each() -> None:
    for system in ("kemendagri", "bps", "former"):
        assert len({REGIONS.code_readings(code).get(system) for code in CODES} - {None}) == 514
