"""Field agents of a stack, and tasks for them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from deploy.local.endpoints import Endpoints


async def an_agent(stack: Endpoints, name: str) -> dict[str, Any]:
    body = {"name": name, "regions": ["33.11"], "contact": {"phone": "0812 3456 7890"}, "monthly_target": 20}
    async with as_admin(stack) as http:
        answer = await http.post("/v1/agents", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def as_admin(stack: Endpoints) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=stack.notifications, headers={"authorization": f"Bearer {stack.admin_key}"})


async def a_link(stack: Endpoints, agent: dict[str, Any]) -> str:
    async with as_admin(stack) as http:
        return str((await http.post(f"/v1/agents/{agent['id']}/sign-in-links")).json()["url"])


async def some_tasks(stack: Endpoints, agent: dict[str, Any], count: int) -> None:
    """Visits to some of the demonstration's partners, which this agent has. They come as they would after weeks."""
    find = """
        select p.partner_id from notifications.partners p join notifications.contacts c using (partner_id)
        where p.status = 'active' and p.region = '33.11' and p.insured_until is null and p.listed_known_at is not null
          and not exists (select from notifications.tasks t where t.partner_id = p.partner_id) limit $1"""
    add = """
        insert into notifications.tasks
            (task_id, partner_id, kind, episode, reason, priority, causation, opened_at, level, agent_id, touch_by)
        values ($1, $2, 'visit', current_date, 'unreachable', 3, 'test', $3, 'agent', $4, $5)"""
    now = datetime.now(UTC)
    db = await asyncpg.connect(stack.database)
    try:
        for row in await db.fetch(find, count):
            await db.execute(add, uuid4(), row["partner_id"], now, agent["id"], now + timedelta(days=7))
    finally:
        await db.close()
