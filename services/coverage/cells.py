"""Cells: the places in the figures where a partner may count. Pure.

A *cell* is side (listed or enrolled) × region × kind × scale × occupation × segment × set of programmes, packed into
one integer. A partner is in one cell a day and side, so that it is counted once; its programmes are separated only when
a question asks for them.
"""

from shared.events.model import PROGRAMMES

# The cell's bits, lowest first: programmes 5, segment 2, occupation 3, scale 3, kind 2, unknown 1, side 1,
# regency 7, province 7. The region is highest, so that the cells of a region are one range.
SEGMENT, OCCUPATION, SCALE, KIND, UNKNOWN, SIDE, REGENCY, PROVINCE = 5, 7, 10, 13, 15, 16, 17, 24
CELL_BITS = 31

ENROLLED = 1 << SIDE
SIZE_UNKNOWN = 1 << UNKNOWN

SEGMENTS = ("PU", "BPU")
KINDS = ("cooperative", "business", "individual")
SCALES = ("unknown", "micro", "small", "medium", "large")
OCCUPATIONS = ("none", "farmer", "fisher", "home_industry", "driver", "trader", "other")

MASKS = {
    "region": 0b11111111111111 << REGENCY,
    "province": 0b1111111 << PROVINCE,
    "side": ENROLLED,
    "unknown": SIZE_UNKNOWN,
    "kind": 0b11 << KIND,
    "scale": 0b111 << SCALE,
    "occupation": 0b111 << OCCUPATION,
    "segment": 0b11 << SEGMENT,
    "programme": 0b11111,
}
"""Which bits of a cell hold what; `cell & mask` merges the cells that differ elsewhere."""

_SEGMENT = {name: number << SEGMENT for number, name in enumerate(SEGMENTS, 1)}
_KIND = {name: number << KIND for number, name in enumerate(KINDS, 1)}
_SCALE = {None if name == "unknown" else name: number << SCALE for number, name in enumerate(SCALES)}
_OCCUPATION = {None if name == "none" else name: number << OCCUPATION for number, name in enumerate(OCCUPATIONS)}
_OTHER = _OCCUPATION["other"]
_PROGRAMME = {name: 1 << number for number, name in enumerate(PROGRAMMES)}


class InvalidValue(ValueError):
    """The fact holds a value that has no cell; the text names the field, never the value."""


# --- making a cell --------------------------------------------------------------------------------------------------


class _RegionBits(dict[str, int]):
    """Regency code → its bits, cached. A code of the right shape that our edition of the regions does not have still
    counts in its province and in the nation."""

    def __missing__(self, code: str) -> int:
        if not (len(code) == 5 and code[2] == "." and code.isascii() and (code[:2] + code[3:]).isdigit()):
            raise InvalidValue("region")
        bits = (int(code[:2]) << PROVINCE) | (int(code[3:]) << REGENCY)
        self[code] = bits
        return bits


class _PeriodBits(dict[tuple[str, str, tuple[str, ...]], int]):
    """(region, segment, programmes) of a period → their bits, cached."""

    def __missing__(self, key: tuple[str, str, tuple[str, ...]]) -> int:
        region, segment, names = key
        if segment not in _SEGMENT:
            raise InvalidValue("segment")
        if not names or any(name not in _PROGRAMME for name in names):
            raise InvalidValue("programmes")
        bits = REGION_BITS[region] | _SEGMENT[segment] | sum(_PROGRAMME[name] for name in set(names))
        self[key] = bits
        return bits


class _PartnerBits(dict[tuple[str, str | None, str | None], int]):
    """(kind, scale, occupation) of a partner → their bits, cached."""

    def __missing__(self, key: tuple[str, str | None, str | None]) -> int:
        kind, scale, occupation = key
        if kind not in _KIND or scale not in _SCALE:
            raise InvalidValue("kind or scale")
        bits = _KIND[kind] | _SCALE[scale] | _OCCUPATION.get(occupation, _OTHER)
        if occupation in _OCCUPATION:
            self[key] = bits
        return bits


REGION_BITS = _RegionBits()
PERIOD_BITS = _PeriodBits()
PARTNER_BITS = _PartnerBits()


# --- reading a cell -------------------------------------------------------------------------------------------------


def place(cell: int) -> tuple[int, int]:
    """The cell's province and regency as numbers: 33, 11 for 33.11 (regency 0 once masked away)."""
    return cell >> PROVINCE, cell >> REGENCY & 0x7F


def is_enrolled(cell: int) -> bool:
    return bool(cell & ENROLLED)


def is_size_unknown(cell: int) -> bool:
    return bool(cell & SIZE_UNKNOWN)


def kind(cell: int) -> str:
    return KINDS[(cell >> KIND & 0b11) - 1]


def scale(cell: int) -> str:
    return SCALES[cell >> SCALE & 0b111]


def occupation(cell: int) -> str:
    return OCCUPATIONS[cell >> OCCUPATION & 0b111]


def segment(cell: int) -> str:
    return SEGMENTS[(cell >> SEGMENT & 0b11) - 1]


def programmes(cell: int) -> tuple[str, ...]:
    return tuple(name for name, bit in _PROGRAMME.items() if cell & bit)


def words(cell: int) -> list[str]:
    """The cell in words, for reports of differences."""
    province, regency = place(cell)
    side = "enrolled" if is_enrolled(cell) else "listed"
    found = [f"{province:02}.{regency:02}", side, kind(cell), scale(cell)]
    return [*found, segment(cell), "+".join(programmes(cell))] if is_enrolled(cell) else found
