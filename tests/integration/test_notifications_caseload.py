"""An agent's caseload by list or by cooperative, beside its regions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.events.partners import Listing
from tests.integration.notifications_world import KNOWN, a_world, partner_id
from tests.integration.test_notifications_agents import LATE_ON_TUESDAY, NOWHERE, TANGERANG, Office, an_office
from tests.stack import Database


@pytest.fixture
async def office(database: Database, kafka: str, topics: str) -> AsyncIterator[Office]:
    async with a_world(database, kafka, topics, smtp=NOWHERE) as world, an_office(world) as made:
        yield made


async def test_an_agents_caseload_may_be_a_list_or_a_cooperative_with_its_members(office: Office) -> None:
    umkm = (Listing("a", "UMKM 2026", KNOWN.date()),)
    world = office.world
    await world.publish(
        world.partner(1, lists=umkm),
        world.partner(2, kind="cooperative"),
        world.partner(3, cooperative_id=partner_id(2)),
        world.partner(4),
    )
    world.now = LATE_ON_TUESDAY
    await world.work()
    key = await office.a_key("a", "publish")
    lists, cooperatives = [{"agency": "a", "list": "UMKM 2026"}], [partner_id(2)]
    of_list = await office.agent("L", TANGERANG, key=key, lists=[{"list": "UMKM 2026"}])
    of_cooperative = await office.agent("C", TANGERANG, key=key, cooperatives=cooperatives)
    assert (of_list["lists"], of_cooperative["cooperatives"]) == (lists, cooperatives)
    await office.give()

    async def held(agent: dict[str, Any]) -> list[str]:
        return sorted(task["partner_id"] for task in await office.inbox(agent=agent["id"]))

    assert await held(of_list) == [partner_id(1)]
    assert await held(of_cooperative) == [partner_id(2), partner_id(3)]
    shown = [(await office.ask("GET", f"/v1/partners/{partner_id(number)}/reminders")).json() for number in (1, 4)]
    assert [each["task"]["level"] for each in shown] == ["agent", "agency"], "why says with whom it lies"
    path = f"/v1/agents/{of_cooperative['id']}"
    changed = (await office.ask("PATCH", path, key, json={"cooperatives": [], "lists": lists})).json()
    assert (changed["lists"], changed["cooperatives"]) == (lists, [])
    await office.give()
    assert await held(of_cooperative) == [], "what is outside the new caseload is given back"
    for part, field in (
        ({"lists": [{"list": "UMKM 2062"}]}, "lists"),
        ({"lists": [{"agency": "b", "list": "UMKM 2026"}]}, "lists"),
        ({"cooperatives": [partner_id(1)]}, "cooperatives"),
    ):
        body = {"name": "N", "regions": [TANGERANG], **part}
        refused = await office.ask("POST", "/v1/agents", key, json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_what_was_read_before_there_were_lists_is_read_once_more(office: Office) -> None:
    """By the newest version alone, which changes nothing else."""
    world = office.world
    older, newest = world.partner(1), world.partner(1, lists=(Listing("a", "UMKM 2026", KNOWN.date()),))
    await world.publish(older, newest)
    (before,) = await world.pool.fetch("select * from partners")
    await world.pool.execute("update partners set lists = null")
    await world.publish(older, newest)
    (after,) = await world.pool.fetch("select * from partners")
    assert after == before
