"""Deletes what was refused, dry runs, uploads that nobody finished, changes and sessions, once their time is over."""

import asyncpg

from services.registration import sessions
from services.registration.queries import queries
from shared.database import transaction
from shared.observability import get_logger
from shared.part import Part

log = get_logger(__name__)

HOUR = 3600.0


class Retention(Part):
    """Every hour: refused rows of uploads that ended so many days ago, refused events as old, dry runs as a whole,
    uploads that nobody went on with and sessions that are over for a day, and changes that are `changes_days` old."""

    def __init__(self, pool: asyncpg.Pool, days: int, changes_days: int = 30) -> None:
        super().__init__("retention")
        self._pool, self._days, self._changes_days = pool, days, changes_days

    async def step(self) -> float:
        deleted = await self.expire()
        if deleted:
            log.info("what was refused or not finished is deleted, its time is over", deleted=deleted)
        return HOUR

    async def expire(self) -> int:
        """Delete all that is due, an import, upload or batch of events at a time; returns how many there were."""
        count = 0
        await self._pool.execute(queries["advance_idle_webhooks"])
        while not self.stopping and await self._expire_next():
            count += 1
            self.progressed()
        return count

    async def _expire_next(self) -> bool:
        async with transaction(self._pool) as db:
            upload_id = await db.fetchval(queries["expire_upload"])
            if upload_id is not None:
                await db.execute(queries["drop_unused_file"], upload_id)
                return True
            import_id = await db.fetchval(queries["expired_import"], self._days)
            if import_id is not None:
                await db.execute(queries["delete_refused_rows"], import_id)
                await db.execute(queries["delete_dry_run"], import_id)
                return True
            if await db.fetch(queries["expire_refused_events"], self._days):
                return True
            if await db.fetch(queries["expire_retried"], self._days):
                return True
            if await db.fetch(queries["expire_versions"], self._days):
                return True
            if await db.fetch(queries["expire_changes"], self._changes_days):
                return True
            return await sessions.expire(db) > 0
