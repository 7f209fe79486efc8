"""Which versions of a batch change something."""

from services.coverage.transitions import Accepted, Transitions, accept, newest

BEFORE, AFTER, LATER = b"before", b"after", b"later"


def test_only_newer_versions_of_stored_partners_cause_transitions() -> None:
    versions = [
        ("p", 2, AFTER, 10, 7, "x"),
        ("p", 2, AFTER, 10, 7, "x"),
        ("p", 1, BEFORE, 5, 7, "x"),
        ("unknown", 9, AFTER, 10, 7, "x"),
    ]
    accepted = accept(versions, {"p": (1, 5, BEFORE, 7)})
    assert accepted == Accepted(Transitions([BEFORE], [AFTER], [10], ["p"], [7], [7]), [("x", 10)])


def test_a_version_with_the_same_timeline_and_source_is_accepted_without_a_transition() -> None:
    stored = {"p": (1, 5, BEFORE, 7)}
    assert accept([("p", 2, BEFORE, 7, 7, "x")], stored) == (Transitions.none(), [("x", 7)])
    assert accept([("p", 2, BEFORE, 7, 8, "x")], stored).transitions.sources_after == [8]


def test_a_clock_that_went_back_counts_as_the_second_of_the_version_before() -> None:
    versions = [("p", 2, AFTER, 3, 7, "x"), ("p", 3, LATER, 4, 8, "y")]
    accepted = accept(versions, {"p": (1, 5, BEFORE, 7)})
    expected = Transitions([BEFORE, AFTER], [AFTER, LATER], [5, 5], ["p", "p"], [7, 7], [7, 8])
    assert accepted.transitions == expected
    assert newest([("p", 2, AFTER, 9, 7, "x"), *versions])["p"] == ("p", 3, LATER, 9, 8, "y")
