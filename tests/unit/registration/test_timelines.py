"""Versions become periods; drops are refused; several participants of one partner are united."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.registration.intake.values import Refusal
from services.registration.records import timelines
from services.registration.records.timelines import History, Version
from shared.events.model import Programme, Workers

START = date(2021, 1, 1)
TWO: tuple[Programme, ...] = ("JKK", "JKM")
THREE: tuple[Programme, ...] = ("JKK", "JKM", "JHT")


def version(
    day: int, until: int | None = None, programmes: tuple[Programme, ...] = TWO, labour: int = 1, segment: str = "PU"
) -> Version:
    end = None if until is None else START + timedelta(until)
    workers = Workers(labour=labour)
    return Version(START + timedelta(day), end, "33.11", segment, programmes, workers)  # type: ignore[arg-type]


def history(*versions: Version) -> History:
    held: History = ()
    for each in versions:
        held, refusal = timelines.judge(held, each)
        assert refusal is None, refusal
    return held


def refused(held: History, new: Version) -> str:
    same, refusal = timelines.judge(held, new)
    assert refusal is not None
    assert same == held
    return refusal.code


def test_a_version_sent_again_changes_nothing() -> None:
    held = history(version(0))
    assert timelines.judge(held, version(0))[0] is held


def test_a_version_of_the_same_day_replaces() -> None:
    assert len(history(version(0), version(0, labour=9))) == 1


def test_a_programme_is_not_dropped_while_active() -> None:
    assert refused(history(version(0, programmes=THREE)), version(5)) == "programme_dropped"
    assert refused(history(version(5)), version(0, programmes=THREE)) == "programme_dropped"


def test_after_an_end_a_participant_may_come_back_with_less() -> None:
    assert len(history(version(0, until=3, programmes=THREE), version(5))) == 2
    lapse = version(3, programmes=())
    assert len(history(version(0, programmes=THREE), lapse, version(4))) == 3


def test_only_an_active_participant_lapses() -> None:
    assert refused((), version(3, programmes=())) == "event_outside_membership"
    assert refused(history(version(0, until=2)), version(3, programmes=())) == "event_outside_membership"


def test_a_claim_needs_the_programme_on_its_day() -> None:
    held = history(version(0), version(10, programmes=THREE))
    assert isinstance(timelines.judge_claim(held, "JHT", START + timedelta(9)), Refusal)
    assert timelines.judge_claim(held, "JHT", START + timedelta(10)) == held[1]


def test_tenure_counts_whole_months_from_the_first_start() -> None:
    held = history(version(0), version(31, programmes=THREE))
    assert timelines.tenure_months(held, date(2021, 5, 31)) == 4
    assert timelines.tenure_months(held, date(2021, 6, 1)) == 5


VERSIONS = st.builds(
    lambda day, length, programmes, labour, segment: version(
        day, None if length is None else day + length, programmes, labour, segment
    ),
    day=st.integers(0, 12),
    length=st.one_of(st.none(), st.integers(1, 8)),
    programmes=st.sampled_from([(), TWO, THREE]),
    labour=st.integers(0, 3),
    segment=st.sampled_from(["PU", "BPU"]),
)


def accepted(versions: list[Version]) -> History:
    held: History = ()
    for each in versions:
        held, _ = timelines.judge(held, each)
    return held


@given(st.lists(st.lists(VERSIONS, max_size=5), max_size=3))
def test_a_timeline_says_of_every_day_what_the_participants_say(sent: list[list[Version]]) -> None:
    histories = [accepted(versions) for versions in sent]
    periods = timelines.united(histories, "33.11")
    for a, b in pairwise(periods):
        assert a.until is not None
        assert a.until <= b.start
        assert a.until < b.start or (a.programmes, a.segment, a.workers) != (b.programmes, b.segment, b.workers)
    for day in (START + timedelta(n) for n in range(-1, 25)):
        active = [state for held in histories if (state := timelines.state_on(held, day))]
        found = [p for p in periods if p.start <= day and (p.until is None or p.until > day)]
        assert len(found) == bool(active)
        if active:
            assert set(found[0].programmes) == {name for state in active for name in state.programmes}
            assert found[0].workers.labour == sum(state.workers.labour for state in active)
            assert found[0].segment == ("PU" if any(state.segment == "PU" for state in active) else "BPU")
