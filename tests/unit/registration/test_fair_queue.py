"""Agencies take turns at the writer, and each agency's submissions keep their order."""

from hypothesis import given
from hypothesis import strategies as st

from services.registration.writer.fair_queue import FairQueue

Item = tuple[str, int, int]
"""(agency, number, size); one of size 0 is to be alone."""


class Room:
    """Ten fit together."""

    def __init__(self) -> None:
        self.size = 0
        self.closed = False

    def admits(self, item: Item) -> bool:
        if self.closed or (self.size and (item[2] == 0 or self.size + item[2] > 10)):
            return False
        self.size += item[2] or 1
        self.closed = item[2] == 0
        return True


def queue(*items: Item) -> FairQueue[Item]:
    made: FairQueue[Item] = FairQueue(lambda item: item[0])
    for item in items:
        made.add(item)
    return made


def test_one_request_is_in_the_next_group_however_much_another_agency_sends() -> None:
    waiting = queue(*(("a", number, 5) for number in range(64)), ("b", 0, 1))
    assert waiting.take(Room().admits) == [("a", 0, 5), ("b", 0, 1)]


def test_agencies_that_fill_a_group_each_take_turns() -> None:
    waiting = queue(*((agency, number, 10) for agency in "abc" for number in range(2)))
    groups = [waiting.take(Room().admits) for _ in range(6)]
    assert [agency for ((agency, _, _),) in groups] == ["a", "b", "c", "a", "b", "c"]


def test_what_must_be_alone_is_not_passed_over_for_ever() -> None:
    waiting = queue(("a", 0, 1), ("b", 0, 0), *(("a", number, 1) for number in range(1, 30)))
    assert ("b", 0, 0) not in waiting.take(Room().admits)
    assert waiting.take(Room().admits) == [("b", 0, 0)]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 12)), max_size=60))
def test_everything_is_taken_once_in_each_agencys_order_and_nobody_waits_longer_than_a_round(
    given_items: list[tuple[str, int]],
) -> None:
    items = [(agency, number, size) for number, (agency, size) in enumerate(given_items)]
    waiting, taken = queue(*items), []
    while len(waiting):
        heads = {key: own[0] for key, own in waiting._waiting.items()}
        groups = []
        for _ in heads:
            if len(waiting):
                groups += waiting.take(Room().admits)
        assert set(heads.values()) <= set(groups)
        taken += groups
    for agency in "abcd":
        assert [item for item in taken if item[0] == agency] == [item for item in items if item[0] == agency]
    assert sorted(taken) == sorted(items)
