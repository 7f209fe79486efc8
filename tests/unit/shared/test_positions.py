"""Which records of a poll are applied: nothing twice, nothing skipped, nothing of another owner."""

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from shared.bus import lineage
from shared.bus.another_log import AnotherLog
from shared.bus.positions import Fenced, Gap, Position, Positions, partition_runs
from shared.bus.records import fingerprint

TOPIC = "partners"
P0, P1 = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)


def records(partition, *offsets):
    return [ConsumerRecord(TOPIC, partition, offset, 0, 0, b"k", b"{}", None, 1, 2, ()) for offset in offsets]


def owned(**next_offsets):
    """Partition `p0` → its next offset."""
    return Positions({TopicPartition(TOPIC, int(name[1:])): Position(at, 1) for name, at in next_offsets.items()})


def runs(records):
    return list(partition_runs(records))


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
    step = positions.step([*records(0, 0, 1), *records(1, 7), *records(0, 2)])
    assert (step.partitions, step.before, step.after) == ((P0, P1), (0, 7), (3, 8))
    positions.committed(step)
    assert [positions[TopicPartition(TOPIC, n)].next_offset for n in (0, 1, 2)] == [3, 8, 1]


def test_a_batch_of_a_partition_that_was_revoked_is_void():
    positions = owned(p0=0)
    positions.revoke([P0])
    with pytest.raises(Fenced):
        positions.step(records(0, 0))


async def test_a_partition_revoked_or_assigned_anew_after_the_step_was_fixed_only_fences_it():
    """Neither is taken for a bad record, and the new owner's position stays."""
    positions, db = owned(p0=0, p1=0), Statements("UPDATE 1")
    step = positions.step([*records(0, 0), *records(1, 0)])
    positions.revoke([P0])
    with pytest.raises(Fenced):
        await positions.advance(db, TOPIC, step)
    assert db.arguments[1:5] == ([0, 1], (0, 0), (1, 1), (1, 1))
    positions[P0] = Position(5, epoch=2)
    positions.committed(step)
    assert (positions[P0].next_offset, positions[P1].next_offset) == (5, 1)


def test_records_applied_although_the_commits_answer_was_lost_are_not_applied_again():
    positions = owned(p0=0)
    positions.step(records(0, 0, 1))
    positions[P0] = Position(2, epoch=2)  # assigned anew: the database had them
    with pytest.raises(Fenced):
        positions.step(records(0, 0, 1))


def test_the_last_applied_record_is_read_once_more_and_must_be_the_same():
    same, other = owned(p0=5), owned(p0=5)
    same[P0].last, other[P0].last = (4, fingerprint(b"k", b"{}")), (4, fingerprint(b"k", b"{ }"))
    assert same[P0].first_wanted(0) == 4
    same.verify(runs(records(0, 4, 5)))
    assert same[P0].is_verified
    assert same[P0].first_wanted(0) == 5
    with pytest.raises(AnotherLog, match="partners, partition 0, offset 4: another record"):
        other.verify(runs(records(0, 4, 5)))


def test_a_last_record_that_was_compacted_or_deleted_says_nothing():
    positions = owned(p0=5)
    positions[P0].last = (4, 1)
    assert positions[P0].first_wanted(9) == 5  # never behind the position
    positions.verify(runs(records(0, 7)))
    assert positions[P0].is_verified


def test_a_position_beyond_the_logs_end_or_in_a_topic_made_anew_is_another_log():
    positions = owned(p0=5, p1=3)
    assert lineage.beyond_end(positions, {P0: 5, P1: 4}) is None
    assert lineage.beyond_end(positions, {P0: 4, P1: 4}).partition == P0
    assert lineage.made_anew({TOPIC: "old"}, {TOPIC: "old"}) is None
    assert lineage.made_anew({TOPIC: "old"}, {TOPIC: "new"}).partition == P0
    assert lineage.made_anew({TOPIC: "old"}, {}) is None  # not to be seen for now


class Statements:
    """A database that notes what it is asked."""

    def __init__(self, answer):
        self._answer, self.arguments = answer, ()

    async def execute(self, _query, *arguments):
        self.arguments = arguments
        return self._answer
