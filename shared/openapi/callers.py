"""Who may call a route, as its dependencies ask for it, or `x-callers` in what it adds to its description itself."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from fastapi.dependencies.models import Dependant

from shared.scope_words import SCOPES
from shared.security import Callers

FIELD: Final = "x-callers"
OTHERS: Final[Mapping[str, str]] = {
    "agency": "any key of an agency",
    "agent": "field agents",
    "administrator": "the administrator",
}


def of(dependant: Dependant) -> list[str] | None:
    """The scopes of which one is enough, and who else; None where no dependency asks who calls."""
    found = list(dict.fromkeys(_asking(dependant)))
    return [name for name in found[0].names if all(name in each.names for each in found)] if found else None


def _asking(dependant: Dependant) -> Iterator[Callers]:
    if isinstance(dependant.call, Callers):
        yield dependant.call
    for each in dependant.dependencies:
        yield from _asking(each)


def sentence(names: Collection[str]) -> str:
    """`For keys with the scope publish or read, and the administrator.`"""
    scopes = " or ".join(f"`{name}`" for name in names if name in SCOPES)
    parts = [f"keys with the scope {scopes}"] if scopes else []
    parts += [words for name, words in OTHERS.items() if name in names]
    return f"For {', and '.join(parts)}."


def describe(operation: dict[str, Any], dependant: Dependant) -> None:
    """Adds to the operation who may call it."""
    names = operation.setdefault(FIELD, of(dependant) or [])
    said = operation.get("description", "")
    operation["description"] = f"{said}\n\n{sentence(names)}".strip() if names else said
