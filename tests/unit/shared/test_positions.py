"""Which records of a poll are applied: nothing twice, nothing skipped, nothing of another owner."""

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from shared.bus.positions import Fenced, Gap, Position, Positions, partition_runs

TOPIC = "partners"


def records(partition, *offsets):
    return [ConsumerRecord(TOPIC, partition, offset, 0, 0, b"k", b"{}", None, 1, 2, ()) for offset in offsets]


def owned(**next_offsets):
    """Partition `p0` → its next offset."""
    return Positions({TopicPartition(TOPIC, int(name[1:])): Position(at, 1) for name, at in next_offsets.items()})


def unapplied(positions, *runs):
    records = positions.unapplied(partition_runs([record for run in runs for record in run]))
    return [(record.partition, record.offset) for record in records]


def test_what_was_applied_and_what_is_not_ours_is_left_out():
    positions = owned(p0=5, p1=0)
    assert unapplied(positions, records(0, 3, 4, 5, 6), records(2, 0, 1)) == [(0, 5), (0, 6)]
    assert unapplied(positions, records(0, 3, 4)) == []


def test_a_partition_may_come_in_several_pieces():
    positions = owned(p0=0, p1=7)
    found = unapplied(positions, records(0, 0, 1), records(1, 7), records(0, 2, 3), records(1, 8))
    assert found == [(0, 0), (0, 1), (1, 7), (0, 2), (0, 3), (1, 8)]


def test_a_piece_that_comes_twice_is_applied_once():
    assert unapplied(owned(p0=0), records(0, 0, 1), records(0, 0, 1, 2)) == [(0, 0), (0, 1), (0, 2)]


def test_a_gap_is_reported_once_and_accepted_if_it_is_still_there():
    positions = owned(p0=2)
    with pytest.raises(Gap):
        unapplied(positions, records(0, 4, 5))
    assert unapplied(positions, records(0, 4, 5)) == [(0, 4), (0, 5)]


def test_a_gap_behind_records_applied_earlier_is_a_gap():
    with pytest.raises(Gap):
        unapplied(owned(p0=5), records(0, 3, 4), records(1, 0), records(0, 7))


def test_a_batch_advances_each_of_its_partitions_behind_its_last_record():
    positions = owned(p0=0, p1=7, p2=1)
    after = positions.next_offsets([*records(0, 0, 1), *records(1, 7), *records(0, 2)])
    assert after == {TopicPartition(TOPIC, 0): 3, TopicPartition(TOPIC, 1): 8}
    positions.committed(after)
    assert [positions[TopicPartition(TOPIC, n)].next_offset for n in (0, 1, 2)] == [3, 8, 1]


def test_a_batch_of_a_partition_that_was_revoked_is_void():
    positions = owned(p0=0)
    positions.revoke([TopicPartition(TOPIC, 0)])
    with pytest.raises(Fenced):
        positions.next_offsets(records(0, 0))
