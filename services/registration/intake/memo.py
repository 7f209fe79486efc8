"""What the texts of a file's columns were read as: places, days, kinds and numbers of workers repeat many times."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final, TypeVar, cast

from services.registration.intake.values import Refusal, Refused

MOST: Final = 5_000
"""So many different texts of one kind are kept; then the memory of that kind begins anew."""

_UNKNOWN: Final = object()

LONGEST: Final = 1_000
"""Characters of the texts together; longer ones are read anew."""

T = TypeVar("T")
Texts = tuple[str, ...]
_Known = tuple[Callable[[Texts], Any], dict[Any, Any]]


class Memo:
    """For the rows of one file and one upload; nothing else may have a part in what is recalled but the texts."""

    __slots__ = ("_columns", "_known")

    def __init__(self, columns: Mapping[str, int]) -> None:
        self._columns = columns
        self._known: dict[str, _Known] = {}

    def recall(self, what: str, meanings: Texts, texts: Texts, read: Callable[[], T]) -> T:
        """`read()`, worked out once for each combination of the texts of these columns. Raises Refused as it does."""
        entry = self._known.get(what)
        if entry is None:
            entry = self._known[what] = _key_of(self._columns, meanings), {}
        key_of, known = entry
        key = key_of(texts)
        found = known.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = _answer(read)
            if len(known) >= MOST:
                known.clear()
            if sum(map(len, key)) <= LONGEST:
                known[key] = found
        if isinstance(found, Refusal):
            raise Refused(found.code, found.field, found.detail)
        return cast(T, found)


def _key_of(columns: Mapping[str, int], meanings: Texts) -> Callable[[Texts], Any]:
    """What takes the texts of these columns out of a row's; the file may have none of them."""
    found = [columns[meaning] for meaning in meanings if meaning in columns]
    return itemgetter(*found) if found else lambda _: ()


def _answer(read: Callable[[], T]) -> T | Refusal:
    try:
        return read()
    except Refused as refused:
        return refused.refusal
