"""The rows that a caller without `figures:detail` is shown, over all questions together."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.coverage import cells, figures
from services.coverage.disclosure import is_small
from services.coverage.figures import Dimensions, Sum, Tally
from services.coverage.month_protection import suppressed_regions
from services.coverage.protection import (
    Protection,
    part_protection,
    protected_row,
    protection,
    suppressed_claims,
)
from services.coverage.series import Loss
from shared.regions import Regions

DIMENSIONS = Dimensions(("JKK", "JKM", "JHT", "JP"))
PLAIN = sum(cells.MASKS[name] for name in ("side", "unknown", "region"))
REGIONS = ["33.11", "33.12", "33.72", "34.71", "36.71", "36.72", "36.74", "31.71"]
PROGRAMMES = [("JKK", "JKM"), ("JKK", "JKM", "JHT"), ("JKK", "JKM", "JHT", "JP")]
LEVELS = {"national": "kanwil", "kanwil": "province", "province": "regency"}
sizes = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 12, 30, 200])


@st.composite
def sums(draw: Any) -> list[Sum]:
    """Listed and enrolled partners of some regencies, kinds and programmes."""
    found = []
    for region in draw(st.lists(st.sampled_from(REGIONS), min_size=1, max_size=8, unique=True)):
        for kind in draw(st.lists(st.sampled_from(cells.KINDS), min_size=1, max_size=2, unique=True)):
            listed = draw(sizes)
            bits = cells.PARTNER_BITS[kind, draw(st.sampled_from([None, "micro"])), None]
            unknown = draw(st.sampled_from([0, cells.SIZE_UNKNOWN]))
            found.append(Sum(bits | cells.REGION_BITS[region] | unknown, listed, 3 * listed, 0, listed, 2 * listed))
            enrolled = min(listed, draw(sizes))
            period = cells.PERIOD_BITS[region, draw(st.sampled_from(cells.SEGMENTS)), draw(st.sampled_from(PROGRAMMES))]
            found.append(Sum(bits | cells.ENROLLED | period, enrolled, 2 * enrolled, 0, enrolled, enrolled))
    return found


def answers(of: list[Sum], by: tuple[str, ...]) -> dict[tuple[str, Any], dict[str, Any]]:
    """(region, combination) → the row, of every level."""
    rules, found = protection(of, by, DIMENSIONS), {}
    places = {f"{cells.place(each.cell)[0]:02}" for each in of}
    for region in Regions.load():
        if not places & {code[:2] for code in Regions.load().regencies(region.code)}:
            continue
        inside = set(Regions.load().regencies(region.code))
        province = region.code if region.level == "province" else None

        def within(
            cell: int, inside: set[str] = inside, province: str | None = province, level: str = region.level
        ) -> bool:
            code = f"{cells.place(cell)[0]:02}.{cells.place(cell)[1]:02}"
            kanwil = level == "kanwil" and bool({each[:2] for each in inside} & {code[:2]})
            return level == "national" or kanwil or code in inside or code[:2] == province

        here = [each for each in of if within(each.cell)]
        if not here:
            continue
        tallies = figures.tallies(here, by, lambda _, code=region.code: code, DIMENSIONS)
        for combination in figures.combinations(by, tallies, [region.code], DIMENSIONS)[region.code]:
            tally = tallies.get((region.code, combination)) or Tally()
            row = {"region": region.code, **figures.row(tally, by), "denominators": [], "targets": []}
            found[region.code, combination] = protected_row(row, by, rules)
    return found


@settings(max_examples=15)
@given(sums())
def test_no_count_from_1_to_4_is_shown_or_subtracted(of: list[Sum]) -> None:
    for by in ((), ("kind",), ("programme",), ("completeness",), ("segment",), ("scale",)):
        shown = answers(of, by)
        for (code, combination), row in shown.items():
            for name in ("listed", "enrolled", "unregistered"):
                assert not is_small(row[name] or 0), (code, combination, name)
            level = LEVELS.get(Regions.load()[code].level)
            if level is None:
                continue
            below = [shown.get((each, combination)) for each in Regions.load().children(code, level)]
            for name in ("listed", "enrolled"):
                counts = [each[name] for each in below if each is not None]
                if row[name] is not None:
                    assert counts.count(None) != 1
                    assert not is_small(row[name] - sum(count for count in counts if count is not None))


@settings(max_examples=15)
@given(sums())
def test_programmes_and_kinds_show_no_small_difference(of: list[Sum]) -> None:
    whole, programmes = answers(of, ()), answers(of, ("programme",))
    complete = answers(of, ("completeness",))
    for (code, combination), row in (*programmes.items(), *complete.items()):
        others = [whole[code, ()], *(programmes[code, (name,)] for name in DIMENSIONS.programmes)]
        for other in others if row in complete.values() else others[:1]:
            for name in ("listed", "enrolled"):
                if row[name] is not None and other[name] is not None:
                    assert not is_small(other[name] - row[name]), (code, combination)


@st.composite
def months(draw: Any) -> tuple[list[Sum], list[Sum], list[Loss]]:
    """The sums at the ends of two months, and the losses of the second one."""
    before, losses = draw(sums()), []
    changed = [
        each._replace(partners=max(0, each.partners + draw(st.sampled_from([-9, 0, 0, 2, 6])))) for each in before
    ]
    for each in changed:
        if cells.is_enrolled(each.cell) and each.partners and draw(st.booleans()):
            losses.append(Loss(each.cell, draw(st.sampled_from([0, changed[1].cell])), draw(st.integers(1, 7))))
    return before, changed, losses


def test_a_month_is_decided_anew_when_only_its_losses_or_its_split_differ() -> None:
    cell = cells.ENROLLED | cells.PARTNER_BITS["business", "micro", None] | cells.PERIOD_BITS["33.11", "PU", ("JKK",)]
    end = [Sum(cell, 50, 90, 0, 0, 90), Sum(cell & ~cells.ENROLLED & PLAIN, 80, 200, 0, 0, 200)]
    ask = partial(suppressed_regions, [end, end])
    (quiet,), (moved,) = ask([[]], (), DIMENSIONS), ask([[Loss(cell, 0, 2)]], (), DIMENSIONS)
    assert "33.11" not in quiet
    assert "33.11" in moved
    assert ask([[]], (), DIMENSIONS) == [quiet]
    assert ask([[]], ("segment", "kind"), DIMENSIONS) != [quiet]


def _without_kind(found: Sum) -> Sum:
    return found._replace(cell=found.cell & PLAIN)


@settings(max_examples=30)
@given(months())
def test_no_month_shows_a_small_count_or_a_small_difference_from_the_month_before(
    of: tuple[list[Sum], list[Sum], list[Loss]],
) -> None:
    before, now, losses = of
    (hidden,) = suppressed_regions([before, now], [losses], (), DIMENSIONS)
    merged = [[_without_kind(each) for each in sums] for sums in (before, now)]
    fewer = [
        Loss(each.cell & PLAIN, max(each.next_cell, 0) & PLAIN or each.next_cell, each.partners) for each in losses
    ]
    assert suppressed_regions(merged, [fewer], (), DIMENSIONS) == [hidden], "kind and scale do not matter"
    rules = protection(now, (), DIMENSIONS)
    assert rules.listed | rules.enrolled <= hidden
    places = {f"{cells.place(each.cell)[0]:02}.{cells.place(each.cell)[1]:02}" for each in now}
    rows: dict[str, tuple[int, ...]] = {}
    for region in Regions.load():
        inside = set(Regions.load().regencies(region.code))
        then, current = (_tally(sums, inside) for sums in (before, now))
        counts = (current.listed, current.enrolled, current.listed - current.enrolled)
        former = (then.listed, then.enrolled, then.listed - then.enrolled)
        rows[region.code] = (*counts, *(count - old for count, old in zip(counts, former, strict=True)))
        if region.code not in hidden and places & inside:
            assert not any(is_small(count) for count in rows[region.code]), region.code
            movement = _movement(losses, inside)
            assert not any(map(is_small, movement)), region.code
    for region in Regions.load():
        level = LEVELS.get(region.level)
        if level is None or region.code in hidden:
            continue
        below = Regions.load().children(region.code, level)
        shown = [rows[code] for code in below if code not in hidden]
        rest = (total - sum(parts) for total, parts in zip(rows[region.code], zip(*shown, strict=True), strict=False))
        assert not any(map(is_small, rest)), region.code


def _tally(sums: list[Sum], inside: set[str]) -> Tally:
    here = [each for each in sums if _code(each.cell) in inside]
    return figures.tallies(here, (), lambda _: "", DIMENSIONS).get(("", ()), Tally())


def _movement(losses: list[Loss], inside: set[str]) -> tuple[int, int]:
    """(lost in all, lapsed)"""
    leaving = [each for each in losses if _code(each.cell) in inside and _code(each.next_cell) not in inside]
    return sum(each.partners for each in leaving), sum(each.partners for each in leaving if each.next_cell == 0)


def _code(cell: int) -> str:
    return f"{cells.place(cell)[0]:02}.{cells.place(cell)[1]:02}"


def test_several_dimensions_are_not_shown_at_all() -> None:
    of = [Sum(cells.PARTNER_BITS["business", None, None] | cells.REGION_BITS["33.11"], 900, 900, 0, 0, 0)]
    assert all(row["listed"] is None for row in answers(of, ("kind", "scale")).values())
    assert {row["listed"] for row in answers(of, ("kind",)).values()} == {0, 900}


@pytest.mark.parametrize("by", [(), ("kind",)], ids=["whole", "split"])
def test_no_number_of_a_suppressed_region_is_left_in_its_row(by: tuple[str, ...]) -> None:
    levels = {"labour": {"listed": 9, "enrolled": 8}}
    workers = {"listed": 9, "unknown": 1, "enrolled": 8, "by_level": levels}
    counts = {"listed": 7, "enrolled": 3, "unregistered": 4, "rate": 0.4286, "through": {"enrolled": 6}}
    row = {"region": "33.11", **counts, "workers": workers, "denominators": [], "targets": []}
    here = frozenset({"33.11"})
    shown = protected_row(row, by, Protection(here, here, here, here))
    assert shown.pop("suppressed") is True
    assert not any(character.isdigit() for character in str({**shown, "region": ""}))


def test_claims_of_a_regency_with_few_take_a_sibling_with_them() -> None:
    counts = {("33.11", None, "paid"): 2, ("33.12", None, "paid"): 9, ("33.13", None, "filed"): 40}
    assert suppressed_claims(counts, ("filed", "paid"), ()) == {"33.11", "33.12"}
    assert {"33", "ID", "33.13"} <= suppressed_claims(counts, ("filed", "paid"), ("programme", "month"))


@settings(max_examples=300, deadline=None)
@given(sums(), st.data())
def test_a_cooperatives_figures_give_no_small_count_of_its_members_or_of_the_others(
    of: list[Sum], draw: st.DataObject
) -> None:
    part = [each._replace(partners=draw.draw(st.integers(0, each.partners))) for each in of]
    rules = part_protection(part, [], of, (), DIMENSIONS)
    for region in REGIONS:
        mine, whole = ([e for e in each if _is_in(e, region)] for each in (part, of))
        shown, total = (
            figures.tallies(each, (), lambda _: "", DIMENSIONS).get(("", ()), Tally()) for each in (mine, whole)
        )
        if shown.listed and region not in rules.listed:
            assert not is_small(shown.listed)
            assert not is_small(shown.enrolled)
            assert not is_small(total.listed - shown.listed)
            assert not is_small(total.enrolled - shown.enrolled)


def _is_in(each: Sum, region: str) -> bool:
    province, regency = cells.place(each.cell)
    return f"{province:02}.{regency:02}" == region
