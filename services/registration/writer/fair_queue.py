"""What waits for the writer: each agency's submissions in their order, and the agencies by turns. Pure."""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Whoever submits much waits for itself: each group begins with another agency than the one before, and takes one
    submission of each agency after the other until it is full.

    So a submission that is the first of its agency is in the next group, unless that is full before its turn or holds
    one that is to be alone; then it comes nearer with every group.
    """

    def __init__(self, key_of: Callable[[T], str]) -> None:
        self._key_of = key_of
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, item: T) -> None:
        self._waiting.setdefault(self._key_of(item), deque()).append(item)

    def take(self, admits: Callable[[T], bool]) -> list[T]:
        """The next group: whatever is admitted of the first of each agency, then of their second ones, and so on."""
        group: list[T] = []
        open_to = list(self._waiting)
        while open_to:
            open_to = [key for key in open_to if self._take_of(key, group, admits)]
        for key in self._served(group):
            if key in self._waiting:
                self._waiting.move_to_end(key)
        return group

    def _take_of(self, key: str, group: list[T], admits: Callable[[T], bool]) -> bool:
        """Whether the agency's next one was taken, and another one waits."""
        own = self._waiting[key]
        if not admits(own[0]):
            return False
        group.append(own.popleft())
        if not own:
            del self._waiting[key]
        return bool(own)

    def _served(self, group: list[T]) -> list[str]:
        """The agencies of a group, each once, in the order of their first."""
        return list(dict.fromkeys(map(self._key_of, group)))
