"""Health data (a cause, a diagnosis, an injury) is recognised by its field's name: it is neither taken nor kept."""

import re
from collections.abc import Sequence
from typing import Any, Final

STEMS: Final = (
    *("diagnos", "penyakit", "penyebab", "sebab", "cause", "icd", "cedera", "injur"),
    *("health", "disease", "illness", "medis", "medical"),
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY: Final[tuple[object, ...]] = (None, "", "-", [], {})


def is_field_name(name: str) -> bool:
    """Whether a field or column of this name holds health data: `ICD-10`, `Sebab Kematian`, `deathCause`."""
    words = _WORD.findall(_HUMP.sub(" ", name).lower())
    return any(word.startswith(STEMS) for word in words)


def is_in(value: Any) -> bool:
    """Whether any field of this JSON value, at any depth, holds health data."""
    if isinstance(value, dict):
        return any((is_field_name(name) and held not in _EMPTY) or is_in(held) for name, held in value.items())
    return isinstance(value, list) and any(is_in(each) for each in value)


def without(value: Any) -> Any:
    """The JSON value as it may be kept: fields of health data are emptied."""
    if isinstance(value, dict):
        return {name: None if is_field_name(name) else without(held) for name, held in value.items()}
    return [without(each) for each in value] if isinstance(value, list) else value


def columns(kind: str, header: Sequence[str]) -> frozenset[int]:
    """The columns of a file of claims that hold health data; files of other kinds have none."""
    return frozenset(at for at, name in enumerate(header) if kind == "claims" and is_field_name(name))


def cells_without(cells: Sequence[str], columns: frozenset[int], fits: bool) -> list[str]:
    """A row's cells as they may be kept; in a row of another width nobody knows which cells hold health data."""
    if columns and not fits:
        return [""] * len(cells)
    return ["" if at in columns else cell for at, cell in enumerate(cells)]
