"""Whose caseload a partner is in, beside the region: by its cooperative, or by the lists it is on. Pure.

A partner's row holds the keys of its lists, and not their names: eleven characters each.
"""

import base64
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple


class ListName(NamedTuple):
    """A list, by the agency that keeps it."""

    agency: str
    list: str

    def __str__(self) -> str:
        return f"{self.agency}/{self.list}"

    @classmethod
    def parse(cls, text: str) -> "ListName":
        """What `str` made of it: no agency's name has a slash."""
        agency, _, name = text.partition("/")
        return cls(agency, name)


@lru_cache(maxsize=4096)
def key_of(agency: str, name: str) -> str:
    """64 bits: two lists that share a key are not to be expected."""
    digest = blake2b(f"{agency}/{name}".encode(), digest_size=8).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def keys_of(lists: Iterable[ListName]) -> frozenset[str]:
    return frozenset(key_of(*each) for each in lists)
