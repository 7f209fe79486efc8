"""The parts of the running service, handed to its routes and to whoever takes events in."""

from dataclasses import dataclass

import asyncpg

from services.registration.feed.watch import Watch
from services.registration.feed.webhooks import Webhooks
from services.registration.intake_eraser import IntakeEraser
from services.registration.kafka_access import KafkaAccess
from services.registration.upload_quota import Quota
from services.registration.vault import Vault
from services.registration.writer.import_worker import ImportWorker
from services.registration.writer.retries import Retries
from services.registration.writer.writer import Writer
from shared.bus.dead_letter_eraser import DeadLetterEraser
from shared.bus.outbox import Relay
from shared.regions import Regions
from shared.security import KeyRing
from shared.sessions import Sessions


@dataclass(frozen=True)
class Keys:
    """What issues and revokes keys and sessions, apart from everything that carries data: connections, rings and relay
    of its own."""

    pool: asyncpg.Pool
    ring: KeyRing
    sessions: Sessions
    relay: Relay

    def changed(self) -> None:
        """A key or session was made or ended: no cached one holds any more, and the others are to know."""
        self.ring.clear()
        self.sessions.clear()
        self.relay.wake()


@dataclass(frozen=True)
class Services:
    """What a request may need; `jkp` says whether the programme JKP is switched on."""

    pool: asyncpg.Pool
    vault: Vault
    writer: Writer
    keys: Keys
    regions: Regions
    imports: ImportWorker
    dry_runs: ImportWorker
    dead_letter_eraser: DeadLetterEraser
    kafka_access: KafkaAccess
    intake_eraser: IntakeEraser
    quota: Quota
    watch: Watch
    webhooks: Webhooks
    retries: Retries
    jkp: bool = False
    retention_days: int = 90
