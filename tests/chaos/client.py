"""An agency's client as it should be: sends again until the answer is 202, whatever happens to the service."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

import httpx

from deploy.local.endpoints import Endpoints
from tests.chaos.world import Event

SCOPES = {"dinas": ["publish", "read"], "kementerian": ["publish", "read"], "bpjs": ["enroll", "read"]}


class Client:
    """Talks to one stack through its public interface."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._http = httpx.AsyncClient(timeout=30, trust_env=False)
        self._keys: dict[str, str] = {}
        self.retries = 0
        self.on_answer: Callable[[httpx.Response], Awaitable[None]] | None = None
        """Told of each answer."""

    async def close(self) -> None:
        await self._http.aclose()

    async def open_agencies(self) -> None:
        for slug, scopes in SCOPES.items():
            body = {"slug": slug, "name": slug, "regions": ["ID"], "scopes": scopes}
            answer = await self._http.post(
                f"{self._endpoints.registration}/v1/agencies", json=body, headers=_bearer(self._endpoints.admin_key)
            )
            assert answer.status_code == 201, answer.text
            self._keys[slug] = answer.json()["key"]

    def moved(self, endpoints: Endpoints) -> "Client":
        """The same agencies at another stack."""
        other = Client(endpoints)
        other._keys = dict(self._keys)
        return other

    async def send(self, batch: Sequence[Event]) -> dict[str, Any]:
        """The answer to the batch once it was accepted, after as many tries as that took."""
        agency = batch[0]["agency"]
        events = [{key: value for key, value in event.items() if key != "agency"} for event in batch]
        while True:
            try:
                answer = await self._http.post(
                    f"{self._endpoints.registration}/v1/events",
                    json=events,
                    headers=_bearer(self._keys[agency]) | {"Content-Type": "application/cloudevents-batch+json"},
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and self.on_answer is not None:
                await self.on_answer(answer)
            if answer is not None and answer.status_code < 500:
                assert answer.status_code == 202, answer.text
                report: dict[str, Any] = answer.json()
                assert report["rejected"] == []
                assert report["accepted"] + report["duplicates"] == len(batch)
                return report
            self.retries += 1
            await asyncio.sleep(0.2)

    async def figures(self, as_of: date) -> dict[str, dict[str, int]]:
        """region → the same figures as World.figures, from /v1/coverage; empty while the service does not answer."""
        whole = await self._coverage(as_of)
        by_programme = await self._coverage(as_of, by="programme")
        if whole is None or by_programme is None:
            return {}
        jht = {row["region"]: row["enrolled"] for row in by_programme if row["programme"] == "JHT"}
        return {
            row["region"]: {
                "listed": row["listed"],
                "enrolled": row["enrolled"],
                "unregistered": row["unregistered"],
                "workers_listed": row["workers"]["listed"],
                "workers_enrolled": row["workers"]["enrolled"],
                "JHT": jht.get(row["region"], 0),
            }
            for row in whole
        }

    async def _coverage(self, as_of: date, **more: str) -> list[dict[str, Any]] | None:
        query = {"region": "ID", "level": "regency", "as_of": as_of.isoformat(), **more}
        try:
            answer = await self._http.get(
                f"{self._endpoints.coverage}/v1/coverage", params=query, headers=_bearer(self._endpoints.admin_key)
            )
        except httpx.TransportError:
            return None
        if answer.status_code >= 500:
            return None
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
