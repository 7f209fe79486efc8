"""A whole stack for a benchmark, with one agency that may list anybody anywhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx

from deploy.local import lag
from deploy.local.endpoints import Endpoints
from tests.benchmarks._intake.machine import Machine
from tests.stack import Stack
from tests.waiting import eventually

WITHIN = 600
"""Seconds that the services may need to read what was published."""


@dataclass
class Running:
    """`url` is registration's, `key` the agency's, `db` the administrator's connection."""

    endpoints: Endpoints
    key: str
    db: asyncpg.Connection
    machine: Machine

    @property
    def url(self) -> str:
        return self.endpoints.registration

    async def outbox_is_empty(self) -> None:
        """All facts are on Kafka."""
        waiting = "select not exists (select from registration.outbox)"
        await eventually(lambda: self.db.fetchval(waiting), WITHIN, every=0.01)

    async def all_read(self) -> None:
        """Coverage and notifications have applied every fact."""
        assert await lag.wait_until_zero(self.endpoints, WITHIN), "the services did not read everything"


@asynccontextmanager
async def running(data: Path, ports: int | None) -> AsyncIterator[Running]:
    stack = Stack(data, options=("--empty", *(("--ports", str(ports)) if ports else ())))
    await stack.start()
    try:
        endpoints = stack.endpoints
        db = await asyncpg.connect(endpoints.database)
        try:
            yield Running(endpoints, await _agency(endpoints), db, Machine(stack, db))
        finally:
            await db.close()
    finally:
        stack.stop()


async def _agency(endpoints: Endpoints) -> str:
    body = {"slug": "bench", "name": "Bench", "regions": ["ID"], "scopes": ["publish", "enroll", "read"]}
    headers = {"authorization": f"Bearer {endpoints.admin_key}"}
    async with httpx.AsyncClient(base_url=endpoints.registration, trust_env=False, headers=headers) as client:
        answer = await client.post("/v1/agencies", json=body)
        answer.raise_for_status()
        return str(answer.json()["key"])
