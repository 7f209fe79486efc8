"""What of a poll is ours and due: nothing twice, nothing skipped, nothing of somebody else."""

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from shared.bus.positions import Fenced, Position, Positions, runs

TOPIC = "partners"


def records(partition, *offsets):
    return [ConsumerRecord(TOPIC, partition, offset, 0, 0, b"k", b"{}", None, 1, 2, ()) for offset in offsets]


def standing(**next_offsets):
    """Partition `p0` → its next offset."""
    return Positions({TopicPartition(TOPIC, int(name[1:])): Position(at, 1) for name, at in next_offsets.items()})


def due(positions, *found):
    return [(record.partition, record.offset) for record in positions.due(runs([r for run in found for r in run]))]


def test_what_was_applied_and_what_is_not_ours_is_left_out():
    positions = standing(p0=5, p1=0)
    assert due(positions, records(0, 3, 4, 5, 6), records(2, 0, 1)) == [(0, 5), (0, 6)]
    assert due(positions, records(0, 3, 4)) == []


def test_a_partition_may_come_in_several_pieces():
    positions = standing(p0=0, p1=7)
    found = due(positions, records(0, 0, 1), records(1, 7), records(0, 2, 3), records(1, 8))
    assert found == [(0, 0), (0, 1), (1, 7), (0, 2), (0, 3), (1, 8)]


def test_a_piece_that_comes_twice_is_due_once():
    assert due(standing(p0=0), records(0, 0, 1), records(0, 0, 1, 2)) == [(0, 0), (0, 1), (0, 2)]


def test_a_gap_is_sought_once_and_real_if_it_is_still_there():
    positions = standing(p0=2)
    with pytest.raises(Fenced):
        due(positions, records(0, 4, 5))
    assert due(positions, records(0, 4, 5)) == [(0, 4), (0, 5)]


def test_a_gap_behind_what_was_applied_is_a_gap():
    with pytest.raises(Fenced):
        due(standing(p0=5), records(0, 3, 4), records(1, 0), records(0, 7))


def test_a_batch_moves_each_of_its_partitions_behind_its_last_record():
    positions = standing(p0=0, p1=7, p2=1)
    after = positions.after([*records(0, 0, 1), *records(1, 7), *records(0, 2)])
    assert after == {TopicPartition(TOPIC, 0): 3, TopicPartition(TOPIC, 1): 8}
    positions.moved(after)
    assert [positions[TopicPartition(TOPIC, n)].next_offset for n in (0, 1, 2)] == [3, 8, 1]


def test_a_batch_of_a_partition_that_was_given_up_is_void():
    positions = standing(p0=0)
    positions.give_up([TopicPartition(TOPIC, 0)])
    with pytest.raises(Fenced):
        positions.after(records(0, 0))
