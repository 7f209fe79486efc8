"""One transaction's view of the partners it touches: their states, and the facts that will leave with it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity.ids import Ids
from services.registration.identity.profile import Row
from services.registration.queries import queries
from services.registration.vault import Vault
from shared.bus import outbox
from shared.bus.records import Outgoing
from shared.regions import Regions

STATE = (
    "partner_id",
    "first_recorded",
    "status",
    "merged_into",
    "formed_by",
    "region",
    "listed_on",
    "version",
    "fact",
    "enrollment_version",
    "enrollment_fact",
    "contact_version",
    "contact_digest",
)
_values = attrgetter(*STATE)


@dataclass(slots=True)
class PartnerState:
    """A partner id and what was last said about it.

    `fresh`: given in this transaction, nobody knows it yet. `formed`: in this transaction its first list named it.
    """

    partner_id: UUID
    first_recorded: datetime
    status: str = "active"
    merged_into: UUID | None = None
    formed_by: UUID | None = None
    region: str | None = None
    listed_on: date | None = None
    version: int = 0
    fact: bytes | None = None
    enrollment_version: int = 0
    enrollment_fact: bytes | None = None
    contact_version: int = 0
    contact_digest: UUID | None = None
    fresh: bool = False
    formed: bool = False


@dataclass
class UnitOfWork:
    """What one transaction does. `now` is the recorded_at of everything in it."""

    db: asyncpg.Connection
    vault: Vault
    regions: Regions
    ids: Ids
    now: datetime
    jkp: bool = False
    rehearsal: bool = False
    """Whether everything will be undone: the facts are not folded then."""
    states: dict[UUID, PartnerState] = field(default_factory=dict)
    groups: dict[UUID, list[Row]] = field(default_factory=dict)
    """The rows of every partner whose rows are known to be all here."""
    said: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Personal details by row, as far as they are known in clear."""
    regrouped: set[UUID] = field(default_factory=set)
    """Partners whose rows changed: their facts are folded again."""
    moved_timelines: set[UUID] = field(default_factory=set)
    """Partners whose participants changed."""
    moved_participants: set[str] = field(default_factory=set)
    became: dict[UUID, UUID] = field(default_factory=dict)
    """Merged in this transaction → survivor."""
    sending: list[Outgoing] = field(default_factory=list)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self.db.fetch(queries[query], *arguments)

    async def execute(self, query: str, *arguments: Any) -> None:
        await self.db.execute(queries[query], *arguments)

    async def is_true(self, query: str, *arguments: Any) -> bool:
        return bool(await self.db.fetchval(queries[query], *arguments))

    async def known(self, partners: Iterable[UUID]) -> None:
        """Load the states of these partners that are not here yet."""
        missing = [partner for partner in set(partners) if partner not in self.states]
        if missing:
            for row in await self.fetch("partner_states", missing):
                self.states[row["partner_id"]] = PartnerState(*row)

    def new_partner(self, formed_by: UUID | None = None) -> PartnerState:
        state = PartnerState(self.ids(), self.now, formed_by=formed_by, fresh=True, formed=formed_by is not None)
        self.states[state.partner_id] = state
        return state

    def current(self, partner: UUID) -> UUID:
        """The survivor that answers for this id within this transaction."""
        while partner in self.became:
            partner = self.became[partner]
        return partner

    def merge(self, loser: UUID, survivor: UUID) -> None:
        """From now on `survivor` answers for `loser`; its rows and participants are moved by the caller."""
        gone, stays = self.states[loser], self.states[survivor]
        gone.status, gone.merged_into = "merged", survivor
        self.became[loser] = survivor
        if stays.formed_by is None and stays.fact is None:
            stays.formed_by, stays.formed = gone.formed_by, gone.formed
        rows = self.groups.pop(loser, None)
        if rows is not None and survivor not in self.groups:
            self.groups[survivor] = rows
        self.regrouped |= {survivor, loser}
        self.moved_timelines |= {survivor, loser}

    def elder(self, one: UUID, other: UUID) -> tuple[UUID, UUID]:
        """(the one first recorded, the other)."""
        a, b = sorted((one, other), key=lambda partner: (self.states[partner].first_recorded, partner))
        return a, b

    def publish(self, topic: str, key: str, kind: str, fact: msgspec.Struct | None, version: int) -> None:
        value = None if fact is None else msgspec.json.encode(fact)
        self.sending.append(Outgoing(topic, key, kind, f"{topic}/{key}/{version}", self.now, value))

    def publish_statement(self, key: str, kind: str, fact: msgspec.Struct) -> None:
        """Statements have no version: their id is their content's, so that the same one has the same id."""
        value = msgspec.json.encode(fact)
        identity = self.vault.hash("statement", key, value.hex())
        self.sending.append(Outgoing("reference", key, kind, f"reference/{identity}", self.now, value))

    async def save(self, touched: Collection[UUID]) -> None:
        """Write the states of `touched` and everything published."""
        fresh = [self.states[partner] for partner in touched if self.states[partner].fresh]
        kept = [s for s in fresh if s.status != "merged"]
        await self.db.copy_records_to_table("partner", records=[_values(s) for s in kept], columns=list(STATE))
        changed = [self.states[partner] for partner in touched if not self.states[partner].fresh]
        if changed:
            columns = list(zip(*(_values(state) for state in changed), strict=True))
            await self.execute("update_partner_states", *(list(column) for column in columns))
        await outbox.add(self.db, self.sending)
