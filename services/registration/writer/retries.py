"""Sends entries of the quarantine again: when asked to, and by itself once what they missed has arrived."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from services.registration import audit
from services.registration.audit import Actor
from services.registration.intake import scopes
from services.registration.intake.cells import column_findings
from services.registration.intake.contexts import EventContext, UploadContext
from services.registration.intake.event_reader import EventReader
from services.registration.intake.files.tables import Row
from services.registration.intake.jurisdiction import Jurisdiction
from services.registration.intake.row_reader import RowReader
from services.registration.intake.scopes import May
from services.registration.intake.values import Refusal
from services.registration.orders import Order
from services.registration.queries import queries
from services.registration.vault import Vault
from services.registration.writer import envelopes, uploads
from services.registration.writer.items import Item
from services.registration.writer.quarantine import Retry
from services.registration.writer.submissions import CorrectedRow, Events
from services.registration.writer.writer import Writer
from shared.database import transaction
from shared.part import Part
from shared.regions import Regions

EVERY: Final = 2.0
"""Seconds between two looks for what is due."""
AT_ONCE: Final = 200
"""Entries that are sent again together."""
MARKED_AT_ONCE: Final = 1_000


@dataclass
class Results:
    """What became of entries that were sent again; `skipped` may not be sent, or belong to an upload taken back."""

    accepted: int = 0
    skipped: int = 0
    rejected_by: Counter[str] = field(default_factory=Counter)

    @property
    def tried(self) -> int:
        return self.accepted + self.rejected_by.total()

    def add(self, result: Refusal | None) -> None:
        if result is None:
            self.accepted += 1
        else:
            self.rejected_by[result.code] += 1

    def as_json(self) -> dict[str, Any]:
        return {
            "retried": self.tried,
            "accepted": self.accepted,
            "rejected": self.rejected_by.total(),
            "rejected_by": dict(sorted(self.rejected_by.items())),
            "skipped_entries": self.skipped,
        }


class Retries(Part):
    """Of one agency after the other, with the regions and scopes that it has now."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault, writer: Writer, regions: Regions, *, jkp: bool) -> None:
        super().__init__("retries")
        self._pool, self._vault, self._writer, self._regions, self._jkp = pool, vault, writer, regions, jkp

    async def step(self) -> float:
        """Send again some of what is due."""
        await self._mark_due()
        entries = await self._pool.fetch(queries["claim_retries"], AT_ONCE)
        if not entries:
            return EVERY
        agency, allowed = entries[0]["agency"], frozenset(entries[0]["scopes"])
        regions, meant = tuple(entries[0]["regions"]), [entry for entry in entries if not entry["dry_run"]]
        results = await self.retry(meant, agency, regions, allowed.__contains__, by_itself=True)
        async with transaction(self._pool) as db:
            await db.execute(queries["drop_retries"], [entry["id"] for entry in entries])
            if results.accepted:
                await audit.note(db, Actor("service", agency), "quarantine.retried", {"accepted": results.accepted})
        return 0

    async def _mark_due(self) -> None:
        marked = MARKED_AT_ONCE
        while marked == MARKED_AT_ONCE and not self.stopping:
            marked = len(await self._pool.fetch(queries["mark_due"], MARKED_AT_ONCE))
            self.progressed()
        if await self._pool.fetchval(queries["has_arrived"]):
            async with transaction(self._pool) as db:
                await db.execute(queries["lock_writer"])
                await db.execute(queries["drop_arrived"])

    async def retry(
        self,
        entries: Sequence[asyncpg.Record],
        agency: str,
        regions: tuple[str, ...],
        may: May,
        *,
        by_itself: bool = False,
    ) -> Results:
        """Send these entries of the agency again, so many at a time."""
        results = Results()
        for start in range(0, len(entries), AT_ONCE):
            meant = [entry for entry in entries[start : start + AT_ONCE] if self._may_send(entry, may)]
            results.skipped += len(entries[start : start + AT_ONCE]) - len(meant)
            submissions = [self.submission(entry, regions, may, by_itself=by_itself) for entry in meant]
            for result in await asyncio.gather(*map(self._result, submissions)):
                results.add(result)
        return results

    def _may_send(self, entry: asyncpg.Record, may: May) -> bool:
        return entry["undo_asked_at"] is None and scopes.lacking(entry["type"], may) is None

    async def _result(self, submission: Events | CorrectedRow) -> Refusal | None:
        answer = await self._writer.submit(submission)
        if isinstance(submission, CorrectedRow):
            refusal: Refusal | None = answer
            return refusal
        return next((item.refusal for item in submission.items if item.refusal is not None), None)

    def submission(
        self, entry: asyncpg.Record, regions: tuple[str, ...], may: May, *, by_itself: bool = False
    ) -> Events | CorrectedRow:
        """The entry as it is sent again."""
        agency, retry = str(entry["agency"]), Retry(entry["id"], by_itself)
        held = self._vault.open(entry["sealed"])
        if entry["import_id"] is None:
            return Events(agency, regions, [self.item(agency, regions, held, may)], entry=retry)
        reader, row = self.reading(entry, regions, held["cells"])
        answer = reader.read(row)
        import_id = UUID(str(entry["import_id"]))
        order = answer if isinstance(answer, Refusal) else Order(agency, regions, answer, import_id)
        return CorrectedRow(retry, order, agency)

    def item(self, agency: str, regions: tuple[str, ...], raw: Any, may: May) -> Item:
        """The event as it is read now."""
        reader = EventReader(EventContext(Jurisdiction(self._regions, regions), self._jkp))
        return envelopes.items([raw], agency, reader, self._vault, may)[0]

    def reading(self, entry: asyncpg.Record, regions: tuple[str, ...], cells: list[str]) -> tuple[RowReader, Row]:
        """A reader with the context of the entry's import, and the row."""
        header = tuple(entry["header"])
        row = Row(entry["line"], tuple(cells), len(cells) == len(header))
        declared = entry["list"], entry["list_date"], entry["require_nik"]
        upload = UploadContext(Jurisdiction(self._regions, regions), *declared, self._jkp, uploads.options_of(entry))
        findings = column_findings.of_report(msgspec.json.decode(entry["reading"]))
        return RowReader(entry["kind"], header, upload, findings), row
