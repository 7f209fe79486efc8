"""What a partner's figures come from: the lists that name it, or who reported its enrolment and when it first started.
Pure.

A *source* is one integer for such a set of names: a hash, so that every process and every rebuild finds the same one.
"""

from hashlib import blake2b
from typing import Final, NamedTuple

from services.coverage.facts import EnrollmentFact, PartnerFact

Names = tuple[str, ...]
"""Of a listing: each list as agency/list, sorted. Of an enrolment: the agency (empty: not known), and the month of its
first start."""


class Listing(NamedTuple):
    """A partner fact, the source that its lists are, and their names, made once for all that need them."""

    fact: PartnerFact
    source: int
    names: Names


UNKNOWN: Final = 0
WITHDRAWN, UNLISTED, MERGED, ERASED, DELISTED = SPECIAL = range(1, 6)
"""Sources of partners that count nowhere, and why: no periods (merged, erased or taken back), insured but on no list;
merged, erased, on no list."""


class _Numbers(dict[Names, int]):
    """Names → their source, cached."""

    def __missing__(self, names: Names) -> int:
        digest = blake2b("\0".join(names).encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "little", signed=True)
        if len(self) >= 200_000:
            self.clear()
        self[names] = number
        return number


NUMBERS = _Numbers()


def of_enrolment(fact: EnrollmentFact) -> tuple[int, Names]:
    """Who reported it, and the month of its first start, listed by then or not."""
    if not fact.periods:
        return WITHDRAWN, ()
    if fact.listed_on is None:
        return UNLISTED, ()
    names = (fact.agency or "", fact.periods[0].start[:7])
    return NUMBERS[names], names


def of_partner(fact: PartnerFact, lists: Names) -> int:
    """The lists that name it (`last_seen.lists_of`) are its names."""
    if fact.status == "merged":
        return MERGED
    if fact.status != "active":
        return ERASED
    if fact.listed_on is None:
        return DELISTED
    return NUMBERS[lists]
