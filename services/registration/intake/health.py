"""Health data (a cause, a diagnosis, an injury) is known by its field's name: never taken, never kept."""

import re
from collections.abc import Sequence
from typing import Any, Final

STEMS: Final = (
    *("diagnos", "penyakit", "penyebab", "sebab", "cause", "icd", "cedera", "injur"),
    *("health", "disease", "illness", "medis", "medical"),
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")
_NOTHING: Final[tuple[object, ...]] = (None, "", "-", [], {})


def names_health(name: str) -> bool:
    """Whether a field or column of this name speaks of somebody's health: `ICD-10`, `Sebab Kematian`, `deathCause`."""
    words = _WORD.findall(_HUMP.sub(" ", name).lower())
    return any(word.startswith(STEMS) for word in words)


def told(value: Any) -> bool:
    """Whether health data stands anywhere in this JSON value."""
    if isinstance(value, dict):
        return any((names_health(key) and said not in _NOTHING) or told(said) for key, said in value.items())
    return isinstance(value, list) and any(told(each) for each in value)


def without(value: Any) -> Any:
    """The JSON value as it may be kept: what stood in fields of health data is gone."""
    if isinstance(value, dict):
        return {key: None if names_health(key) else without(said) for key, said in value.items()}
    return [without(each) for each in value] if isinstance(value, list) else value


def columns(kind: str, header: Sequence[str]) -> frozenset[int]:
    """The columns of a file of claims that hold health data; files of other kinds have none."""
    return frozenset(at for at, name in enumerate(header) if kind == "claims" and names_health(name))


def cells_without(cells: Sequence[str], held: frozenset[int], fits: bool) -> list[str]:
    """A row's cells as they may be kept; where one of another width has its health data, nobody can tell."""
    if held and not fits:
        return [""] * len(cells)
    return ["" if at in held else cell for at, cell in enumerate(cells)]
