"""`./payung recover registration`: a database older than its log takes back from it ids, versions and keys.

Facts hold neither NIB nor NIK nor participants, so what agencies sent since has to be sent again. A partner that only
the log knows is kept as one that left its lists: the row that names it again, by name with what its contact tells,
gives it back its id, and its next fact the next version. A claim that only the log knows is withdrawn, since its
agency's reference is lost: sent again, it counts again.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity import contact_hashes
from services.registration.intake.cells import names
from services.registration.intake.commands import ContactDetails
from services.registration.queries import queries
from services.registration.records.stored_facts import NEVER, UNNUMBERED
from services.registration.recovery.reading import read, version_of
from services.registration.recovery.to_log import TOPICS, event_of
from services.registration.vault import Vault
from shared.bus import halts, outbox, published
from shared.bus.principals import KEYS
from shared.bus.records import Record, event_type, key_text
from shared.database import columns
from shared.events.access import Key
from shared.events.claims import Claim
from shared.events.contacts import Contact
from shared.events.enrollments import Enrollment
from shared.events.partners import Partner

CHUNK = 5_000
_TYPES: dict[str, Any] = {
    "partners": Partner,
    "enrollments": Enrollment,
    "contacts": Contact,
    "claims": Claim,
    KEYS: Key,
}


@dataclass
class Newer:
    """Topic → key → version and value of what the log holds newer than the database."""

    known: dict[str, dict[str, int]]
    found: dict[str, dict[str, tuple[int, Any]]] = field(default_factory=lambda: {topic: {} for topic in _TYPES})

    def see(self, topic: str, record: Record) -> None:
        if topic not in _TYPES or (topic == KEYS and not event_type(record).startswith("key.")):
            return
        key, version = key_text(record), version_of(record)
        at_least = self.found[topic].get(key, (self.known[topic].get(key, -1), None))[0]
        if version > at_least or topic == KEYS:  # keys have no version: the last one holds
            value = None if record.value is None else msgspec.json.decode(record.value, type=_TYPES[topic])
            self.found[topic][key] = (version, value)


async def recover(db: asyncpg.Connection, kafka: str, vault: Vault, *, dry_run: bool, prefix: str = "") -> Counter[str]:
    """What was taken back, by kind; unless it is a dry run, the halt ends. `db` is in registration's schema.

    Raises KafkaError, Unreadable, and ValueError for a record of another shape.
    """
    newer = Newer(await _known(db))
    await read(kafka, TOPICS, newer.see, prefix=prefix)
    done = Counter[str]()
    async with db.transaction():
        now = await db.fetchval(queries["begin_writing"])
        partners = sorted({*newer.found["partners"], *newer.found["enrollments"], *newer.found["contacts"]})
        done["partners that only the log knows"] = sum(key not in newer.known["partners"] for key in partners)
        done["partners with newer versions"] = len(partners) - done["partners that only the log knows"]
        claims = newer.found["claims"]
        lost = {key: fact for key, (_, fact) in claims.items() if key not in newer.known["claims"]}
        withdrawn = [fact for fact in lost.values() if fact is not None and fact.status != "withdrawn"]
        done["claims that only the log knows, withdrawn"] = len(withdrawn)
        done["claims with newer versions"] = len(claims) - len(lost)
        keys = [fact for _, fact in newer.found[KEYS].values() if isinstance(fact, Key)]
        done["keys of known agencies"] = 0
        if dry_run:
            return done
        for start in range(0, len(partners), CHUNK):
            rows = [_partner(UUID(key), newer) for key in partners[start : start + CHUNK]]
            await db.executemany(queries["take_back_partner"], [row for row in rows if row is not None])
        await db.execute(queries["recount_lists"])
        await db.execute(queries["keep_former"], *columns(_identifiers(newer, vault), 9))
        for key, (version, fact) in claims.items():
            if key in newer.known["claims"] and fact is not None:
                await db.execute(queries["take_back_claim"], UUID(key), version, _stored(fact))
        taken = [
            event_of("claims", UUID(f.claim_id), "claim.withdrawn", _withdrawn(f), f.version + 1, now)
            for f in withdrawn
        ]
        await outbox.add(db, taken)
        for each in keys:
            fields = (each.key_id, each.hash, each.agency, list(each.scopes), list(each.regions), each.revoked)
            answer = await db.execute(queries["take_back_key"], *fields, each.recorded_at, each.expires_at)
            done["keys of known agencies"] += answer.endswith(" 1")
        await published.accept(db, kafka, TOPICS, prefix)
        await halts.end_for_log(db)
    return done


async def _known(db: asyncpg.Connection) -> dict[str, dict[str, int]]:
    known: dict[str, dict[str, int]] = {topic: {} for topic in _TYPES}
    async with db.transaction():
        async for row in db.cursor(queries["fact_versions"], prefetch=CHUNK):
            key = str(row["partner_id"])
            known["partners"][key] = row["version"]
            known["enrollments"][key] = row["enrollment_version"]
            known["contacts"][key] = row["contact_version"]
    for row in await db.fetch(queries["claim_versions"]):
        known["claims"][str(row["claim_id"])] = row["version"]
    return known


def _partner(key: UUID, newer: Newer) -> tuple[Any, ...] | None:
    """The arguments of take_back_partner; None for one of which the log has no fact and the database no row."""
    text = str(key)
    version, fact = newer.found["partners"].get(text, (0, None))
    enrolment_version, timeline = newer.found["enrollments"].get(text, (0, None))
    contact_version, _ = newer.found["contacts"].get(text, (0, None))
    first = fact or timeline
    if first is None and text not in newer.known["partners"]:
        return None
    status = fact.status if fact else "active"
    merged_into = UUID(fact.merged_into) if fact and fact.merged_into else None
    region = fact.region if fact else None
    listed_on = fact.listed_on if fact else None
    stored = (version, _stored(fact), enrolment_version, _stored(timeline), contact_version)
    return (key, first.recorded_at if first else NEVER, status, merged_into, region, listed_on, *stored)


def _identifiers(newer: Newer, vault: Vault) -> list[tuple[Any, ...]]:
    """What names the partners that only the log knows: the rows of keep_former."""
    rows = []
    for key, (_, fact) in newer.found["partners"].items():
        _, contact = newer.found["contacts"].get(key, (0, None))
        if key in newer.known["partners"] or contact is None or fact is None or fact.status != "active":
            continue
        details = ContactDetails(contact.contact_person, contact.phone, contact.email, contact.language, None)
        name = vault.name(names.name_key(contact.name), fact.region)
        rows.append((UUID(key), None, None, None, None, name, *contact_hashes.of(vault, details, contact.name)))
    return rows


def _stored(fact: Any) -> bytes | None:
    if fact is None:
        return None
    return msgspec.json.encode(msgspec.structs.replace(fact, version=UNNUMBERED, recorded_at=NEVER))


def _withdrawn(fact: Claim) -> Claim:
    return msgspec.structs.replace(fact, status="withdrawn")
