"""A log that is not the one whose records were applied: restored from an older copy, cut, or made anew."""

from aiokafka import TopicPartition


class AnotherLog(Exception):
    """What was found in a partition, at the offset that shows it; nothing of this log may be applied."""

    def __init__(self, partition: TopicPartition, offset: int, found: str) -> None:
        super().__init__(f"{partition.topic}, partition {partition.partition}, offset {offset}: {found}")
        self.partition = partition
        self.offset = offset
