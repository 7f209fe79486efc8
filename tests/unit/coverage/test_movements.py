"""Whatever the versions, the movements say what the oracle says, by source and by both kinds of causes."""

from collections import Counter
from datetime import date
from typing import Any

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.coverage import causes, cells, facts, movements, sources, transitions
from services.coverage.last_seen import lists_of
from services.coverage.stays import Changes
from services.coverage.timelines import EPOCH, enrolment_timeline, listing_timeline
from shared.events.enrollments import Enrollment
from shared.events.model import encode
from shared.regions import Regions
from tests.unit.coverage import histories, movement_oracle, oracle
from tests.unit.coverage.oracle import Fact

WITHIN = ["ID", "jateng-diy", "33", "36", "33.11", "33.72", "93.01"]


def moved(log: list[Fact]) -> np.ndarray[Any, Any]:
    """The movements of a log, delivered as one batch."""
    found = []
    for enrolled in (False, True):
        kind = facts.EnrollmentFact if enrolled else facts.PartnerFact
        read = [
            msgspec.json.decode(encode(each), type=kind) for each in log if isinstance(each, Enrollment) == enrolled
        ]
        found.append(movements.of(Changes.of(_transitions(read)), enrolled=enrolled))
    return np.concatenate(found)


def _transitions(read: list[Any]) -> transitions.Transitions:
    versions = [
        (
            each.partner_id,
            each.version,
            (enrolment_timeline if isinstance(each, facts.EnrollmentFact) else listing_timeline)(each),
            int(each.recorded_at.timestamp()),
            source_of(each),
            each,
        )
        for each in read
    ]
    partners = {version[0] for version in versions}
    return transitions.accept(versions, dict.fromkeys(partners, (0, 0, b"", 0))).transitions


def source_of(fact: Any) -> int:
    if isinstance(fact, facts.EnrollmentFact):
        return sources.of_enrolment(fact, {})
    return sources.of_partner(fact, lists_of(fact), {})


def region_of(place: int) -> str:
    province, regency = cells.place(place << cells.REGENCY)
    return f"{province:02}.{regency:02}"


def summed(rows: Any, name: str, within: str, days: tuple[date, date], seconds: tuple[int, int]) -> Counter[Any]:
    first, last = (day.toordinal() - EPOCH for day in days)
    found: Counter[Any] = Counter()
    level = Regions.load()[within].level
    for row in rows:
        inside = first < row["day"] <= last and seconds[0] < row["recorded"] <= seconds[1]
        if not inside or not row[name] or not movement_oracle.is_inside(region_of(int(row["place"])), within):
            continue
        if name == "source":
            found[bool(row["enrolled"]), int(row["source"])] += int(row["partners"])
        elif causes.counts_for(int(row[name]), level):
            side = "enrolled" if row["enrolled"] else "listed"
            found[side, causes.NAMES[int(row[name])]] += int(row["partners"])
    return Counter({key: count for key, count in found.items() if count})


def nonzero(found: Counter[Any]) -> Counter[Any]:
    return Counter({key: count for key, count in found.items() if count})


def numbered(found: Counter[tuple[bool, tuple[str, ...]]]) -> Counter[tuple[bool, int]]:
    return Counter({(enrolled, sources.NUMBERS[names]): count for (enrolled, names), count in found.items()})


EVER = (date(1900, 1, 1), date(2200, 1, 1))
ALL = (0, 10**11)


@given(log=histories.logs(), questions=st.data())
def test_movements_say_what_the_oracle_says(log: list[Fact], questions: st.DataObject) -> None:
    rows = moved(log)
    start, end = sorted(questions.draw(st.tuples(histories.days, histories.days)))
    learned = sorted(oracle.second(fact.recorded_at) for fact in log)
    since, until = sorted(questions.draw(st.tuples(*[st.sampled_from([learned[0] - 1, *learned])] * 2)))
    for within in questions.draw(st.sampled_from(WITHIN)), "33.11":
        by_day = summed(rows, "day_cause", within, (start, end), (0, until))
        assert by_day == nonzero(movement_oracle.by_day(log, start, end, until, within)), within
        by_knowledge = summed(rows, "cause", within, (EVER[0], end), (since, until))
        assert by_knowledge == nonzero(movement_oracle.by_knowledge(log, end, since, until, within)), within
        by_source = summed(rows, "source", within, (EVER[0], end), (0, until))
        assert by_source == numbered(movement_oracle.by_source(log, end, until, within)), within


@given(log=histories.logs(), questions=st.data())
def test_start_and_causes_are_the_end(log: list[Fact], questions: st.DataObject) -> None:
    start, end = sorted(questions.draw(st.tuples(histories.days, histories.days)))
    learned = sorted(oracle.second(fact.recorded_at) for fact in log)
    since, until = sorted(questions.draw(st.tuples(*[st.sampled_from([learned[0] - 1, *learned])] * 2)))
    for within in questions.draw(st.sampled_from(WITHIN)), "33.11":
        moved_by_day = movement_oracle.by_day(log, start, end, until, within)
        learned_between = movement_oracle.by_knowledge(log, end, since, until, within)
        for before, causes_between in (((start, until), moved_by_day), ((end, since), learned_between)):
            figures = movement_oracle.totals(log, *before, within)
            for (side, _), count in causes_between.items():
                figures[side] += count
            assert nonzero(figures) == nonzero(movement_oracle.totals(log, end, until, within))
