"""Participants as they are kept: a number, its versions and the partner it belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity import lookup
from services.registration.identity.keys import Keys
from services.registration.identity.unit_of_work import UnitOfWork
from services.registration.intake.values import Refusal
from services.registration.records import timelines
from services.registration.records.timelines import History, Version
from shared.database import columns

_HISTORY = msgspec.json.Decoder(tuple[Version, ...])


@dataclass(slots=True)
class Participant:
    """A participant number, its versions and its partner. `is_found`: a look-up gave that partner; `is_ambiguous`: it
    gave none, as several partners bear the name.

    `own_id` is the partner id it has while no list names it. `keys` are what its partner is looked up by.
    """

    participant_no: str
    partner_id: UUID | None
    own_id: UUID | None
    is_found: bool
    region: str
    keys: Keys
    history: History
    is_ambiguous: bool = False

    @classmethod
    def of(cls, record: asyncpg.Record) -> "Participant":
        history = _HISTORY.decode(record["history"])
        return cls(
            record["participant_no"],
            record["partner_id"],
            record["own_id"],
            record["found"],
            record["region"],
            lookup.keys_from(record),
            history,
            record["ambiguous"],
        )

    def follow(self, history: History) -> None:
        """From now on these, at least one, are its versions; the newest one says where it is and who it is."""
        newest = next((version for version in reversed(history) if not version.lapses), history[-1])
        self.history, self.region = history, newest.region
        self.keys = newest.keys or self.keys


def unknown() -> Refusal:
    """The same for a number that nobody has and for one outside the agency's regions."""
    return Refusal("unknown_participant", "participant_no", "No participant in your regions has this number.")


async def load(work: UnitOfWork, numbers: Iterable[str]) -> dict[str, Participant]:
    """Those of these participants that there are, by number."""
    asked = list(set(numbers))
    records = await work.fetch("participants", asked) if asked else ()
    return {record["participant_no"]: Participant.of(record) for record in records}


async def of_partners(work: UnitOfWork, partners: Iterable[UUID]) -> dict[UUID, list[Participant]]:
    """The participants of these partners, whose states are loaded, as saved; a new one has none that did not move."""
    found: dict[UUID, list[Participant]] = defaultdict(list)
    asked = [partner for partner in partners if partner in work.reenrolled or not work.states[partner].is_new]
    for record in await work.fetch("participants_of", asked) if asked and await work.there_are("participants") else ():
        found[record["partner_id"]].append(Participant.of(record))
    return found


async def partner_ids(work: UnitOfWork, numbers: Iterable[str]) -> dict[str, UUID]:
    """The partner of each of these participants, as saved."""
    asked = list(set(numbers))
    records = await work.fetch("partners_of_participants", asked) if asked else ()
    return {record["participant_no"]: record["partner_id"] for record in records}


async def save(work: UnitOfWork, participants: Sequence[Participant]) -> None:
    if not participants:
        return
    rows = [
        (*_own(p), *astuple(p.keys), _encoded(p.history), timelines.channel([p.history]), p.is_ambiguous)
        for p in sorted(participants, key=lambda p: p.participant_no)
    ]
    await work.execute("save_participants", *columns(rows))
    work.added("participants")


def _own(p: Participant) -> tuple[Any, ...]:
    return p.participant_no, p.partner_id, p.own_id, p.is_found, p.region


def renamed_history(history: bytes, names: Mapping[UUID, UUID]) -> bytes:
    """A stored history whose versions are looked up by the new hashes of these names."""
    versions = (
        replace(version, keys=replace(keys, name=names.get(keys.name, keys.name)))
        if (keys := version.keys) is not None and keys.name is not None
        else version
        for version in _HISTORY.decode(history)
    )
    return _encoded(tuple(versions))


def _encoded(history: History) -> bytes:
    return msgspec.json.encode(history)
