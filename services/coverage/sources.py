"""What a partner's figures come from: the lists that name it, or who reported its enrolment and when it first started.
Pure.

A *source* is one integer for such a set of names: a hash, so that every process and every rebuild finds the same one.
"""

from hashlib import blake2b
from typing import Final, NamedTuple

from services.coverage.facts import EnrollmentFact, PartnerFact
from services.coverage.members import Sides

Names = tuple[str, ...]
"""Of a listing: each list as agency/list, sorted. Of an enrolment: the agency (empty: not known), and the month of its
first start."""


class Listing(NamedTuple):
    """A partner fact, the names of its lists, and where it counts as a member, made once for all that need them."""

    fact: PartnerFact
    names: Names
    sides: Sides


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

Named = dict[int, Names]
"""Sources and their names: those that a batch holds."""


def of_enrolment(fact: EnrollmentFact, named: Named) -> int:
    """Who reported it, and the month of its first start, listed by then or not; noted in `named`."""
    if not fact.periods:
        return WITHDRAWN
    if fact.listed_on is None:
        return UNLISTED
    names = (fact.agency or "", fact.periods[0].start[:7])
    source = NUMBERS[names]
    named[source] = names
    return source


def of_partner(fact: PartnerFact, lists: Names, named: Named) -> int:
    """The lists that name it (`last_seen.lists_of`) are its names; noted in `named`."""
    if fact.status == "merged":
        return MERGED
    if fact.status != "active":
        return ERASED
    if fact.listed_on is None:
        return DELISTED
    source = NUMBERS[lists]
    named[source] = lists
    return source
