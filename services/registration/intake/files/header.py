"""Which line of a table names its columns: the one that names most of them, its tiers joined."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.registration.intake.files.tables import Line, squeeze, without_empty_end

WINDOW = 200
"""Lines among which the header is looked for."""

LEAST_KNOWN = 2
_LONGEST_NAME = 60
_PARTS = frozenset(
    ("l", "p", "lk", "pr", "laki laki", "laki", "perempuan", "pria", "wanita", "male", "female", "tetap", "tidak tetap")
)
"""What a group of columns is split into; such a word means nothing without its group."""
_GENERIC = _PARTS | {"nama", "name", "nik", "no", "nomor", "tanggal", "tgl", "jumlah", "status", "jenis", "kode"}
"""Names of columns that mean something else under each group: NAMA under PENDAMPING is nobody's business."""
RUNNING_NUMBERS = frozenset(("no", "nomor", "no urut", "nomor urut", "id", "num", "urut"))
_DIGIT = re.compile(r"\d")
_FILLERS = re.compile(r"^(?:data|identitas|keterangan|informasi)\s+", re.IGNORECASE)

Known = Callable[[str], bool]
"""Whether a column name means something for the kind of file."""


@dataclass(frozen=True)
class Header:
    """The columns' names, and the lines they stand in: numbers of the first and of the last. `known` counts those
    that mean something; `tiers` are the lines' cells as they are compared, to recognise the header where it repeats;
    `width` is how many cells its widest line has, those without a name behind the last name counted as well."""

    names: tuple[str, ...]
    first: int
    last: int
    known: int
    tiers: tuple[tuple[str, ...], ...]
    width: int


def find_header(lines: Sequence[Line], known: Known, header_row: int | None = None) -> Header | None:
    """The header among these lines, the first of a table; `header_row` is the line where it stands, if that is given.

    Of the lines `DAFTAR`, `NO;NAMA USAHA;PEMILIK;` and `;;NAMA;NIK` the header is lines 2 to 3: NO, NAMA USAHA, NAMA
    PEMILIK, NIK PEMILIK.
    """
    if header_row is None:
        at = max(range(len(lines)), key=lambda at: (_known(lines[at].cells, known), -at), default=None)
        if at is None or _known(lines[at].cells, known) < LEAST_KNOWN:
            return None
    else:
        at = next((at for at, line in enumerate(lines) if line.number <= header_row <= line.last), None)
        if at is None or not _texts(lines[at].cells):
            return None
    return _with_tiers(lines, at, known, may_look_up=header_row is None)


def are_names(cells: Sequence[str], known: Known) -> bool:
    """Whether these are names of columns: no digits among them, and most of them known, two at least."""
    if _DIGIT.search("".join(cells)):
        return False
    named = [cell for cell in cells if (name := squeeze(cell)) and name not in RUNNING_NUMBERS]
    count = _known(named, known)
    return count >= LEAST_KNOWN and count * 3 >= len(named) * 2


def repeated(names: Sequence[str], known: Known) -> set[str]:
    """The names that mean something and stand over several columns."""
    count = Counter(squeeze(name) for name in names if name.strip() and known(name))
    return {name for name, times in count.items() if times > 1}


def line_of_table_above(lines: Sequence[Line], header: Header, known: Known) -> int | None:
    """Where another table with rows of its own begins above this header; None where nothing above is a table."""
    above = [line for line in lines if line.last < header.first]
    for at, line in enumerate(above):
        if are_names(line.cells, known) and any(_is_filled(below.cells) for below in above[at + 1 :]):
            return line.number
    return None


def _is_filled(cells: Sequence[str]) -> bool:
    return sum(bool(cell.strip()) for cell in cells) >= LEAST_KNOWN


def _with_tiers(lines: Sequence[Line], at: int, known: Known, may_look_up: bool) -> Header:
    """The header of which this line is part: its tiers, or two lines in which each name goes on below, if that says
    more; above these the tier that only completes them."""
    found = _joined_tiers(lines, at, known, may_look_up)
    most = max(_known(found[0], known), _known(lines[at].cells, known))
    for upper, lower in ((at, at + 1), (at - 1, at)):
        if upper >= 0 and lower < len(lines) and (upper == at or may_look_up):
            joined = _continued(_texts(lines[upper].cells), _texts(lines[lower].cells), known)
            if _known(joined, known) > most:
                found, most = (joined, upper, lower), _known(joined, known)
    names, first, last = found
    while may_look_up and first and _completes(above := _texts(lines[first - 1].cells), names):
        names, first = _completed(above, names), first - 1
    return _header(lines, first, last, names, known)


def _joined_tiers(lines: Sequence[Line], at: int, known: Known, may_look_up: bool) -> tuple[tuple[str, ...], int, int]:
    """(the names, the places of the first and the last of their lines): the tiers below and above this line."""
    first = last = at
    names = _texts(lines[at].cells)
    below = _texts(lines[at + 1].cells) if at + 1 < len(lines) else ()
    while _is_tier_below(names, below, known):
        names, last = _joined(names, below, known), last + 1
        below = _texts(lines[last + 1].cells) if last + 1 < len(lines) else ()
    above = _texts(lines[at - 1].cells) if at and may_look_up else ()
    if above and _is_tier_above(above, names, known):
        names, first = _joined(above, names, known), at - 1
    return names, first, last


