"""Which lists, agencies and months make a figure. Pure.

`listed` is made of partners that lists name, often several at once: beside what each list or agency names stands what
it `alone` names, and how many partners are on how many lists. `enrolled` is made of partners by the month of their
first start, and by the agency that reported their enrolment last.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from services.coverage.disclosure import Tree, Vector, suppressed
from services.coverage.sources import Names


class Source(NamedTuple):
    """How many partners of a region count from one source."""

    region: str
    enrolled: bool
    names: Names
    partners: int


class Composition(NamedTuple):
    """Of each part the partners, and for lists and agencies of lists also those that it alone names."""

    by_list: dict[str, tuple[int, int]]
    by_agency: dict[str, tuple[int, int]]
    by_lists: dict[int, int]
    by_month: dict[str, int]
    by_reporter: dict[str, int]


def composed(sources: Iterable[Source]) -> Composition:
    """What the figures of these sources together are made of."""
    lists: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    agencies: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    counts: Counter[int] = Counter()
    months: Counter[str] = Counter()
    reporters: Counter[str] = Counter()
    for each in sources:
        if each.enrolled:
            reporter, month = each.names
            months[month] += each.partners
            reporters[reporter] += each.partners
            continue
        counts[len(each.names)] += each.partners
        senders = {name.partition("/")[0] for name in each.names}
        for found, names in ((lists, set(each.names)), (agencies, senders)):
            for name in names:
                found[name][0] += each.partners
                found[name][1] += each.partners if len(names) == 1 else 0
    return Composition(_pairs(lists), _pairs(agencies), _present(counts), _present(months), _present(reporters))


def _pairs(found: Mapping[str, list[int]]) -> dict[str, tuple[int, int]]:
    return {name: (all_of, alone) for name, (all_of, alone) in sorted(found.items()) if all_of}


def _present(found: Mapping[Any, int]) -> dict[Any, int]:
    return {name: partners for name, partners in sorted(found.items()) if partners}


def as_json(made: Composition, only_lists_of: str | None, *, all_lists: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """(listed, enrolled). Who is not shown all lists is shown those of its own agency, `only_lists_of`."""
    lists = [
        {"agency": agency, "list": name, "listed": partners, "alone": alone}
        for agency, name, (partners, alone) in ((*split_name(each), pair) for each, pair in made.by_list.items())
        if all_lists or agency == only_lists_of
    ]
    agencies = [
        {"agency": name, "listed": partners, "alone": alone} for name, (partners, alone) in made.by_agency.items()
    ]
    overlap = [{"lists": number, "listed": partners} for number, partners in made.by_lists.items()]
    months = [{"month": month, "enrolled": partners} for month, partners in made.by_month.items()]
    reporters = [{"agency": name or None, "enrolled": partners} for name, partners in made.by_reporter.items()]
    return (
        {"by_list": lists, "by_agency": agencies, "by_number_of_lists": overlap},
        {"by_month_of_first_start": months, "by_agency": reporters},
    )


def split_name(name: str) -> tuple[str, str]:
    """(agency, list) of a source's name."""
    agency, _, own = name.partition("/")
    return agency, own


def hidden_regions(sources: Iterable[Source], also: Iterable[str]) -> set[str]:
    """The regions whose composition is suppressed, by the sources of every regency of the nation; `also`: whose figures
    are suppressed anyway."""
    by_region: dict[str, list[Source]] = defaultdict(list)
    for each in sources:
        by_region[each.region].append(each)
    made = {region: composed(found) for region, found in by_region.items()}
    keys = sorted({key for each in made.values() for key in _flat(each)})
    vectors: dict[str, Vector] = {}
    for region, own in made.items():
        flat = _flat(own)
        listed, enrolled = sum(own.by_lists.values()), sum(own.by_month.values())
        parts = [flat.get(key, 0) for key in keys]
        rest = [(enrolled if key[0] in _OF_ENROLLED else listed) - part for key, part in zip(keys, parts, strict=True)]
        vectors[region] = (listed, enrolled, *parts, *rest)
    return suppressed(Tree.of(vectors), vectors, also)


_OF_ENROLLED = ("month", "reporter")


def _flat(made: Composition) -> dict[tuple[str, str], int]:
    """Every number that is shown, and the differences of those that stand side by side."""
    found: dict[tuple[str, str], int] = {}
    for kind, pairs in (("list", made.by_list), ("agency", made.by_agency)):
        for name, (partners, alone) in pairs.items():
            found |= {
                (kind, name): partners,
                (f"{kind} alone", name): alone,
                (f"{kind} shared", name): partners - alone,
            }
    found |= {("lists", str(number)): partners for number, partners in made.by_lists.items()}
    found |= {("month", month): partners for month, partners in made.by_month.items()}
    return found | {("reporter", name): partners for name, partners in made.by_reporter.items()}
