"""Where texts are found: every table of the services (what is sealed opened), every topic, the logs, a backup."""

import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local.postgres import SERVICES
from shared.bus.unreadable_batches import read_records

if TYPE_CHECKING:
    import asyncpg
    from aiokafka import AIOKafkaConsumer

    from services.registration.vault import Vault

TABLES = """
select n.nspname as schema, c.relname as name,
       array(select a.attname::text from pg_attribute a
              where a.attrelid = c.oid and a.atttypid = 'bytea'::regtype and not a.attisdropped) as binary_columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any($1::text[]) and c.relkind in ('r', 'p') order by 1, 2
"""
POLL_MS = 500
PIECE_BYTES = 1 << 20
LONGEST_TEXT = 200
"""Characters by which pieces overlap, so that nothing is missed between two."""


class Texts:
    """Finds any of some texts in text and bytes, whatever the case of their letters."""

    def __init__(self, texts: Sequence[str], hashes: Sequence[str] = ()) -> None:
        cases = {case.encode() for text in texts for case in (text.lower(), text.upper(), text.capitalize())}
        uuids = {each.encode() for each in hashes} | {bytes.fromhex(each.replace("-", "")) for each in hashes}
        self._bytes = re.compile(b"|".join(map(re.escape, sorted(cases | uuids))))
        as_hex = {each.hex() for each in cases | uuids}
        self.pattern = "|".join(map(re.escape, sorted({text.lower() for text in texts} | {*hashes} | as_hex)))
        """A regular expression for PostgreSQL, for a row as text: bytes stand in it as hexadecimal digits."""

    def are_in(self, content: bytes) -> bool:
        return self._bytes.search(content) is not None


@dataclass
class Found:
    """Place → how many rows, records or lines of it hold one of the texts; `searched` counts what was looked at."""

    places: Counter[str] = field(default_factory=Counter)
    searched: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, place: str, hits: int, searched: int = 1) -> None:
        self.searched[kind] += searched
        if hits:
            self.places[place] += hits


async def in_tables(db: "asyncpg.Connection", vault: "Vault", texts: Texts, found: Found) -> None:
    for table in await db.fetch(TABLES, list(SERVICES)):
        name = f'"{table["schema"]}"."{table["name"]}"'
        hits = await db.fetchval(f"select count(*) from {name} t where t::text ~* $1", texts.pattern)  # noqa: S608
        hits += await _sealed(db, name, table["binary_columns"], vault, texts)
        found.add("tables", f"table {table['schema']}.{table['name']}", hits)


async def _sealed(db: "asyncpg.Connection", name: str, columns: Sequence[str], vault: "Vault", texts: Texts) -> int:
    """How many values of the table open and hold one of the texts."""
    hits = 0
    for column in columns:
        async with db.transaction():
            async for row in db.cursor(f'select "{column}" from {name} where "{column}" is not null'):  # noqa: S608
                hits += texts.are_in(_opened(vault, row[0]))
    return hits


def _opened(vault: "Vault", content: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return vault.open_bytes(content)
    except (InvalidTag, ValueError):  # it was not sealed, and was looked at as it is
        return b""


async def in_topics(kafka: str, texts: Texts, found: Found) -> None:
    """Every record that can be read now. Raises KafkaError."""
    from aiokafka import TopicPartition

    from shared.bus.dead_letter_reader import admin_client, reader

    async with admin_client(kafka) as admin:
        names = sorted(name for name in await admin.list_topics() if not name.startswith("__"))
        described = await admin.describe_topics(names) if names else []
    partitions = [TopicPartition(one["topic"], each["partition"]) for one in described for each in one["partitions"]]
    found.searched["topics"] += len(names)
    async with reader(kafka) as client:
        await _search(client, partitions, texts, found)


async def _search(client: "AIOKafkaConsumer", partitions: Sequence[Any], texts: Texts, found: Found) -> None:
    starts, ends = await client.beginning_offsets(partitions), await client.end_offsets(partitions)
    unread = {each for each in partitions if starts[each] < ends[each]}
    client.assign(sorted(unread))
    for each in unread:
        client.seek(each, starts[each])
    while unread:
        for partition, records in (await read_records(client, timeout_ms=POLL_MS)).items():
            hits = sum(texts.are_in(_content(record)) for record in records)
            found.add("records", f"topic {partition.topic}", hits, len(records))
        unread = {each for each in unread if await client.position(each) < ends[each]}


def _content(record: Any) -> bytes:
    headers = (part or b"" for name, value in record.headers for part in (name.encode(), value))
    return b"\x00".join((record.key or b"", record.value or b"", *headers))


def in_logs(folder: Path, texts: Texts, found: Found) -> None:
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        with file.open("rb") as content:
            found.add("log files", f"log {file.name}", sum(texts.are_in(line) for line in content))


def in_backup(file: Path, texts: Texts, found: Found) -> None:
    """What it holds of the databases; the log in it is compressed, and is what the topics are. Raises Failure."""
    from deploy.local.backup.container import Reader
    from deploy.local.backup.saving import DATABASE

    with file.open("rb") as content:
        reader = Reader(content, None)
        with tarfile.open(fileobj=reader, mode="r|") as archive:  # type: ignore[call-overload]
            for member in archive:
                if member.name.startswith(DATABASE):
                    hits = sum(map(texts.are_in, _pieces(archive.extractfile(member))))
                    found.add("pieces of the backup", "backup", hits)


def _pieces(content: Any) -> Iterator[bytes]:
    end = b""
    while piece := content.read(PIECE_BYTES):
        yield end + piece
        end = piece[-LONGEST_TEXT:]
