"""Who may call a route, as its dependencies ask for it, or `x-callers` in what it adds to its description itself."""

from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
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


Others = Mapping[Callable[..., Any], Callers]
"""Dependencies that judge callers in a way of their own, and whom they let."""


def of(dependant: Dependant, others: Others = MappingProxyType({})) -> list[str] | None:
    """The scopes of which one is enough, and who else; None where no dependency asks who calls."""
    found = list(dict.fromkeys(_asking(dependant, others)))
    return [name for name in found[0].names if all(name in each.names for each in found)] if found else None


def _asking(dependant: Dependant, others: Others) -> Iterator[Callers]:
    call = dependant.call
    if isinstance(call, Callers):
        yield call
    elif call is not None and call in others:
        yield others[call]
    for each in dependant.dependencies:
        yield from _asking(each, others)


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
