"""What a service published against the log that is there: a copy of either that is too old is told from a crash."""

import pytest

from shared.bus.published import Known, Log, misfit, own_topics

KNOWN = {("partners", 0): Known(10, "id"), ("partners", 1): Known(0, None)}


def found(ends, waiting=0, identity="id", known=KNOWN, adopts=False, before=None):
    return misfit("partners", Log(identity, ends), before or known, known, waiting, adopts=adopts)


@pytest.mark.parametrize(("ends", "waiting"), [({0: 10, 1: 0}, 0), ({0: 12, 1: 1}, 2)], ids=["equal", "a crash"])
def test_what_was_published_and_what_a_crash_leaves_fits(ends, waiting):
    """After a crash between the acknowledgement and its note, what is further behind is still in the outbox."""
    assert found(ends, waiting) is None


@pytest.mark.parametrize(
    ("ends", "identity", "reason", "mend"),
    [
        ({0: 9, 1: 0}, "id", "the log ends at 9, but 10 were published", "./payung recover log"),
        ({0: 13, 1: 0}, "id", "this database published 10", "./payung recover registration"),
        ({0: 10, 1: 0}, "new", "made anew", "./payung recover log"),
        ({0: 10, 1: 0, 2: 3}, "id", "this database published 0", "./payung recover registration"),
    ],
    ids=["log cut", "database older", "topic anew", "partition never written"],
)
def test_what_does_not_fit_halts_everything_and_names_the_way_back(ends, identity, reason, mend):
    halt = found(ends, 2, identity)
    assert halt is not None
    assert reason in halt.reason
    assert mend in halt.reason
    assert halt.is_for_all


def test_a_database_from_before_it_counted_takes_the_log_as_it_is_and_an_empty_one_does_not():
    assert found({0: 10}, known={}, adopts=True) is None
    assert found({0: 10}, known={}) is not None
    assert found({0: 0}, known={}) is None


def test_what_another_instance_publishes_meanwhile_fits():
    """The log was asked between the two looks at the database."""
    before, after = {("partners", 0): Known(10, "id")}, {("partners", 0): Known(14, "id")}
    for end in (10, 12, 14):
        assert found({0: end}, known=after, before=before) is None
    assert found({0: 9}, known=after, before=before) is not None
    assert found({0: 15}, known=after, before=before) is not None


def test_a_service_that_is_no_source_of_facts_is_let_go_on_by_its_own_command():
    halt = misfit("outreach", Log("id", {0: 9}), {}, {}, 0, adopts=False)
    assert halt is not None
    assert "mend it by ./payung recover service notifications" in halt.reason
    assert own_topics("notifications") == ["outreach"]
    assert own_topics("coverage") == []
