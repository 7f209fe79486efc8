"""The drill: an invented person is sent on every way, found, erased, and searched for everywhere."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deploy.local.client import Client
from deploy.local.directory import Directory
from deploy.local.endpoints import Endpoints
from deploy.local.erasure import searching
from deploy.local.erasure.canary import AGENCY, REGION, Canary
from deploy.local.failure import Failure

if TYPE_CHECKING:
    from services.registration.vault import Vault

SEEN_BEFORE: Final = frozenset(
    {
        "table registration.evidence",
        "table registration.participant",
        "table registration.quarantine",
        "table notifications.contacts",
        "table notifications.opt_outs",
        "topic contacts",
        f"topic intake.{AGENCY}",
        f"topic intake.{AGENCY}.dlq",
    }
)
"""Where the person must be found before it is erased: the search finds what is there."""

STAYS: Final = {"topic contacts": "Kafka's compaction, within a day"}
"""Place → until when a text that was published may be there after the erasure."""

REMAINS: Final = (
    ("topic contacts", "what was published before the erasure", STAYS["topic contacts"]),
    ("dead letters that cannot be read", "whatever somebody wrote there", "7 days"),
    ("files of PostgreSQL and Kafka", "space not yet written over, which no query shows", "the next vacuum; hours"),
    ("backups made before", "everything", "as long as you keep them"),
    ("notifications.stops", "keyed hashes of addresses and NIK, so that nobody writes to them", "for ever"),
    ("facts", "the partner's id, region and days, nothing personal", "for ever"),
)
"""What is left after any erasure: where, what, for how long."""

WITHIN: Final = 90.0
"""Seconds for what was sent to arrive, and for what is erased to be gone."""
EVERY: Final = 1.0

BATCH: Final = {"content-type": "application/cloudevents-batch+json"}

Report = Callable[[str], None]


@dataclass(frozen=True)
class Drilled:
    """`before`, `after`: place → hits; `left` are those of `after` that may not be there."""

    partner: str
    before: dict[str, int]
    after: dict[str, int]
    searched: dict[str, int]
    seconds: float

    @property
    def left(self) -> dict[str, int]:
        return {place: hits for place, hits in self.after.items() if place not in STAYS}


@dataclass
class Drill:
    """One drill on a running stack. Whoever runs it twice invents another person."""

    home: Directory
    endpoints: Endpoints
    vault: "Vault"
    report: Report
    canary: Canary = field(default_factory=Canary)

    def __post_init__(self) -> None:
        self._texts = searching.Texts(self.canary.texts(), self.canary.hashes(self.vault))

    async def run(self, *, backup: bool) -> Drilled:
        """Raises Failure where the person could not be sent or found."""
        with Client(self.endpoints.registration, self.endpoints.admin_key) as admin:
            key = await asyncio.to_thread(_key, admin)
            try:
                partner = await self._list(key)
                try:
                    await self._send_on_all_ways(partner, key)
                    before = await self._until(lambda found: found.places.keys() >= SEEN_BEFORE, arrived=False)
                finally:
                    began = time.monotonic()
                    admin.call("DELETE", f"/v1/partners/{partner}")
            finally:
                admin.call("DELETE", f"/v1/agencies/{AGENCY}/keys/{key['key_id']}")
        self.report("erased; searching until nothing is left")
        after = await self._until(lambda found: not found.places.keys() - STAYS.keys(), arrived=True)
        if backup:
            await self._backup(after)
        searching.in_logs(self.home.logs, self._texts, after)
        seconds = time.monotonic() - began
        return Drilled(partner, dict(before.places), dict(after.places), dict(after.searched), seconds)

    async def _list(self, key: dict[str, Any]) -> str:
        """Send the events that are taken; the partner's id."""
        self.report("an invented person is sent: events, a file, a dry run, Kafka")
        with Client(self.endpoints.registration, key["key"]) as agency:
            answer = agency.call("POST", "/v1/events", json=self.canary.accepted(), headers=BATCH).json()
        if answer["rejected"]:
            raise Failure(f"the drill's events were refused: {answer['rejected'][0]['code']}")
        return str(next(iter(answer["partners"].values())))

    async def _send_on_all_ways(self, partner: str, key: dict[str, Any]) -> None:
        canary = self.canary
        with Client(self.endpoints.registration, key["key"]) as agency:
            agency.call("POST", "/v1/events", json=canary.refused(), headers=BATCH)
            for dry_run in ("true", "false"):
                await _upload(agency, canary, dry_run)
        await self._write()
        with Client(self.endpoints.notifications, self.endpoints.admin_key) as notifications:
            body = {"partner_id": partner, "reason": f"{canary.name} asked by {canary.phone}"}
            await _patiently(lambda: notifications.call("POST", "/v1/opt-outs", again=(404, 503), json=body))

    async def _write(self) -> None:
        from aiokafka import AIOKafkaProducer

        from shared.bus.kafka_url import aiokafka_options

        async with AIOKafkaProducer(**aiokafka_options(self.endpoints.kafka_url)) as producer:
            for value, content_type in self.canary.records():
                headers = [("content-type", content_type.encode())]
                await producer.send_and_wait(f"intake.{AGENCY}", value, key=b"uji", headers=headers)

    async def _until(self, done: Callable[[searching.Found], bool], *, arrived: bool) -> searching.Found:
        """Search until it is `done`; what was found last after WITHIN. Raises Failure if the person has not arrived."""
        ends = time.monotonic() + WITHIN
        while not done(found := await self._searched()):
            if time.monotonic() > ends:
                if arrived:
                    break
                missing = ", ".join(sorted(SEEN_BEFORE - found.places.keys()))
                raise Failure(f"the invented person is not found where it should be: {missing}; see ./payung status")
            await asyncio.sleep(EVERY)
        return found

    async def _searched(self) -> searching.Found:
        import asyncpg

        found = searching.Found()
        db: asyncpg.Connection = await asyncpg.connect(self.endpoints.database, timeout=10)
        try:
            await searching.in_tables(db, self.vault, self._texts, found)
        finally:
            await db.close()
        await searching.in_topics(self.endpoints.kafka_url, self._texts, found)
        return found

    async def _backup(self, found: searching.Found) -> None:
        from deploy.local.backup import saving

        self.report("a backup is made, searched and deleted")
        with tempfile.TemporaryDirectory(dir=self.home.path, prefix=".drill-") as folder:
            file = Path(folder) / "backup"
            await saving.save(self.home.path, file, None, lambda *_: None)
            searching.in_backup(file, self._texts, found)


