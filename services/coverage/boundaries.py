"""Papua's provinces before and after 2022: which of today's make up a former one. Pure.

In November 2022 the province 91 became 91, 93, 94 and 95, and 92 became 92 and 96; no regency was split. So figures in
the former boundaries are sums of today's regencies.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

EDITIONS: Final = ("2021", "2022")
"""The boundaries that a question may be about: before the split, and since."""
SPLIT_IN: Final = 2022
_FIRST_DAY: Final = date(2022, 11, 1)
"""A figure of an earlier day is of the former province."""

FORMER: Final[Mapping[str, tuple[str, ...]]] = {"91": ("91", "93", "94", "95"), "92": ("92", "96")}
"""A province of before → today's provinces in it."""
NEWER: Final = frozenset(code for codes in FORMER.values() for code in codes[1:])
_FORMER_OF: Final = {code: former for former, codes in FORMER.items() for code in codes}


def is_of_others(region: str, as_of: date | None, *, is_former: bool) -> bool:
    """Whether a figure of this province and day is of other boundaries than those asked about."""
    return region in FORMER and as_of is not None and (as_of < _FIRST_DAY) != is_former


def former(province: str) -> str:
    """The province that today's one lay in before 2022."""
    return _FORMER_OF.get(province, province)
