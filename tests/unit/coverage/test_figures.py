"""Rows from the sums of cells: what listed and enrolled mean in each dimension."""

from services.coverage import figures
from services.coverage.facts import EnrollmentFact, ListedWorkers, PartnerFact, PeriodFact, Workers
from services.coverage.figures import Dimensions, Sum
from services.coverage.timelines import enrolment_timeline, listing_timeline, stays
from tests.unit.coverage.test_cells import RECORDED

DIMENSIONS = Dimensions(("JKK", "JKM", "JHT", "JP"))


def listed(partners: int, kind: str = "business", workers: tuple[int, int, int] = (0, 1, 2)) -> Sum:
    fact = PartnerFact(
        "p", 1, "active", "33.11", kind, RECORDED, workers=ListedWorkers(None, *workers), listed_on="2021-01-01"
    )
    return _sum(listing_timeline(fact), partners)


def enrolled(
    partners: int, kind: str = "business", segment: str = "PU", programmes: tuple[str, ...] = ("JKK", "JKM")
) -> Sum:
    period = PeriodFact("2021-01-01", "33.11", segment, programmes, Workers(0, 1, 1))
    return _sum(enrolment_timeline(EnrollmentFact("p", 1, kind, (period,), RECORDED, listed_on="2021-01-01")), partners)


def _sum(timeline: bytes, partners: int) -> Sum:
    (stay,) = stays(timeline)
    return Sum(stay.cell, partners, *(partners * number for number in stay[3:]))


def counts(by: tuple[str, ...], *sums: Sum) -> dict[tuple[str, ...], tuple[int, int]]:
    tallies = figures.tallies(sums, by, lambda _: "ID", DIMENSIONS)
    return {combination: (tally.listed, tally.enrolled) for (_, combination), tally in tallies.items()}


def test_a_partner_counts_once_and_in_each_of_its_programmes() -> None:
    sums = (listed(10), enrolled(3), enrolled(2, programmes=("JKK", "JKM", "JHT")))
    assert counts((), *sums) == {(): (10, 5)}
    assert counts(("programme",), *sums) == {("JKK",): (10, 5), ("JKM",): (10, 5), ("JHT",): (10, 2), ("JP",): (10, 0)}


def test_pension_is_not_open_to_individuals() -> None:
    assert counts(("programme",), listed(10), listed(5, "individual"))["JP",] == (10, 0)


def test_the_unregistered_belong_to_the_segment_expected_of_them() -> None:
    sums = (
        listed(10),
        listed(5, "individual"),
        enrolled(3),
        enrolled(2, segment="BPU"),
        enrolled(1, "individual", "BPU"),
    )
    assert counts(("segment",), *sums) == {("PU",): (8, 3), ("BPU",): (7, 3)}


def test_those_eligible_for_a_programme_are_the_same_with_and_without_their_segments() -> None:
    sums = (listed(10), listed(5, "individual"), enrolled(2, segment="BPU"), enrolled(1, "individual", "PU"))
    split = counts(("segment", "programme"), *sums)
    for (programme,), whole in counts(("programme",), *sums).items():
        parts = [split.get((segment, programme), (0, 0)) for segment in ("PU", "BPU")]
        assert tuple(map(sum, zip(*parts, strict=True))) == whole, programme


def test_a_job_level_counts_workers() -> None:
    assert counts(("job_level",), listed(10), enrolled(3)) == {
        ("management",): (0, 0),
        ("staff",): (10, 3),
        ("labour",): (20, 3),
    }


def test_every_region_has_a_row_for_every_value() -> None:
    rows = figures.combinations(("programme",), [], ["33.11", "36.71"], DIMENSIONS)
    assert rows["33.11"] == rows["36.71"] == [("JKK",), ("JKM",), ("JHT",), ("JP",)]


def test_where_all_combinations_would_be_too_many_each_region_has_those_that_occur_in_it_and_at_least_one() -> None:
    found = [("36.71", ("JP", "micro")), ("36.71", ("JKK", "large")), ("33.11", ("JKM", "small"))]
    rows = figures.combinations(("programme", "scale"), found, ["33.11", "33.72", "36.71"], DIMENSIONS, max_rows=59)
    assert rows == {
        "33.11": [("JKM", "small")],
        "33.72": [("JKK", "unknown")],
        "36.71": [("JKK", "large"), ("JP", "micro")],
    }


def test_what_cannot_be_compared_has_neither_a_rest_nor_a_rate() -> None:
    def row(by: tuple[str, ...], listed: int, enrolled: int) -> tuple[int | None, float | None]:
        made = figures.row(figures.Tally(listed, enrolled), by)
        assert (made["listed"], made["enrolled"]) == (listed, enrolled)
        return made["unregistered"], made["rate"]

    assert row(("job_level",), 1150, 1978) == row(("segment", "job_level"), 0, 248) == (None, None)
    assert row(("job_level",), 0, 0) == row(("scale",), 2, 3) == (None, None)
    assert row(("job_level",), 1150, 800) == (350, 800 / 1150)
    assert row((), 0, 0) == (0, None)
