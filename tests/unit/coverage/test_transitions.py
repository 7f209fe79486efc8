"""Which versions of a batch change something."""

from services.coverage.transitions import Accepted, Transitions, accept, newest

BEFORE, AFTER, LATER = b"before", b"after", b"later"


def test_only_newer_versions_of_stored_partners_cause_transitions() -> None:
    versions = [
        ("p", 2, AFTER, 10, "x"),
        ("p", 2, AFTER, 10, "x"),
        ("p", 1, BEFORE, 5, "x"),
        ("unknown", 9, AFTER, 10, "x"),
    ]
    accepted = accept(versions, {"p": (1, 5, BEFORE)})
    assert accepted == Accepted(Transitions([BEFORE], [AFTER], [10]), [("x", 10)])


def test_a_version_with_the_same_timeline_is_accepted_without_a_transition() -> None:
    assert accept([("p", 2, BEFORE, 7, "x")], {"p": (1, 5, BEFORE)}) == (Transitions([], [], []), [("x", 7)])


def test_a_clock_that_went_back_counts_as_the_second_of_the_version_before() -> None:
    versions = [("p", 2, AFTER, 3, "x"), ("p", 3, LATER, 4, "y")]
    accepted = accept(versions, {"p": (1, 5, BEFORE)})
    assert accepted.transitions == Transitions([BEFORE, AFTER], [AFTER, LATER], [5, 5])
    assert newest([("p", 2, AFTER, 9, "x"), *versions])["p"] == ("p", 3, LATER, 9, "y")
