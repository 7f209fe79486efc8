"""`./payung recover log`: what registration knows and the log lacks goes to the outbox, under the versions it had.

Facts that were superseded before the disaster are not known any more; the last one of each entity is. It carries the
time of the recovery, which those who have it already do not look at. Contacts are derived anew, under a new version.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.registration.queries import queries
from services.registration.records.stored_facts import NEVER
from services.registration.recovery.reading import read, version_of
from shared.bus import halts, outbox, published
from shared.bus.principals import KEYS, SERVICES
from shared.bus.records import Outgoing, Record, event_id
from shared.events import reference
from shared.events.access import Key
from shared.events.claims import Claim
from shared.events.enrollments import Enrollment
from shared.events.model import encode
from shared.events.partners import Partner

TOPICS = SERVICES["registration"].publishes
VERSIONED = ("partners", "enrollments", "contacts", "claims")
CHUNK = 5_000


@dataclass
class InLog:
    """What the log holds: of versioned topics the newest version of each key, of statements the content, of keys the
    ids of their events."""

    versions: dict[str, dict[bytes, int]] = field(default_factory=lambda: {topic: {} for topic in VERSIONED})
    statements: dict[bytes, bytes] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def see(self, topic: str, record: Record) -> None:
        key = record.key or b""
        if topic in self.versions:
            known = self.versions[topic]
            known[key] = max(known.get(key, 0), version_of(record))
        elif topic == KEYS:
            self.keys.add(event_id(record))
        elif topic == "reference" and record.value is not None:
            self.statements[key] = _without_time(record.value)

    def lacks(self, topic: str, key: object, version: int) -> bool:
        return version > self.versions[topic].get(str(key).encode(), 0)


async def recover(
    db: asyncpg.Connection, kafka: str, *, dry_run: bool, prefix: str = ""
) -> tuple[Counter[str], list[str]]:
    """Topic → how many events it lacks, and which places of it are damaged; unless it is a dry run, the events wait
    in the outbox afterwards, and the halt ends.

    `db` is in registration's schema. Raises KafkaError, Unreadable.
    """
    found, lacking = InLog(), Counter[str]()
    passed = await read(kafka, TOPICS, found.see, prefix=prefix, passes_damaged=True)
    async with db.transaction():
        now = await db.fetchval(queries["begin_writing"])
        events = [event async for event in _missing(db, found, now)]
        lacking.update(event.topic for event in events)
        contacts = [
            row["partner_id"]
            for row in await db.fetch(queries["contact_versions"])
            if found.lacks("contacts", row["partner_id"], row["contact_version"])
        ]
        lacking["contacts"] = len(contacts)
        if not dry_run:
            for start in range(0, len(events), CHUNK):
                await outbox.add(db, events[start : start + CHUNK])
            await db.execute(queries["derive_contacts_again"], contacts)
            await published.accept(db, kafka, TOPICS, prefix)
            await halts.end_for_log(db)
    return lacking, passed


async def _missing(db: asyncpg.Connection, found: InLog, now: datetime) -> Any:
    async for row in db.cursor(queries["last_facts"], prefetch=CHUNK):
        for event in _of_partner(row, found, now):
            yield event
    for row in await db.fetch(queries["last_claims"]):
        if found.lacks("claims", row["claim_id"], row["version"]):
            claim = msgspec.json.decode(row["fact"], type=Claim)
            yield event_of("claims", row["claim_id"], f"claim.{claim.status}", claim, row["version"], now)
    for row in await db.fetch(queries["last_statements"]):
        if found.statements.get(row["key"].encode()) != _without_time(row["fact"]):
            fact = msgspec.json.decode(row["fact"], type=reference.TYPES[row["type"]])
            value = encode(msgspec.structs.replace(fact, recorded_at=now))
            identity = f"reference/{uuid.uuid5(uuid.NAMESPACE_URL, row['key'] + value.decode())}"
            yield Outgoing("reference", row["key"], row["type"], identity, now, value)
    for row in await db.fetch(queries["all_keys"]):
        kind = "key.revoked" if row["revoked"] else "key.issued"
        identity = f"access/{row['key_id']}/{kind}/{row['recorded_at'].isoformat()}"
        if identity not in found.keys:
            key = Key(**{**row, "scopes": tuple(row["scopes"]), "regions": tuple(row["regions"])})
            yield Outgoing(KEYS, key.key_id, kind, identity, key.recorded_at, encode(key))


def _of_partner(row: asyncpg.Record, found: InLog, now: datetime) -> Iterator[Outgoing]:
    key = row["partner_id"]
    if row["fact"] is not None and found.lacks("partners", key, row["version"]):
        partner = msgspec.json.decode(row["fact"], type=Partner)
        yield event_of("partners", key, partner_type(partner, row["version"]), partner, row["version"], now)
    if row["enrollment_fact"] is not None and found.lacks("enrollments", key, row["enrollment_version"]):
        timeline = msgspec.json.decode(row["enrollment_fact"], type=Enrollment)
        kind = "enrollment.registered" if row["enrollment_version"] == 1 else "enrollment.changed"
        yield event_of("enrollments", key, kind, timeline, row["enrollment_version"], now)


def partner_type(partner: Partner, version: int) -> str:
    """The type of event that says this; which change led to it is not known any more."""
    if partner.status != "active":
        return f"partner.{partner.status}"
    if not partner.lists:
        return "partner.delisted"
    return "partner.listed" if version == 1 else "partner.updated"


def event_of(topic: str, key: UUID, kind: str, fact: Any, version: int, now: datetime) -> Outgoing:
    value = encode(msgspec.structs.replace(fact, version=version, recorded_at=now))
    return Outgoing(topic, str(key), kind, f"{topic}/{key}/{version}", now, value)


def _without_time(value: bytes) -> bytes:
    """A statement's content, whenever it was recorded and however its members are ordered."""
    fields = msgspec.json.decode(value)
    fields["recorded_at"] = NEVER
    return msgspec.json.encode(fields, order="deterministic")
