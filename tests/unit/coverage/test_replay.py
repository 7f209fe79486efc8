"""A rebuild never waits for records that the log does not hold."""

from services.coverage.replay import log_lacks


def test_an_offset_beyond_the_logs_end_is_named() -> None:
    ends = {("claims", 0): 5, ("partners", 0): 7}
    assert log_lacks({("claims", 0): 5, ("partners", 0): 0}, ends) is None
    assert (
        log_lacks({("claims", 0): 5, ("partners", 0): 8}, ends)
        == "partners, partition 0 ends before 8, which was applied"
    )
    assert log_lacks({("reference", 0): 1}, ends) == "reference, partition 0 ends before 1, which was applied"
    assert log_lacks({("reference", 0): 0}, ends) is None
