"""Hypothesis strategies: what registration may write about a few partners, and how the log may deliver it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.coverage.stays import Changes
from services.coverage.transitions import Transitions
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers
from shared.events.partners import ListedWorkers, Listing, Partner
from tests.unit.coverage.oracle import Fact

BEGINNING = date(2021, 1, 1)
RECORDED = datetime(2021, 1, 1, tzinfo=UTC)
PARTNERS = [f"0190aaaa-0000-7000-8000-00000000000{n}" for n in range(2)]
REGIONS = ["33.11", "33.72", "36.71", "93.01"]
PROGRAMMES = [("JKK", "JKM"), ("JKK", "JKM", "JHT"), ("JKK", "JKM", "JHT", "JP")]
COOPERATIVES = ["0190cccc-0000-7000-8000-000000000001", "0190cccc-0000-7000-8000-000000000002"]
OCCUPATIONS = [None, "farmer", "fisher", "home_industry", "driver", "trader", "other"]

days = st.integers(0, 120).map(lambda n: BEGINNING + timedelta(n))
scales = st.sampled_from([None, "micro", "small", "medium", "large"])
kinds = st.sampled_from(["cooperative", "business", "individual"])
cooperatives = st.sampled_from([None, *COOPERATIVES])


@st.composite
def timelines(draw: Any) -> tuple[Period, ...]:
    """Disjoint periods in order; the last may be open-ended."""
    edges = sorted(draw(st.sets(days, max_size=5)))
    periods = []
    while edges:
        start = edges.pop(0)
        until = edges.pop(0) if edges else None
        if edges and draw(st.booleans()):
            edges.insert(0, until)  # the next period begins where this one ends
        workers = Workers(*draw(st.tuples(*[st.integers(0, 9)] * 3)))
        region, segment = draw(st.sampled_from(REGIONS)), draw(st.sampled_from(["PU", "BPU"]))
        periods.append(Period(start, until, region, segment, draw(st.sampled_from(PROGRAMMES)), workers))
    return tuple(periods)


def _enrolment(draw: Any, partner_id: str, version: int, recorded: datetime) -> Enrollment:
    return Enrollment(
        partner_id,
        version,
        draw(kinds),
        draw(timelines()),
        recorded,
        agency=draw(st.sampled_from([None, "a", "b"])),
        scale=draw(scales),
        occupation=draw(st.sampled_from(OCCUPATIONS)),
        listed_on=draw(st.none() | days),
        cooperative_id=draw(cooperatives),
        channel_id=draw(cooperatives),
    )


def _partner(draw: Any, partner_id: str, version: int, recorded: datetime) -> Partner:
    listed_on = draw(st.none() | days)
    sizes = st.none() | st.integers(0, 9)
    return Partner(
        partner_id,
        version,
        draw(st.sampled_from(["active", "active", "active", "merged", "erased"])),
        draw(st.sampled_from(REGIONS)),
        draw(kinds),
        recorded,
        scale=draw(scales),
        occupation=draw(st.sampled_from(OCCUPATIONS)),
        workers=ListedWorkers(draw(sizes), draw(sizes), draw(sizes), draw(sizes)),
        lists=(Listing("a", "l", listed_on),) if listed_on else (),
        listed_on=listed_on,
        cooperative_id=draw(cooperatives),
    )


@st.composite
def logs(draw: Any) -> list[Fact]:
    """Facts in the order of the log: each partner's versions in order, skipped at times, delivered again at times.

    Recorded over a few months, often in one second; merges and splits are partners that end, begin or lose all periods.
    """
    facts: list[Fact] = []
    recorded = RECORDED
    versions: dict[tuple[Any, str], int] = {}
    for _ in range(draw(st.integers(1, 18))):
        again = draw(st.integers(0, 3)) == 0
        if facts and again:
            at = draw(st.integers(0, len(facts) - 1))
            facts += facts[at : at + draw(st.integers(1, 3))]
            continue
        make = draw(st.sampled_from([_enrolment, _partner]))
        partner_id = draw(st.sampled_from(PARTNERS))
        version = versions.get((make, partner_id), 0) + draw(st.sampled_from([1, 1, 1, 2]))
        versions[make, partner_id] = version
        recorded += draw(st.sampled_from([timedelta(0), timedelta(milliseconds=700), timedelta(5), timedelta(33)]))
        facts.append(make(draw, partner_id, version, recorded))
    return facts


def changes(found: list[tuple[bytes, bytes, int]]) -> Changes:
    """Transitions of as many partners: the timeline before, the one after, the second."""
    before, after, recorded = ([each[at] for each in found] for at in range(3))
    nobody = [PARTNERS[0]] * len(found), [0] * len(found), [0] * len(found)
    return Changes.of(Transitions(before, after, recorded, *nobody))  # type: ignore[arg-type]
