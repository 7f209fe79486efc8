"""The nation as a grid of tiles, one a province, all of one size: where each tile lies and what it belongs to. Pure.

tilegrid.csv: column 0 to 17 from the west, row 0 to 7 from the north, a label of 2 to 4 letters. The layout is our own
work, free of third-party geometry.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from services.coverage import boundaries
from services.coverage.web.rate_classes import RateClass, class_of
from shared.regions import Regions

WIDE, HIGH, GAP, EDGE = 44, 52, 3, 3
COLUMNS, ROWS = 18, 8
SIZE: Final = (COLUMNS * (WIDE + GAP) - GAP + 2 * EDGE, ROWS * (HIGH + GAP) - GAP + 2 * EDGE)
"""Width and height of the whole."""


class Place(NamedTuple):
    """Where a province's tile lies in the grid."""

    province: str
    column: int
    row: int
    label: str


class Tile(NamedTuple):
    """A rectangle; it reaches over the gap where its neighbour belongs to the same region."""

    x: int
    y: int
    width: int
    height: int
    label: str


class Shape(NamedTuple):
    """A region on the map: its tiles, the one of them that has the figures, and how they are coloured."""

    code: str
    tiles: tuple[Tile, ...]
    home: Tile
    row: Mapping[str, Any]
    colour: RateClass | None


@cache
def grid() -> tuple[Place, ...]:
    """The tiles from west to east, each column from the north."""
    text = (files(__package__) / "tilegrid.csv").read_text(encoding="utf-8")
    places = [
        Place(row["code"], int(row["column"]), int(row["row"]), row["label"])
        for row in csv.DictReader(text.splitlines())
    ]
    return tuple(sorted(places, key=lambda place: (place.column, place.row)))


def shapes(rows: Sequence[Mapping[str, Any]]) -> list[Shape]:
    """The regional offices or provinces of these rows, in the order of their first tiles."""
    known = {row["region"]: row for row in rows}
    belongs = {place.province: _region_of(place.province, known) for place in grid()}
    at = {(place.column, place.row): belongs[place.province] for place in grid()}
    found: dict[str, list[Place]] = {}
    for place in grid():
        if (code := belongs[place.province]) is not None:
            found.setdefault(code, []).append(place)
    return [_shape(code, places, at, known[code]) for code, places in found.items()]


def _region_of(province: str, known: Mapping[str, Any]) -> str | None:
    kanwil = Regions.load()[province].kanwil
    return next((code for code in (province, boundaries.former(province), kanwil) if code in known), None)


def _shape(
    code: str, places: Sequence[Place], at: Mapping[tuple[int, int], str | None], row: Mapping[str, Any]
) -> Shape:
    tiles = {place: _tile(place, code, at) for place in places}
    column, row_of_middle = (sum(each) / len(places) for each in zip(*((p.column, p.row) for p in places), strict=True))
    home = min(places, key=lambda place: abs(place.column - column) + abs(place.row - row_of_middle))
    return Shape(code, tuple(tiles.values()), tiles[home], row, class_of(row["rate"]))


def _tile(place: Place, code: str, at: Mapping[tuple[int, int], str | None]) -> Tile:
    column, row = place.column, place.row
    return Tile(
        EDGE + column * (WIDE + GAP),
        EDGE + row * (HIGH + GAP),
        WIDE + (GAP if at.get((column + 1, row)) == code else 0),
        HIGH + (GAP if at.get((column, row + 1)) == code else 0),
        place.label,
    )
