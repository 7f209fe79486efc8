"""One plausible mistake: what would be wrong, a small change of one file, and the tests that must notice it."""

from typing import NamedTuple


class Bug(NamedTuple):
    """`name` says what would be wrong; `before` stands exactly once in the file."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
