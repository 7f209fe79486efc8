"""The log held still: later records, deleted segments and records before the log's start are no part of the moment."""

from pathlib import Path

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from deploy.local.backup.log_copy import FrozenFile, frozen, log_starts, whole_batches
from deploy.local.failure import Failure


def batch(base: int, values: list[bytes]) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset, value in enumerate(values):
        assert builder.append(offset, 0, b"key", value, [])
    made = builder.build()
    made[:8] = base.to_bytes(8)
    return bytes(made)


FIRST, SECOND, THIRD = batch(0, [b"a", b"b"]), batch(2, [b"c"]), batch(3, [b"d" * 100])


def written(path: Path, content: bytes) -> FrozenFile:
    path.write_bytes(content)
    return FrozenFile("partners-0/" + path.name, path, len(content))


@pytest.mark.parametrize(
    ("start", "size", "kept"),
    [
        (0, None, (FIRST + SECOND + THIRD)),
        (1, None, (FIRST + SECOND + THIRD)),
        (2, None, (SECOND + THIRD)),
        (4, None, b""),
        (0, len(FIRST) + 1, FIRST),
        (0, len(FIRST + SECOND + THIRD) - 1, FIRST + SECOND),
        (2, len(FIRST), b""),
        (0, 20, b""),
    ],
)
def test_whole_batches_from_the_logs_start_on(tmp_path: Path, start: int, size: int | None, kept: bytes) -> None:
    content = FIRST + SECOND + THIRD
    file = written(tmp_path / "00000000000000000000.log", content)
    first, end = whole_batches(FrozenFile(file.name, file.path, size or file.size), start)
    assert content[first:end] == kept


def test_a_damaged_batch_is_named_before_kafka_would_drop_what_follows(tmp_path: Path) -> None:
    damaged = bytearray(FIRST + SECOND + THIRD)
    damaged[len(FIRST) + 65] ^= 1
    with pytest.raises(Failure, match="partners-0, offset 2"):
        whole_batches(written(tmp_path / "00000000000000000000.log", bytes(damaged)), 0)


def test_what_is_written_compacted_or_deleted_afterwards_changes_nothing(tmp_path: Path) -> None:
    data, links = tmp_path / "data", tmp_path / "links"
    place = data / "contacts-0"
    place.mkdir(parents=True)
    (data / "meta.properties").write_text("cluster.id=x")
    (data / ".kafka_cleanshutdown").write_text("")
    (data / "__consumer_offsets-0").mkdir()
    (data / f"old-0.{'0' * 32}-delete").mkdir()
    (place / "00000000000000000000.log").write_bytes(FIRST)
    (place / "00000000000000000002.log").write_bytes(SECOND)
    (place / "00000000000000000000.index").write_bytes(b"")
    with frozen(data, links) as files:
        with (place / "00000000000000000002.log").open("ab") as log:
            log.write(THIRD)
        (place / "00000000000000000000.log").unlink()
        found = {file.name: file.path.read_bytes()[: file.size] for file in files}
    assert found == {
        "meta.properties": b"cluster.id=x",
        "contacts-0/00000000000000000000.log": FIRST,
        "contacts-0/00000000000000000002.log": SECOND,
    }
    assert not links.exists()


def test_the_starts_of_the_log_are_read_from_kafkas_checkpoint() -> None:
    assert log_starts("0\n2\nintake.dinas-a.dlq 3 17\npartners 0 0\n") == {"intake.dinas-a.dlq-3": 17, "partners-0": 0}
    assert log_starts("0\n0\n") == {}
