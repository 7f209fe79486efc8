"""A whole registration service on the real broker and database, used over HTTP, its facts read from the topics."""

import asyncio
import base64
import csv
import io
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI

from services.registration.app import create
from services.registration.settings import Settings
from tests.integration import counted_anew
from tests.kafka_clients import open_consumer
from tests.stack import Database

ADMIN = "admin-key-of-the-tests"
SECRET = base64.b64encode(bytes(range(32))).decode()
TOPICS = ("partners", "contacts", "enrollments", "claims", "reference", "access")


@dataclass
class World:
    """`admin` speaks with the administrator's key; `agency` makes one and speaks with its key."""

    app: FastAPI
    http: httpx.AsyncClient
    kafka: str
    prefix: str
    reader: str
    """Kafka for whoever may read all topics."""
    keys: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def bearer(self, agency: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[agency]}"}

    @property
    def pool(self) -> asyncpg.Pool:
        pool: asyncpg.Pool = self.app.state.services.pool
        return pool

    async def agency(
        self,
        slug: str = "dinas",
        regions: tuple[str, ...] = ("ID",),
        scopes: tuple[str, ...] = ("publish", "enroll", "read"),
    ) -> str:
        body = {"slug": slug, "name": slug.title(), "regions": regions, "scopes": scopes}
        answer = await self.http.post("/v1/agencies", json=body, headers={"authorization": f"Bearer {ADMIN}"})
        assert answer.status_code == 201, answer.text
        self.keys[slug] = answer.json()["key"]
        return slug

    async def key(self, agency: str, name: str, *scopes: str) -> str:
        """The id of a further key of this agency, which speaks as `name`."""
        answer = await self.http.post(
            f"/v1/agencies/{agency}/keys",
            json={"scopes": scopes},
            headers={"authorization": f"Bearer {ADMIN}"},
        )
        assert answer.status_code == 201, answer.text
        self.keys[name] = answer.json()["key"]
        return str(answer.json()["key_id"])

    def event(self, kind: str, data: dict[str, Any], source: str = "/dinas", **more: Any) -> dict[str, Any]:
        self.sent += 1
        envelope = {"specversion": "1.0", "id": f"e{self.sent}", "source": source, "type": kind, "data": data}
        return envelope | more

    async def send(self, *events: Any, agency: str = "dinas", **headers: str) -> dict[str, Any]:
        answer = await self.post(list(events), agency=agency, **headers)
        assert answer.status_code == 202, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def post(
        self, body: Any, agency: str = "dinas", media_type: str | None = None, **headers: str
    ) -> httpx.Response:
        batch = "application/cloudevents-batch+json" if isinstance(body, list) else "application/cloudevents+json"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        all_headers = self.bearer(agency) | {"content-type": media_type or batch} | headers
        return await self.http.post("/v1/events", content=content, headers=all_headers)

    async def refused(self, kind: str, data: dict[str, Any], agency: str = "dinas") -> tuple[str, str | None]:
        """(code, field) of a single event that must be refused."""
        answer = await self.post(self.event(kind, data), agency=agency)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["rejected"][0]["code"] == answer.json()["code"]
        return answer.json()["code"], answer.json()["field"]

    async def upload(self, content: str | bytes, kind: str, agency: str = "dinas", **fields: str) -> dict[str, Any]:
        """The report of an upload that was worked off."""
        raw = content.encode() if isinstance(content, str) else content
        files = {"file": ("daftar.csv", raw, "text/csv")}
        data = {"kind": kind, "list_date": "2021-01-31"} | fields
        answer = await self.http.post("/v1/imports", data=data, files=files, headers=self.bearer(agency))
        assert answer.status_code == 202, answer.text
        return await self.done(answer.headers["location"], agency)

    async def done(self, location: str, agency: str = "dinas") -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                report: dict[str, Any] = (await self.http.get(location, headers=self.bearer(agency))).json()
                if report["state"] not in ("queued", "running"):
                    return report
                await asyncio.sleep(0.02)

    async def get(self, path: str, agency: str = "dinas", **params: str) -> Any:
        answer = await self.http.get(path, params=params, headers=self.bearer(agency))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def downloaded(self, path: str, agency: str = "dinas", **params: str) -> list[dict[str, str]]:
        """The rows of a CSV, by column."""
        answer = await self.http.get(path, params=params, headers=self.bearer(agency))
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    async def published(self) -> None:
        """Wait until the outbox is empty."""
        async with asyncio.timeout(30):
            while await self.pool.fetchval("select exists (select from outbox)"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)

    async def records(self, topic: str) -> list[tuple[str, str, dict[str, Any] | None]]:
        """(key, type, value) of everything on a topic, in the order of each key."""
        await self.published()
        async with open_consumer(self.reader) as consumer:
            name = self.prefix + topic
            partitions = [
                TopicPartition(name, p)
                for p in sorted(consumer.partitions_for_topic(name) or await _seen(consumer, name))
            ]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[tuple[str, str, dict[str, Any] | None]] = []
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += [_told(record) for record in batch]
            return found

    async def facts(self, topic: str) -> dict[str, list[dict[str, Any] | None]]:
        """Every fact of each key, oldest first, with its type as `type`."""
        facts: dict[str, list[dict[str, Any] | None]] = defaultdict(list)
        for key, kind, value in await self.records(topic):
            facts[key].append(None if value is None else {"type": kind, **value})
        return dict(facts)

    async def newest(self, topic: str) -> dict[str, Any]:
        return {key: facts[-1] for key, facts in (await self.facts(topic)).items()}


async def _seen(consumer: AIOKafkaConsumer, name: str) -> set[int]:
    await consumer._client.add_topic(name)
    return consumer.partitions_for_topic(name) or set()


def _told(record: Any) -> tuple[str, str, dict[str, Any] | None]:
    headers = {key: value.decode() for key, value in record.headers}
    return record.key.decode(), headers["ce_type"], json.loads(record.value) if record.value else None


@asynccontextmanager
async def world(
    database: Database, kafka: str, topics: str, reader: str | None = None, secret: str = SECRET, **more: Any
) -> AsyncIterator[World]:
    settings = Settings(
        database=database.of("registration"),
        kafka=kafka,
        port=0,
        admin_key=ADMIN,
        topic_prefix=topics,
        partitions=4,
        secret=secret,
        **more,
    )
    app = await create(settings)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        made = World(app, http, kafka, topics, reader or kafka)
        yield made
        await counted_anew.check(made.pool)
