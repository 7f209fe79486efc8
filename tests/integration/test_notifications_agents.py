"""Agents and their tasks from end to end: opened, given, acted on, passed on, closed; and the agent's sign-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.notifications import app
from shared.events.partners import Listing
from shared.security import new_key
from shared.sessions import COOKIE
from tests.integration.notifications_world import KNOWN, Mailbox, World, a_world, partner_id
from tests.stack import Database
from tests.waiting import eventually

NOWHERE = "smtp://127.0.0.1:1"
"""Mail is switched on, so who has no address cannot be reached; nothing is ever handed in here."""
LATE_ON_TUESDAY = KNOWN + timedelta(days=1, hours=9, minutes=30)
"""When everybody's second of the day of the first reminder has passed, but not the contact hours."""
TANGERANG, ELSEWHERE = "36.71", "33.11"


@dataclass
class Office:
    """The administrator at the API, and what it made."""

    world: World
    http: httpx.AsyncClient
    web: Any

    async def ask(self, method: str, path: str, key: str = "admin", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} | more.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **more)

    async def agent(self, name: str, *regions: str, key: str = "admin", **more: Any) -> dict[str, Any]:
        answer = await self.ask("POST", "/v1/agents", key, json={"name": name, "regions": regions, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def a_key(self, agency: str, *scopes: str, region: str = TANGERANG) -> str:
        key_id, secret, digest = new_key()
        add = "insert into keys (key_id, hash, agency, scopes, regions, recorded_at) values ($1, $2, $3, $4, $5, now())"
        await self.world.pool.execute(add, key_id, digest, agency, list(scopes), [region])
        return secret

    async def inbox(self, key: str = "admin", **query: Any) -> list[dict[str, Any]]:
        answer = await self.ask("GET", "/v1/inbox", key, params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["tasks"])

    async def act(self, task: dict[str, Any], verb: str, key: str = "admin", **more: Any) -> httpx.Response:
        return await self.ask("POST", f"/v1/tasks/{task['id']}/{verb}", key, **more)

    async def unreachable(self, *numbers: int, **changes: Any) -> None:
        """These become known without an address, and the first reminder's day passes: a visit is due to each."""
        world = self.world
        await world.publish(
            *(world.partner(number, **changes) for number in numbers),
            *(world.contact(number, email=None, phone=f"0812-0000-{number:04}") for number in numbers),
        )
        world.now = LATE_ON_TUESDAY
        await world.work()

    async def give(self) -> None:
        await self.world.engine.task_keeper.give_waiting()

    async def level(self, number: int) -> tuple[str | None, str | None]:
        """(level, outcome) of the partner's newest task."""
        find = "select level, outcome from tasks where partner_id = $1 order by opened_at desc, closed_at nulls first"
        row = await self.world.pool.fetchrow(find, partner_id(number))
        return (None, None) if row is None else (row["level"], row["outcome"])


@asynccontextmanager
async def an_office(world: World) -> AsyncIterator[Office]:
    web = app.web(world.settings, world.engine)
    transport = httpx.ASGITransport(app=web)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=60) as http:
        yield Office(world, http, web)


@pytest.fixture
async def office(database: Database, kafka: str, topics: str) -> AsyncIterator[Office]:
    async with a_world(database, kafka, topics, smtp=NOWHERE) as world, an_office(world) as made:
        yield made


async def test_visits_are_shared_out_acted_on_once_and_told_on_outreach(office: Office) -> None:
    siti = await office.agent("Siti", TANGERANG, capacity=2)
    budi = await office.agent("Budi", TANGERANG, capacity=1)
    await office.agent("Far", ELSEWHERE)
    await office.unreachable(1, 2, 3, 4)
    own = await office.inbox(siti["key"])
    assert (len(own), len(await office.inbox(budi["key"])), len(await office.inbox())) == (2, 1, 4)
    assert {task["reason"] for task in own} == {"unreachable"}
    assert own[0]["business"]["name"].startswith("Usaha Misal")
    assert own[0]["links"]["call"].startswith("tel:+628120000")
    first, second = own
    again = {"headers": {"Idempotency-Key": "one"}}
    claimed = await office.act(first, "claim", siti["key"], **again)
    assert claimed.status_code == 200
    assert claimed.json() == (await office.act(first, "claim", siti["key"], **again)).json()
    reused = await office.act(second, "claim", siti["key"], **again)
    assert (reused.status_code, reused.json()["code"]) == (422, "id_reused")
    assert (await office.act(first, "claim", budi["key"])).status_code == 404
    assert (await office.act(first, "claim")).json()["code"] == "conflict"
    day = (office.world.now + timedelta(days=3)).date().isoformat()
    assert (await office.act(second, "snooze", siti["key"], json={"until": day})).json()["snoozed_until"] == day
    for _ in range(2):
        done = await office.act(first, "done", siti["key"], json={"outcome": "agreed"})
        assert (done.status_code, done.json()["outcome"]) == (200, "agreed")
    other = await office.act(first, "done", siti["key"], json={"outcome": "refused"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    await office.give()
    assert len(await office.inbox(siti["key"])) == 2
    mine = (await office.ask("GET", "/v1/inbox", siti["key"])).json()["progress"]
    assert mine == {"open": 2, "claimed": 0, "visited": 1, "registered": 0, "target": None}
    events = await office.world.published(5)
    assert [kind for kind, _ in events].count("task.opened") == 4
    (closed,) = (event for kind, event in events if kind == "task.closed")
    assert (closed.agent_id, closed.outcome, closed.causation) == (siti["id"], "agreed", f"task-{first['id']}")


async def test_what_settles_a_partner_closes_its_task_and_the_agent_is_told_why(office: Office) -> None:
    world, siti = office.world, await office.agent("Siti", TANGERANG)
    await office.unreachable(1, 2, 3, 4, 5, 6)
    tasks = {task["partner_id"]: task for task in await office.inbox(siti["key"])}
    await world.publish(
        world.enrollment(1, ("2026-11-25", None)),
        world.partner(2, "partner.delisted", listed_on=None, lists=()),
        world.partner(3, "partner.merged", status="merged", merged_into=partner_id(6)),
        world.partner(4, "partner.erased", status="erased", listed_on=None, lists=()),
    )
    await office.ask("POST", "/v1/opt-outs", json={"partner_id": partner_id(5)})
    found = [(await office.level(number))[1] for number in (1, 2, 3, 4, 5, 6)]
    assert found == ["registered", "delisted", "merged", "erased", "opted_out", None]
    late = await office.act(tasks[partner_id(1)], "done", siti["key"], json={"outcome": "visited"})
    assert (late.status_code, "registered meanwhile" in late.json()["detail"]) == (409, True)
    await world.publish(world.contact(6, email="p6@example.com"))
    assert await office.level(6) == ("agent", "reachable")
    assert await world.state(6) == "scheduled"


async def test_what_a_visit_finds_decides_what_follows(office: Office) -> None:
    world, siti = office.world, await office.agent("Siti", TANGERANG)
    bpjs = await office.a_key("bpjstk", "enroll")
    await office.unreachable(1, 2, 3)
    tasks = {task["partner_id"]: task for task in await office.inbox(siti["key"])}
    for number, outcome in enumerate(("refused", "already_enrolled", "wrong_number"), 1):
        answer = await office.act(tasks[partner_id(number)], "done", siti["key"], json={"outcome": outcome})
        assert answer.status_code == 200, answer.text
    assert [await world.state(number) for number in (1, 2, 3)] == ["stopped", "waiting", "escalated"]
    assert "refused" in await world.why(1)
    (check,) = await office.inbox(bpjs)
    assert (check["kind"], check["partner_id"], check["reason"]) == ("check", partner_id(2), "said_enrolled")
    assert (await office.act(check, "done", bpjs, json={"outcome": "agreed"})).status_code == 422
    assert (await office.act(check, "done", bpjs, json={"outcome": "not_enrolled"})).status_code == 200
    (again,) = await office.inbox(siti["key"])
    assert (again["partner_id"], again["reason"], await world.state(2)) == (partner_id(2), "not_enrolled", "escalated")
    assert "BPJS does not find it" in again["why"]
    await world.engine.task_keeper.open_missing()
    assert len(await office.inbox()) == 1
    find = "select phone_key is not null, key is not null from contacts left join wrong_numbers using (partner_id)"
    (marked,) = await world.pool.fetch(f"{find} where partner_id = $1", partner_id(3))
    assert tuple(marked) == (True, True)
    history = (await office.ask("GET", f"/v1/partners/{partner_id(2)}/reminders")).json()["history"]
    assert [each["outcome"] for each in history] == ["opened", "already_enrolled", "not_enrolled"]


async def test_untouched_it_goes_up_and_an_agent_that_goes_leaves_its_tasks_to_others(office: Office) -> None:
    world, keeper = office.world, office.world.engine.task_keeper
    dinas = await office.a_key("a", "publish")
    siti = await office.agent("Siti", TANGERANG, key=dinas)
    await office.unreachable(1, 2)
    budi = await office.agent("Budi", TANGERANG, key=dinas)
    touched, left = await office.inbox(siti["key"])
    await office.act(touched, "claim", siti["key"])
    world.now += timedelta(days=6)
    await office.act(touched, "claim", siti["key"])
    world.now += timedelta(days=2)
    await keeper.pass_up()
    await office.give()
    assert [task["id"] for task in await office.inbox(siti["key"])] == [touched["id"]]
    assert [task["level"] for task in await office.inbox(dinas) if task["id"] == left["id"]] == ["agency"]
    gone = await office.act(left, "done", siti["key"], json={"outcome": "visited"})
    assert (gone.status_code, "somebody else" in gone.json()["detail"]) == (409, True)
    world.now += timedelta(days=8)
    await keeper.pass_up()
    assert "office" in [task["level"] for task in await office.inbox()]
    assert (await office.ask("PATCH", f"/v1/agents/{siti['id']}", dinas, json={"active": False})).status_code == 200
    assert (await office.ask("GET", "/v1/inbox", siti["key"])).status_code == 401
    assert [task["id"] for task in await office.inbox(budi["key"])] in ([touched["id"]], [])
    assert (await office.ask("DELETE", f"/v1/agents/{budi['id']}", dinas)).status_code == 204
    (row,) = await world.pool.fetch("select name, phone, email from agents where agent_id = $1", budi["id"])
    assert tuple(row) == (None, None, None)
    assert len((await office.ask("GET", "/v1/agents", dinas)).json()) == 1
    foreign = await office.a_key("other", "publish")
    assert (await office.ask("PATCH", f"/v1/agents/{siti['id']}", foreign, json={"active": True})).status_code == 404
    outside = await office.ask("POST", "/v1/agents", dinas, json={"name": "X", "regions": ["36"]})
    assert (outside.status_code, outside.json()["code"]) == (422, "outside_jurisdiction")


async def test_an_agent_sees_its_own_caseload_and_nothing_else(office: Office) -> None:
    siti, budi = await office.agent("Siti", TANGERANG), await office.agent("Budi", ELSEWHERE)
    await office.unreachable(1)
    (own,) = await office.inbox(siti["key"])
    assert (await office.inbox(budi["key"])) == []
    paths = (await office.http.get("/openapi.json")).json()["paths"]
    ids = {"{partner_id}": partner_id(1), "{agent_id}": siti["id"], "{task_id}": own["id"]}
    endpoint = "https://push.example/budi"
    phone = {"endpoint": endpoint, "keys": {"p256dh": "AA", "auth": "AA"}}
    bodies = {
        ("snooze", "post"): {"until": "2026-12-01"},
        ("done", "post"): {"outcome": "visited"},
        ("push-subscriptions", "post"): phone,
        ("push-subscriptions", "delete"): {"endpoint": endpoint},
    }
    own_phone = {"post": 422, "delete": 204}  # the keys are none
    for path, methods in paths.items():
        asked = path
        for name, number in ids.items():
            asked = asked.replace(name, number)
        for method in methods:
            if path.startswith("/v1/"):
                body = bodies.get((path.rpartition("/")[2], method), {})
                answer = await office.ask(method.upper(), asked, budi["key"], json=body)
                known = {"/v1/inbox": 200, "/v1/push-subscriptions": own_phone.get(method)}
                expected = known.get(path, 404 if "/tasks/" in path else 403)
                assert answer.status_code == expected, (path, method, answer.text)
                assert "Usaha Misal" not in answer.text
    by_agent = await office.ask("GET", "/v1/inbox", budi["key"], params={"agent": siti["id"]})
    assert by_agent.status_code == 422


async def test_an_agent_signs_in_by_a_link_once_and_is_signed_out_by_the_operator(office: Office) -> None:
    siti = await office.agent("Siti", TANGERANG)
    links = f"/v1/agents/{siti['id']}/sign-in-links"
    void = (await office.ask("POST", links)).json()
    made = (await office.ask("POST", links)).json()
    assert made["qr"].startswith("<svg")
    path = "/" + made["url"].split("/", 3)[3]
    html = {"accept": "text/html"}
    transport = httpx.ASGITransport(app=office.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as phone:
        assert (await phone.post("/" + void["url"].split("/", 3)[3], headers=html)).status_code == 410
        asked = await phone.get(path, headers=html)  # a messenger's preview does not use it up
        assert (asked.status_code, "payung_session" in phone.cookies) == (200, False)
        assert (await phone.post(path, headers=html)).status_code == 200
        assert (await phone.post(path, headers=html)).status_code == 410
        assert "Siti" in (await phone.get("/", headers=html)).text
        assert (await phone.get("/v1/inbox")).status_code == 200
        assert (await phone.get("/v1/plan")).status_code == 403
        assert (await office.ask("DELETE", f"/v1/agents/{siti['id']}/sessions")).status_code == 204

        async def is_out() -> bool:
            return (await phone.get("/v1/inbox")).status_code == 401

        await eventually(is_out)
    raced = "/" + (await office.ask("POST", links)).json()["url"].split("/", 3)[3]
    opened = await asyncio.gather(*(office.http.post(raced, headers=html) for _ in range(6)))
    assert sorted(answer.status_code for answer in opened) == [200, *[410] * 5], "once, also of several at a time"
    assert sum(COOKIE in answer.cookies for answer in opened) == 1
    expired = (await office.ask("POST", links)).json()
    office.world.now += timedelta(minutes=16)
    late = await office.http.post("/" + expired["url"].split("/", 3)[3], headers=html)
    assert late.status_code == 410


async def test_a_digest_comes_once_on_the_morning_of_a_contact_day(database: Database, kafka: str, topics: str) -> None:
    mailbox = Mailbox()
    await mailbox.start()
    async with (
        a_world(database, kafka, topics, smtp=f"smtp://127.0.0.1:{mailbox.port}") as world,
        an_office(world) as made,
    ):
        await made.agent("Siti Aminah", TANGERANG, contact={"email": "siti@dinas.example"})
        await made.agent("Idle", TANGERANG, contact={"email": "idle@dinas.example"}, capacity=1)
        await made.unreachable(1, 2, 3)
        told = []
        for day, clock in ((25, 0), (25, 1), (25, 2), (26, 1), (29, 1)):  # at 7, 8 and 9, then on Thursday and Sunday
            world.now = KNOWN.replace(day=day, hour=clock)
            told.append(await world.engine.digest.send_due())
        await tells_at_once_what_cannot_wait(world, mailbox)
    await mailbox.stop()
    assert told == [0, 1, 0, 1, 0]
    first, _, urgent = mailbox.received
    assert first["To"] == "siti@dinas.example"
    assert "Siti Aminah, 3 kunjungan menunggu Anda." in first.get_content()
    assert "Usaha Misal" not in first.get_content() + urgent.get_content()
    assert (urgent["To"], urgent["Subject"]) == ("siti@dinas.example", "Kunjungan mendesak: 2")


async def tells_at_once_what_cannot_wait(world: World, mailbox: Mailbox) -> None:
    """In contact hours, together, once an hour at most, and what was told not again."""
    alerts = world.engine.alerts
    world.now = KNOWN.replace(day=29, hour=3)
    urgent = "update tasks set priority = 1 where agent_id is not null and partner_id = any($1)"
    await world.pool.execute(urgent, [partner_id(1), partner_id(2)])
    assert await alerts.send_due() == 0, "on a Sunday"
    world.now = KNOWN.replace(day=30, hour=3)
    mailbox.answers["siti@dinas.example"] = ["451 4.7.1 come back later"]
    assert await alerts.send_due() == 0, "refused in passing: tried again"
    assert [await alerts.send_due() for _ in range(2)] == [1, 0]
    await world.pool.execute(urgent, [partner_id(3)])
    world.now += timedelta(minutes=50)
    assert await alerts.send_due() == 0, "told within the hour"
    await world.pool.execute("update tasks set agent_id = null where partner_id = $1", partner_id(3))
    world.now += timedelta(minutes=20)
    assert await alerts.send_due() == 0, "nobody has it any more"


async def test_an_agents_caseload_is_what_its_agency_lists(office: Office) -> None:
    dinas, bpjs = await office.a_key("a", "publish"), await office.a_key("bpjstk", "enroll")
    of_dinas = await office.agent("Of the agency", TANGERANG, key=dinas)
    listed = (Listing("other", "list", office.world.now.date()),)
    await office.unreachable(1, lists=listed)
    assert await office.inbox(of_dinas["key"]) == []
    of_bpjs = await office.agent("Of BPJS", TANGERANG, key=bpjs)
    await office.give()
    assert len(await office.inbox(of_bpjs["key"])) == 1
    assert [task["agent_id"] for task in await office.inbox(bpjs)] == [of_bpjs["id"]]
    assert await office.inbox(dinas) == []