def _key(admin: Client) -> dict[str, Any]:
    """A key of the drill's agency, which is added if need be, with access to Kafka."""
    known = {each["slug"] for each in admin.call("GET", "/v1/agencies").json()}
    if AGENCY not in known:
        scopes = ["publish", "enroll", "read"]
        body = {"slug": AGENCY, "name": "Uji penghapusan data", "regions": [REGION], "scopes": scopes}
        first = admin.call("POST", "/v1/agencies", json=body).json()
        admin.call("DELETE", f"/v1/agencies/{AGENCY}/keys/{first['key_id']}")
    made: dict[str, Any] = admin.call("POST", f"/v1/agencies/{AGENCY}/keys", json={"kafka": True}).json()
    return made


async def _upload(agency: Client, canary: Canary, dry_run: str) -> None:
    fields = {"kind": "partners", "list": "uji", "list_date": canary.list_date, "dry_run": dry_run}
    files = {"file": ("uji.csv", canary.file(), "text/csv")}
    where = agency.call("POST", "/v1/imports", data=fields, files=files).headers["location"]

    def done() -> Any:
        state = agency.call("GET", where).json()
        return state if state["state"] not in ("queued", "running") else None

    state = await _patiently(done)
    if (state["state"], state["accepted"], state["rejected"]) != ("done", 1, 1):
        raise Failure(f"the drill's file was not read as meant: {state['state']}, {state['rejected_by']}")


async def _patiently(ask: Callable[[], Any]) -> Any:
    """The first answer that is one; Failure after WITHIN."""
    from deploy.local.client import Away

    ends = time.monotonic() + WITHIN
    while time.monotonic() < ends:
        try:
            if (answer := await asyncio.to_thread(ask)) is not None:
                return answer
        except Away:
            pass
        await asyncio.sleep(EVERY / 2)
    raise Failure("what the drill sent did not arrive: see ./payung status")


async def settled(done: Callable[[], Awaitable[bool]]) -> bool:
    """Whether it was done within WITHIN."""
    ends = time.monotonic() + WITHIN
    while time.monotonic() < ends:
        if await done():
            return True
        await asyncio.sleep(EVERY / 2)
    return False
