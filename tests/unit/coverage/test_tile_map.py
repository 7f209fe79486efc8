"""The map: every province has its tile, colours say the rate and are read by everybody."""

from itertools import combinations, pairwise

import pytest

from services.coverage.web import rate_classes, tile_map
from services.coverage.web.rate_classes import CLASSES, ZERO, RateClass, class_of
from shared.regions import Regions


def rows(level: str, rate: float | None = 0.5) -> list[dict[str, object]]:
    return [{"region": each.code, "rate": rate} for each in Regions.load() if each.level == level]


def test_every_province_has_one_tile_of_its_own() -> None:
    shapes = tile_map.shapes(rows("province"))
    assert {shape.code for shape in shapes} == {each.code for each in Regions.load() if each.level == "province"}
    tiles = [tile for shape in shapes for tile in shape.tiles]
    assert len({(tile.x, tile.y) for tile in tiles}) == len(tiles) == 38
    for one, other in combinations(tiles, 2):
        assert abs(one.x - other.x) >= one.width or abs(one.y - other.y) >= one.height, "tiles do not overlap"
    width, height = tile_map.SIZE
    assert all(tile.x + tile.width <= width and tile.y + tile.height <= height for tile in tiles)


def test_a_regional_office_is_one_shape_of_its_provinces() -> None:
    shapes = {shape.code: shape for shape in tile_map.shapes(rows("kanwil"))}
    assert len(shapes) == 11
    assert [tile.label for tile in shapes["jateng-diy"].tiles] == ["JT", "DIY"]
    central_java, _ = shapes["jateng-diy"].tiles
    assert central_java.height == tile_map.HIGH + tile_map.GAP, "it reaches to Yogyakarta below it"
    assert central_java.width == tile_map.WIDE, "but not to East Java beside it"
    assert all(shape.home in shape.tiles for shape in shapes.values())


def test_a_region_without_a_row_is_not_drawn() -> None:
    assert [shape.code for shape in tile_map.shapes([{"region": "33", "rate": None}])] == ["33"]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(None, None), (0, ZERO), (0.0001, CLASSES[0]), (0.05, CLASSES[1]), (0.4999, CLASSES[3]), (1, CLASSES[5])],
)
def test_a_rate_has_its_class(rate: float | None, expected: RateClass | None) -> None:
    assert class_of(rate) == expected


def test_classes_follow_each_other_without_a_gap() -> None:
    bounds = rate_classes.bounds()
    assert (bounds[0][1], bounds[-1][2], len(bounds)) == (0.0, 1.0, 6)
    assert all(one[2] == other[1] for one, other in pairwise(bounds))


def test_texts_on_tiles_have_contrast_and_classes_differ_in_lightness() -> None:
    """By lightness alone they are told apart without seeing colours."""
    assert all(contrast(each.fill, each.ink) >= 4.5 for each in (*CLASSES, ZERO))
    lightness = [luminance(each.fill) for each in (ZERO, *CLASSES)]
    assert all(lighter > darker for lighter, darker in pairwise(lightness))
    assert all(contrast(one.fill, other.fill) >= 1.2 for one, other in pairwise(CLASSES))


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast of two colours."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_tiles_of_todays_provinces_belong_to_the_former_one() -> None:
    rows = [{"region": "91", "rate": 0.1}, {"region": "92", "rate": 0.2}]
    assert {shape.code: len(shape.tiles) for shape in tile_map.shapes(rows)} == {"91": 4, "92": 2}
