"""The rows that a caller without `figures:detail` is shown, over all questions together."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.coverage import cells, figures
from services.coverage.disclosure import is_small
from services.coverage.figures import Dimensions, Sum, Tally
from services.coverage.protection import part_protection, protected_row, protection, suppressed_claims
from shared.regions import Regions

DIMENSIONS = Dimensions(("JKK", "JKM", "JHT", "JP"))
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
            row = {"region": region.code, **figures.row(tally, by), "denominators": [], "target": None}
            found[region.code, combination] = protected_row(row, by, rules)
    return found


@settings(max_examples=15)
@given(sums())
def test_no_count_from_1_to_4_is_shown_or_subtracted(of: list[Sum]) -> None:
    for by in ((), ("kind",), ("programme",), ("segment",), ("scale",)):
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
    for (code, combination), row in programmes.items():
        total = whole[code, ()]
        for name in ("listed", "enrolled"):
            if row[name] is not None and total[name] is not None:
                assert not is_small(total[name] - row[name]), (code, combination)


def test_several_dimensions_are_not_shown_at_all() -> None:
    of = [Sum(cells.PARTNER_BITS["business", None, None] | cells.REGION_BITS["33.11"], 900, 900, 0, 0, 0)]
    assert all(row["listed"] is None for row in answers(of, ("kind", "scale")).values())
    assert {row["listed"] for row in answers(of, ("kind",)).values()} == {0, 900}


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