def _header(lines: Sequence[Line], first: int, last: int, names: tuple[str, ...], known: Known) -> Header:
    tiers = tuple(tuple(map(squeeze, line.cells)) for line in lines[first : last + 1])
    return Header(names, lines[first].number, lines[last].last, _known(names, known), tiers, max(map(len, tiers)))


def _texts(cells: Sequence[str]) -> tuple[str, ...]:
    """The names in these cells: white space and line breaks within one are single spaces."""
    return tuple(" ".join(cell.split()) for cell in without_empty_end(list(cells)))


def _known(cells: Sequence[str], known: Known) -> int:
    return len({squeeze(cell) for cell in cells if len(cell) <= _LONGEST_NAME * 2 and cell.strip() and known(cell)})


def _continued(upper: tuple[str, ...], lower: tuple[str, ...], known: Known) -> tuple[str, ...]:
    """The names where each goes on in the line below: NAMA over USAHA. Empty if these lines cannot be names."""
    if not all(map(_is_name, (*upper, *lower))):
        return ()
    return tuple(_name(_at(upper, at), _at(lower, at), known) for at in range(max(len(upper), len(lower))))


def _is_tier_below(upper: tuple[str, ...], lower: tuple[str, ...], known: Known) -> bool:
    """Whether the line below splits groups of the header, and is no row: it has names only under a group that spans
    columns, and one of them is what columns are called, or all are written in capitals like the header."""
    named = [name for name in lower if name]
    if len(named) < 2 or not all(map(_is_name, lower)):
        return False
    if not all(_is_spanned(upper, lower, at) for at, name in enumerate(lower) if name):
        return False
    if "".join((*upper, *lower)).isupper():
        return True
    return any(squeeze(name) in _PARTS or known(name) for name in named) or _mean_more(upper, lower, known)


def _is_tier_above(upper: tuple[str, ...], lower: tuple[str, ...], known: Known) -> bool:
    """Whether the line above names groups of the header's columns, and is not a title: together they mean more.

    Beside groups it may hold names of columns that have none in the header: NO and NAMA USAHA beside PEMILIK over NAMA.
    """
    groups = [at for at, name in enumerate(upper) if name and _at(lower, at)]
    if not groups or not all(map(_is_name, upper)) or not all(_is_spanned(upper, lower, at) for at in groups):
        return False
    return _mean_more(upper, lower, known)


def _completes(above: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether the line above is the highest of several tiers: beside the names of groups of groups, which say nothing
    more, it holds those of columns that have none in the lines below it."""
    named = [at for at, name in enumerate(above) if name]
    groups = [at for at in named if _at(names, at)]
    if not groups or len(groups) == len(named) or not all(map(_is_name, above)):
        return False
    return all(_is_spanned(above, names, at) for at in groups)


def _completed(above: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_at(names, at) or _at(above, at) for at in range(max(len(above), len(names))))


def _mean_more(upper: tuple[str, ...], lower: tuple[str, ...], known: Known) -> bool:
    """Whether a name of the lower line means something together with its group."""
    pairs = _pairs(upper, lower)
    return any(low and top and (squeeze(low) in _PARTS or _is_pair_known(top, low, known)) for top, low in pairs)


def _is_spanned(upper: tuple[str, ...], lower: tuple[str, ...], at: int) -> bool:
    """Whether the lower cell here stands under a group: one that began to the left, or begins here and goes on."""
    if _at(upper, at):
        end = next((later for later in range(at + 1, len(upper)) if upper[later]), len(lower))
        return any(lower[at + 1 : end])
    return any(upper[:at])


def _at(cells: tuple[str, ...], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _is_name(text: str) -> bool:
    """Whether this may be a column's name; an empty cell may be part of a header too."""
    return len(text) <= _LONGEST_NAME and "@" not in text and not re.search(r"\d{3}|\d/\d", text)


def _pairs(upper: tuple[str, ...], lower: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(group, name) of every column; a group goes on over the columns that have a name in the lower line alone."""
    group = ""
    for at in range(max(len(upper), len(lower))):
        top, low = _at(upper, at), _at(lower, at)
        group = top or (group if low else "")
        yield group, low


def _joined(upper: tuple[str, ...], lower: tuple[str, ...], known: Known) -> tuple[str, ...]:
    return tuple(_name(top, low, known) for top, low in _pairs(upper, lower))


def _name(top: str, low: str, known: Known) -> str:
    """The column's name from its group and its own: the order that means something, PEMILIK over NAMA: NAMA PEMILIK."""
    if not top or not low:
        return top or low
    ways = _ways(top, low)
    if squeeze(low) not in _GENERIC:
        ways += (low,)
    return next((way for way in ways if known(way)), ways[0])


def _ways(top: str, low: str) -> tuple[str, ...]:
    short = _FILLERS.sub("", top)
    return (f"{top} {low}", f"{low} {top}", f"{low} {short}", f"{short} {low}")


def _is_pair_known(top: str, low: str, known: Known) -> bool:
    return squeeze(low) in _GENERIC and any(known(way) for way in _ways(top, low))
