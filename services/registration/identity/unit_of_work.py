"""One transaction's view of the partners it touches: their states and rows, what changed, and the facts to publish."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.registration.identity import authority, partner_state
from services.registration.identity.authority import Authority
from services.registration.identity.ids import Ids, partner_id
from services.registration.identity.partner_state import PartnerState
from services.registration.identity.profile import Row
from services.registration.identity.regrouping import Regrouped
from services.registration.intake.values import Refusal
from services.registration.queries import queries
from services.registration.vault import Vault
from shared.bus import outbox
from shared.bus.records import Outgoing, fits
from shared.database import columns, insert
from shared.observability import get_logger
from shared.regions import Regions

log = get_logger(__name__)

BESIDE = frozenset(("partner_states", "regions_of_agencies", "sealed_evidence"))
"""Queries whose answer no row changes that waits to be added: the personal details of such a row are known."""


@dataclass
class UnitOfWork:
    """What one transaction does. `now` is the recorded_at of everything in it.

    The collections are read by everybody and changed by the methods here alone.
    """

    connection: asyncpg.Connection
    vault: Vault
    regions: Regions
    ids: Ids
    now: datetime
    states: dict[UUID, PartnerState] = field(default_factory=dict)
    rows: dict[UUID, list[Row]] = field(default_factory=dict)
    """All rows of a partner, for the partners whose rows are loaded."""
    personal: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Personal details in clear, by the key of their row, as far as they are loaded."""
    regrouped: set[UUID] = field(default_factory=set)
    """Partners whose rows changed: their facts are derived again."""
    reenrolled: set[UUID] = field(default_factory=set)
    """Partners whose participants changed: their timelines are derived again."""
    changed_participants: set[str] = field(default_factory=set)
    merged: dict[UUID, UUID] = field(default_factory=dict)
    """Merged in this transaction → the partner it was merged into, which may be merged as well: see `current`."""
    misfits: dict[UUID, Refusal] = field(default_factory=dict)
    """Partners whose facts are not published, since they do not fit, and why."""
    refused: Counter[str] = field(default_factory=Counter)
    """Code → how many events and rows were refused, also those that were no order yet."""
    agencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The regions of agencies, as far as they are loaded."""
    formed: Counter[UUID] = field(default_factory=Counter)
    """Import → how many partners more its agency lists by its rows alone: `own_partners.formed`."""
    taken_back: Counter[str] = field(default_factory=Counter)
    """How many partners were `delisted` by a whole list; how many rows an undo `removed`, `restored` and `kept`."""
    split: dict[UUID, UUID] = field(default_factory=dict)
    """New partner → the one whose rows it consists of, since these are not one partner any more."""
    left: dict[tuple[UUID, str], set[str]] = field(default_factory=dict)
    """(partner, agency) → the refs of those of its rows that were removed."""
    sources: dict[str, str] = field(default_factory=dict)
    """CloudEvents sources that nobody had → the agency that sends under them in this transaction."""
    _there_are: dict[str, bool] = field(default_factory=dict)
    _added: int = 0
    _outgoing: list[Outgoing] = field(default_factory=list)
    _waiting: list[tuple[str, Sequence[tuple[Any, ...]], Sequence[str]]] = field(default_factory=list)
    """What is to be added to which table, before anything else is asked."""

    @property
    def db(self) -> asyncpg.Connection:
        """For what is no query of ours; no rows wait to be added."""
        assert not self._waiting, "rows wait to be added"
        return self.connection

    def anew(self) -> "UnitOfWork":
        """The same transaction from its beginning: nothing is loaded, nothing changed; who sends as what was settled
        before."""
        return UnitOfWork(self.connection, self.vault, self.regions, self.ids, self.now, sources=self.sources)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        if query not in BESIDE:
            await self.add_waiting()
        return await self.connection.fetch(queries[query], *arguments)

    async def execute(self, query: str, *arguments: Any) -> None:
        await self.add_waiting()
        await self.db.execute(queries[query], *arguments)

    async def is_true(self, query: str, *arguments: Any) -> bool:
        await self.add_waiting()
        return bool(await self.db.fetchval(queries[query], *arguments))

    async def there_are(self, what: str) -> bool:
        """Whether there are any of what the query `what_there_is` names so; one question answers for all of it."""
        if not self._there_are:
            self._there_are = dict((await self.fetch("what_there_is"))[0])
        return self._there_are[what]

    def added(self, what: str) -> None:
        """From now on there are some of this."""
        if self._there_are:
            self._there_are[what] = True

    def insert_later(self, table: str, records: Sequence[tuple[Any, ...]], names: Sequence[str]) -> None:
        """As `insert`, before anything else is asked that may depend on it, or `meanwhile`."""
        self._waiting.append((table, records, names))

    async def add_waiting(self) -> None:
        """Add the rows that were to be inserted later."""
        waiting, self._waiting = self._waiting, []
        for table, records, names in waiting:
            await self.insert(table, records, names)

    @asynccontextmanager
    async def adding_meanwhile(self) -> AsyncIterator[None]:
        """The database adds the rows that wait while the block computes, which asks it nothing."""
        adding = asyncio.create_task(self.add_waiting())
        try:
            yield
        finally:
            await adding

    async def insert(self, table: str, records: Sequence[tuple[Any, ...]], names: Sequence[str]) -> None:
        """Add rows to a table."""
        await self.add_waiting()
        await insert(self.db, table, records, names)

    async def load_states(self, partners: Iterable[UUID]) -> None:
        """Load the states of these partners that are not here yet."""
        missing = [partner for partner in set(partners) if partner not in self.states]
        if missing:
            for row in await self.fetch("partner_states", missing):
                self.states[row["partner_id"]] = PartnerState(*row)

    async def load_agencies(self, partners: Iterable[UUID]) -> None:
        """Load the regions of the agencies that list these partners, where there are several: one question decides."""
        rows = [own for partner in partners if len(own := self.rows.get(partner, ())) > 1]
        listing = ({row.agency for row in own} for own in rows)
        missing = {agency for agencies in listing if len(agencies) > 1 for agency in agencies} - self.agencies.keys()
        if missing:
            for row in await self.fetch("regions_of_agencies", list(missing)):
                self.agencies[row["slug"]] = tuple(row["regions"])

    def may_list(self, agency: str, region: str) -> bool:
        """Whether this agency, whose regions are loaded, may list partners of this region."""
        return self.regions.within(self.agencies.get(agency, ()), region)

    def authority(self, partner: UUID) -> Authority:
        """Whose rows set what this partner is; its rows, at least one, and their agencies are loaded."""
        return authority.settle(self.rows[partner], self.may_list, self.states[partner].decision)

    def current(self, partner: UUID) -> UUID:
        """The survivor that answers for this id within this transaction."""
        while partner in self.merged:
            partner = self.merged[partner]
        return partner

    def survivors(self) -> dict[UUID, UUID]:
        """Every partner merged in this transaction → the survivor that answers for it."""
        return {loser: self.current(loser) for loser in self.merged}

    def has_rows(self, partner: UUID) -> bool:
        """Whether a list names this partner now."""
        if partner in self.rows:
            return bool(self.rows[partner])
        return self.states[partner].listed_on is not None

    def new_partner(self) -> UUID:
        """The id of a partner that no list names yet."""
        partner = partner_id()
        self.add_partner(partner)
        return partner

    def add_partner(self, partner: UUID) -> None:
        """A partner with this new id. Those of one transaction are a microsecond apart, in the order in which they are
        added: ids are random, and of partners that merge the first recorded survives. The next transaction is later."""
        first_recorded = self.now + timedelta(microseconds=self._added)
        self.states[partner] = PartnerState(partner, first_recorded, is_new=True)
        self._added += 1

    def keep_rows(self, rows: Mapping[UUID, list[Row]]) -> None:
        """These are all rows of these partners, as the database has them."""
        self.rows.update(rows)

    def replace_rows(self, partner: UUID, rows: list[Row]) -> None:
        """From now on these are all rows of the partner."""
        self.rows[partner] = rows
        self.regrouped.add(partner)

    def reload_rows(self, partners: Iterable[UUID]) -> None:
        """The rows of these partners changed in the database: they are loaded again before facts are derived."""
        for partner in partners:
            self.rows.pop(partner, None)
            self.regrouped.add(partner)

    def derive_again(self, partners: Iterable[UUID]) -> None:
        """The facts of these partners may change although their rows do not."""
        self.regrouped.update(partners)

    def enrol_again(self, partners: Iterable[UUID]) -> None:
        """The timelines of these partners may change although their participants do not."""
        self.reenrolled.update(partners)

    def keep_personal(self, details: Mapping[UUID, dict[str, Any]]) -> None:
        """The personal details of these rows in clear."""
        self.personal.update(details)

    def move_participant(self, participant_no: str, partners: Collection[UUID]) -> None:
        """The participant changed; `partners` are those it belonged to before and belongs to now."""
        self.reenrolled.update(partners)
        self.changed_participants.add(participant_no)

    def apply(self, regrouped: Regrouped) -> None:
        """Give every partner the rows that it has now, add the new ones and merge those that are one."""
        for partner in regrouped.new:
            self.add_partner(partner)
        for partner, rows in regrouped.rows.items():
            self.replace_rows(partner, rows)
        for loser, survivor in regrouped.merged.items():
            self.merge(loser, survivor)

    def merge(self, loser: UUID, survivor: UUID) -> None:
        """From now on `survivor` answers for `loser`; its rows and participants are moved by the caller."""
        gone = self.states[loser]
        gone.status, gone.merged_into = "merged", survivor
        self.merged[loser] = survivor
        rows = self.rows.pop(loser, None)
        if rows is not None and survivor not in self.rows:
            self.rows[survivor] = rows
        self.regrouped |= {survivor, loser}
        self.reenrolled |= {survivor, loser}

    def resolve_merge(self, partner: UUID) -> None:
        """A merged partner answers as the survivor of the one it was merged into."""
        state = self.states[partner]
        if state.merged_into is not None:
            state.merged_into = self.current(state.merged_into)

    def erase(self, partner: UUID) -> None:
        """Only the id stays, and its facts say that the partner was erased."""
        self.states[partner].status = "erased"
        self.replace_rows(partner, [])
        self.reenrolled.add(partner)

    def by_age(self, one: UUID, other: UUID) -> tuple[UUID, UUID]:
        """(the one first recorded, the other)."""
        first, second = sorted((one, other), key=lambda partner: self.states[partner].age)
        return first, second

    def publish(self, topic: str, key: str, kind: str, fact: msgspec.Struct | None, version: int) -> None:
        """Add a fact to the outbox when the transaction is saved; None is a tombstone."""
        value = None if fact is None else msgspec.json.encode(fact)
        self._emit(Outgoing(topic, key, kind, f"{topic}/{key}/{version}", self.now, value))

    def publish_statement(self, key: str, kind: str, fact: msgspec.Struct) -> None:
        """Statements have no version: their id is their content's, so that the same one has the same id."""
        value = msgspec.json.encode(fact)
        identity = self.vault.hash("statement", key, value.hex())
        self._emit(Outgoing("reference", key, kind, f"reference/{identity}", self.now, value))

    def _emit(self, event: Outgoing) -> None:
        """One of what was accepted before texts had a limit is left out, so that no other row fails for it."""
        if fits(event):
            self._outgoing.append(event)
        else:
            log.error("a fact is too large to be published", topic=event.topic, event_id=event.id)

    async def save(self, partners: Collection[UUID]) -> None:
        """Write the states of these partners, and to the outbox everything published."""
        states = [self.states[partner] for partner in partners]
        await self.add_waiting()
        await self._add([state for state in states if state.is_new and state.status != "merged"])
        await self._update([state for state in states if not state.is_new])
        await outbox.add(self.db, self._outgoing)

    async def _add(self, states: Sequence[PartnerState]) -> None:
        await self.insert("partner", [state.as_record() for state in states], partner_state.COLUMNS)

    async def _update(self, states: Sequence[PartnerState]) -> None:
        if states:
            await self.execute("update_partner_states", *columns(state.as_record() for state in states))
