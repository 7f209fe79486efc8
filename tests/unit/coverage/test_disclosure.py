"""No suppressed count can be derived from what is published: tried by brute force on small trees."""

from collections.abc import Iterator
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.coverage.disclosure import K, Tree, has_small, is_small, suppressed
from shared.regions import Regions

SMALL = Tree(
    {"ID": ["a", "b", "c"], "a": ["a1", "a2", "a3"], "b": ["b1", "b2"], "c": ["c1"]},
)
LEAVES = ("a1", "a2", "a3", "b1", "b2", "c1")
counts = st.one_of(st.just(0), st.integers(0, 7), st.integers(0, 14))


def leaves_of(code: str) -> list[str]:
    below = SMALL.children.get(code)
    return [leaf for child in below for leaf in leaves_of(child)] if below else [code]


def total(values: dict[str, int], code: str) -> int:
    return sum(values[leaf] for leaf in leaves_of(code))


def tables(values: dict[str, int], hidden: set[str], lowest: int) -> Iterator[dict[str, int]]:
    """Every table of the suppressed regencies that fits what is published."""
    known = {code: total(values, code) for code in (*SMALL.children, *LEAVES) if code not in hidden}
    unknown = [leaf for leaf in LEAVES if leaf in hidden]
    most = sum(values[leaf] for leaf in unknown) if "ID" in known else 20
    for guess in product(range(lowest, min(most, 12) + 1), repeat=len(unknown)):
        table = values | dict(zip(unknown, guess, strict=True))
        if all(total(table, code) == count for code, count in known.items()):
            yield table


@settings(max_examples=100)
@given(st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 7]), min_size=6, max_size=6))
def test_no_suppressed_count_of_a_tree_is_derived(numbers: list[int]) -> None:
    values = dict(zip(LEAVES, numbers, strict=True))
    hidden = suppressed(SMALL, {leaf: (count,) for leaf, count in values.items()}, positive=True)
    assert all(total(values, code) == 0 or total(values, code) >= K for code in {*SMALL.children, *LEAVES} - hidden)
    assert all(total(values, code) for code in hidden), "zero is published"
    open_codes = set(hidden)
    for table in tables(values, hidden, 1):
        open_codes = {code for code in open_codes if total(table, code) == total(values, code)}
        if not open_codes:
            break
    assert not open_codes, f"only one value fits {open_codes}"


@settings(max_examples=300)
@given(st.lists(st.tuples(counts, counts), min_size=6, max_size=6))
def test_no_small_count_of_a_split_is_derived_from_the_totals_beside_it(pairs: list[tuple[int, int]]) -> None:
    """Two values of a dimension, all totals published: the sums and bounds of each group of suppressed regencies."""
    values = dict(zip(LEAVES, pairs, strict=True))
    hidden = suppressed(SMALL, {leaf: (sum(pair), *pair) for leaf, pair in values.items()})
    assert not any(
        has_small((total({k: v[at] for k, v in values.items()}, code),))
        for at in (0, 1)
        for code in {*SMALL.children, *LEAVES} - hidden
    )
    for top in ({"ID"} & hidden) or {code for code in hidden if code in ("a", "b", "c")} | {"a", "b", "c"} - hidden:
        group = [leaf for leaf in leaves_of(top) if leaf in hidden]
        if top in hidden or not group:
            continue
        rows = {leaf: sum(values[leaf]) for leaf in group}
        everything = sum(rows.values())
        for at in (0, 1):
            column = sum(values[leaf][at] for leaf in group)
            assert column == 0 or column >= K
            for leaf in (each for each in group if rows[each] >= K):  # smaller totals are not published
                least, most = max(0, rows[leaf] + column - everything), min(rows[leaf], column)
                assert least < most or not 0 < values[leaf][at] < K


def test_the_regions_are_one_tree() -> None:
    tree = Tree.of(["33.99", "10.01"])
    parents = [child for children in tree.children.values() for child in children]
    assert len(parents) == len(set(parents)) == len(list(Regions.load())) - 1 + 3
    assert tree.unnamed == {"33.99", "10.01", "10"}


def test_counts_from_one_to_four_are_small() -> None:
    assert [count for count in range(-6, 7) if is_small(count)] == [-4, -3, -2, -1, 1, 2, 3, 4]


def test_one_small_regency_takes_the_smallest_other_with_it() -> None:
    vectors = {"33.11": (3,), "33.12": (50,), "33.13": (9,), "33.14": (0,)}
    assert suppressed(Tree.of([]), vectors) == {"33.11", "33.13"}


def test_where_no_sibling_hides_it_the_parent_is_suppressed_and_so_on() -> None:
    assert suppressed(Tree.of([]), {"33.11": (3,)}) == {"33.11", "33", "jateng-diy", "ID"}
    found = suppressed(Tree.of([]), {"31.01": (3,), "36.71": (40,), "36.72": (60,), "35.01": (900,)})
    assert found == {"31.01", "31", "dki", "banten", "36", "36.71", "36.72"}
