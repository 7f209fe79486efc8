"""Figures by agency and list, and those of briefings: compared with counting one by one, and asked all that a caller
without `figures:detail` may ask."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from services.coverage import counted
from services.coverage.api import briefings, sources
from services.coverage.composition import Source, hidden_regions
from services.coverage.counted import Entry
from services.coverage.disclosure import Vector, has_small
from shared.regions import NATION, Regions

REGENCIES = ["33.11", "33.12", "33.72", "34.71", "36.71", "36.72"]
CODES = list(dict.fromkeys(each for place in REGENCIES for each in counted.lies_in(place)))
BELOW = {"national": "kanwil", "kanwil": "province", "province": "regency"}
sizes = st.sampled_from([0, 1, 3, 4, 5, 6, 9, 40])


class Partner(NamedTuple):
    region: str
    lists: frozenset[str]
    reporter: str | None
    month: str


partners = st.builds(
    Partner,
    st.sampled_from(REGENCIES),
    st.frozensets(st.sampled_from(["a/x", "a/y", "b/x", "c/z"]), min_size=1),
    st.sampled_from([None, "a", "bpjs", ""]),
    st.sampled_from(["2024-01", "2024-02"]),
)
crowds = st.lists(st.tuples(partners, sizes), max_size=12).map(lambda found: [p for p, n in found for _ in range(n)])


def of(everybody: list[Partner]) -> list[Source]:
    found = Counter((each.region, False, tuple(sorted(each.lists))) for each in everybody)
    found.update((p.region, True, (p.reporter, p.month)) for p in everybody if p.reporter is not None)
    return [Source(*key, partners) for key, partners in found.items()]


def agencies(each: Partner) -> set[str]:
    return {name.partition("/")[0] for name in each.lists}


@settings(max_examples=60)
@given(crowds)
def test_by_agency_and_by_list_every_partner_is_counted_one_by_one(everybody: list[Partner]) -> None:
    found = of(everybody)
    for code in CODES:
        inside = [each for each in everybody if code in counted.lies_in(each.region)]
        names = {name for each in inside for name in (*agencies(each), each.reporter) if name is not None}
        expected = [
            (
                name or None,
                sum(name in agencies(each) for each in inside),
                sum(agencies(each) == {name} for each in inside),
                sum(each.reporter == name for each in inside),
            )
            for name in sorted(names)
        ]
        rows = sources.rows("agency", found, [code], None, ())
        assert [(row["agency"], row["listed"], row["alone"], row["enrolled"]) for row in rows] == expected
        by_list = {
            (row["agency"], row["list"]): (row["listed"], row["alone"])
            for row in sources.rows("list", found, [code], None, ())
        }
        assert by_list == {
            tuple(name.split("/")): (
                sum(name in each.lists for each in inside),
                sum(each.lists == {name} for each in inside),
            )
            for name in {name for each in inside for name in each.lists}
        }
        own = sources.rows("list", found, [code], "a", ())
        assert {(row["agency"], row["list"]) for row in own} == {key for key in by_list if key[0] == "a"}


@settings(max_examples=60)
@given(crowds)
def test_no_small_count_of_an_agency_or_list_follows_from_all_that_is_answered(everybody: list[Partner]) -> None:
    found = of(everybody)
    hidden = hidden_regions(found, ())

    def shown(code: str) -> dict[Any, Vector]:
        by_agency = {row["agency"]: row for row in sources.rows("agency", found, [code], None, hidden)}
        by_list = {(row["agency"], row["list"]): row for row in sources.rows("list", found, [code], None, hidden)}
        assert not any(row.get("suppressed") for row in (*by_agency.values(), *by_list.values()))
        numbers = {name: (row["listed"], row["alone"], row["enrolled"]) for name, row in by_agency.items()}
        numbers |= {name: (row["listed"], row["alone"]) for name, row in by_list.items()}
        return {name: (*each, each[0] - each[1]) for name, each in numbers.items()}

    for code in CODES:
        if code in hidden:
            (row,) = sources.rows("agency", found, [code], "a", hidden)
            assert row["suppressed"]
            assert row["agency"] is row["listed"] is row["alone"] is row["enrolled"] is None
    check_nothing_follows(hidden, shown, {each.region for each in everybody})


held = st.builds(
    lambda region, agency, attendees, before, after, present: Entry(
        region,
        (agency,),
        (1, 50, attendees + present, attendees, min(before, attendees), min(after, attendees - min(before, attendees))),
    ),
    st.sampled_from([*REGENCIES, "33"]),
    st.sampled_from(["a", "b"]),
    *(sizes for _ in range(4)),
)


@settings(max_examples=100)
@given(st.lists(held, max_size=10), st.booleans())
def test_no_small_count_of_a_briefing_follows_from_all_that_is_answered(entries: list[Entry], split: bool) -> None:
    entries = entries if split else [each._replace(combination=()) for each in entries]
    kept = briefings.COUNTED
    hidden = counted.hidden(entries, kept.shown)

    def shown(code: str) -> dict[Any, Vector]:
        (found,) = counted.rows(entries, [code], int(split), len(kept.columns)).values()
        return {name: kept.shown(counts) for name, counts in found.items()}

    check_nothing_follows(hidden, shown, {each.region for each in entries if any(kept.shown(each.counts))})
    if split:
        assert hidden >= counted.hidden([each._replace(combination=()) for each in entries], kept.shown)


def check_nothing_follows(hidden: set[str], shown: Callable[[str], Mapping[Any, Vector]], present: set[str]) -> None:
    """What is shown is not small, nor is what is left of a region when all that is shown below it is subtracted, which
    is then the sum of two regions at least."""
    regions = Regions.load()
    for code in CODES:
        if code in hidden:
            continue
        whole = shown(code)
        assert not any(map(has_small, whole.values())), code
        level = BELOW.get(regions[code].level)
        if level is None:
            continue
        below = regions.children(code, level)
        rest = dict(whole)
        for child in (each for each in below if each not in hidden):
            for name, numbers in shown(child).items():
                if any(numbers):
                    rest[name] = tuple(a - b for a, b in zip(rest[name], numbers, strict=True))
        assert not any(map(has_small, rest.values())), code
        if code != NATION and code not in present:
            assert len(hidden & set(below)) != 1, code
