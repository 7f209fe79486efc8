"""Records as the Kafka client reads them."""

from datetime import datetime

from aiokafka import ConsumerRecord

from shared.bus.records import Record


def record_at(partition: int, offset: int, moment: datetime, *, time: str | None = None) -> Record:
    """A record of `facts` that was written and accepted at `moment`; `time` is its header, if it says otherwise."""
    header = moment.isoformat() if time is None else time
    headers = (("ce_time", header.encode()),)
    stamp = int(moment.timestamp() * 1000)
    return ConsumerRecord("facts", partition, offset, stamp, 0, b"key", b"{}", None, 3, 2, headers)
