"""Delivers the changes of agencies to their webhooks: in order, at least once, by one instance at a time."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import msgspec

from services.registration.feed import changes
from services.registration.feed.changes import CursorGone
from services.registration.queries import queries
from services.registration.vault import Vault
from shared import signatures
from shared.guarded_http import Answer, Receivers
from shared.observability import Metrics, get_logger
from shared.part import Part

log = get_logger(__name__)

EVERY: Final = 1.0
"""Seconds between two looks for what is due."""
LEASE_SECONDS: Final = 60
"""Longer than a delivery may take: whoever holds it longer was killed."""
AT_ONCE: Final = 16
"""Deliveries of one instance at the same time, each to another webhook."""
MOST_CHANGES: Final = 100
"""In one delivery."""
FIRST_RETRY, LONGEST_RETRY = 5.0, 3600.0
"""Seconds."""
PAUSED_AFTER_DAYS: Final = 3
CLOSED_WITHIN: Final = 3.0


def retry_after(attempts: int) -> float:
    """Seconds to the next attempt after so many that failed: 5, 10, 20 … at most an hour, spread by a fifth."""
    return float(min(FIRST_RETRY * 2 ** min(attempts, 20), LONGEST_RETRY) * random.uniform(0.9, 1.1))


def message(kind: str, found: Sequence[dict[str, Any]], seconds: int) -> bytes:
    """The body of a delivery."""
    return msgspec.json.encode({"type": kind, "timestamp": seconds, "data": {"changes": found}})


class Webhooks(Part):
    """Sends what is due. A delivery keeps its id and extent however often it is tried; it is noted as delivered only by
    whoever holds the webhook's lease."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault, receivers: Receivers, metrics: Metrics) -> None:
        super().__init__("webhooks")
        self._pool, self._vault, self._receivers = pool, vault, receivers
        self._running: set[asyncio.Task[None]] = set()
        self._deliveries = metrics.counter("webhook_deliveries_total", "Deliveries to webhooks", ("outcome",))

    @property
    def allows_local(self) -> bool:
        """Whether webhooks may be http and lead to private addresses."""
        return self._receivers.allow_local

    async def step(self) -> float:
        """Begin what is due; a slow receiver keeps no other waiting."""
        self._collect()
        while len(self._running) < AT_ONCE and not self.stopping:
            hook = await self._pool.fetchrow(queries["claim_webhook"], uuid4(), LEASE_SECONDS)
            if hook is None:
                break
            task = asyncio.create_task(self._deliver(hook))
            self._running.add(task)
            task.add_done_callback(lambda _: self.wake())
        return EVERY

    async def close(self) -> None:
        """What does not end soon is delivered again by whoever takes its lease over."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=CLOSED_WITHIN)
            for task in late:
                task.cancel()

    def detail(self) -> dict[str, Any]:
        return {"delivering": len(self._running)}

    def _collect(self) -> None:
        """Forget the deliveries that ended; raises what one of them raised."""
        for task in [task for task in self._running if task.done()]:
            self._running.discard(task)
            task.result()

    async def _deliver(self, hook: asyncpg.Record) -> None:
        try:
            page = await changes.after(
                self._pool, hook["agency"], hook["position"], MOST_CHANGES, hook["delivering_to"]
            )
        except CursorGone:
            await self._fail(hook, "Changes were deleted before they could be delivered.", is_final=True)
            return
        found = [changes.as_json(self._vault, each) for each in page.records if each["what"] in hook["events"]]
        if found:
            answer = await self._send(hook, page.end, found)
            if answer is None or not answer.is_good:
                if answer is not None:
                    self._deliveries.labels("failed").inc()
                    await self._fail(hook, str(answer.error), is_final=answer.is_final)
                return
            self._deliveries.labels("delivered").inc()
        await self._pool.execute(queries["end_delivery"], hook["webhook_id"], hook["lease"], page.end, bool(found))

    async def _send(self, hook: asyncpg.Record, until: int, found: list[dict[str, Any]]) -> Answer | None:
        """The receiver's answer; None if another instance holds the webhook by now."""
        webhook = hook["webhook_id"]
        if await self._pool.fetchval(queries["begin_delivery"], webhook, hook["lease"], until) is None:
            return None
        delivery = self._vault.hash("delivery", webhook, hook["position"], until)
        return await self.send(hook, f"msg_{delivery.hex}", "partners.changed", found)

    async def send(
        self, hook: asyncpg.Record, delivery: str, kind: str, found: Sequence[dict[str, Any]] = ()
    ) -> Answer:
        """Send a delivery to a webhook, signed."""
        held, seconds = self._vault.open(hook["sealed"]), int(time.time())
        body = message(kind, found, seconds)
        return await self._receivers.send(
            held["url"], signatures.headers(held["secret"], delivery, seconds, body), body
        )

    async def _fail(self, hook: asyncpg.Record, error: str, *, is_final: bool) -> None:
        seconds = retry_after(hook["attempts"])
        webhook: UUID = hook["webhook_id"]
        arguments = (webhook, hook["lease"], error, seconds, PAUSED_AFTER_DAYS, is_final)
        await self._pool.execute(queries["fail_delivery"], *arguments)
        log.info("a webhook did not take a delivery", webhook=str(webhook), attempts=hook["attempts"] + 1)
