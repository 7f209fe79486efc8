"""notifications' HTTP API as the contracts have it, on the real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.notifications import app
from shared.events.partners import Listing
from shared.security import new_key
from tests.integration.notifications_world import DAY, World, a_world, partner_id
from tests.stack import Database

UNKNOWN = "01940000-0000-7000-8000-00000000ffff"


@dataclass
class Api:
    """A caller with the administrator's key, or another."""

    world: World
    client: httpx.AsyncClient
    web: Any

    async def get(self, path: str, key: str | None = None, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=_bearer(key))

    async def a_key(self, *regions: str, scopes: tuple[str, ...] = ("read",)) -> str:
        key_id, secret, digest = new_key()
        await self.world.pool.execute(
            "insert into keys (key_id, hash, agency, scopes, regions, recorded_at) values ($1, $2, 'a', $3, $4, now())",
            key_id,
            digest,
            list(scopes),
            list(regions),
        )
        return secret


def _bearer(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key or 'admin'}"}


@asynccontextmanager
async def an_api(world: World) -> AsyncIterator[Api]:
    web = app.web(world.settings, world.engine)
    transport = httpx.ASGITransport(app=web)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Api(world, client, web)


@pytest.fixture
async def api(database: Database, kafka: str, topics: str) -> AsyncIterator[Api]:
    async with a_world(database, kafka, topics) as world, an_api(world) as made:
        yield made


async def test_why_a_partner_is_reminded(api: Api) -> None:
    await api.world.publish(api.world.partner(1))
    answer = await api.get(f"/v1/partners/{partner_id(1)}/reminders")
    assert answer.status_code == 200
    body = answer.json()
    assert body["state"] == "scheduled"
    assert body["why"].startswith("Not registered (on a list since 2026-11-23)")
    assert (body["next"]["channel"], body["next"]["template"]) == ("log", "first")
    assert body["next"]["at"].startswith("2026-11-24T")
    assert body["next"]["at"].endswith("+07:00")
    assert body["history"] == []


async def test_the_history_shows_what_was_sent(api: Api) -> None:
    await api.world.publish(api.world.partner(1))
    await api.world.until("2026-11-24")
    body = (await api.get(f"/v1/partners/{partner_id(1)}/reminders")).json()
    (sent,) = body["history"]
    assert (sent["step"], sent["template"], sent["outcome"], sent["possibly_twice"]) == (1, "first", "sent", False)
    assert body["next"]["template"] == "second"


async def test_registered_from_midnight_on_without_a_further_event(api: Api) -> None:
    await api.world.publish(api.world.partner(1), api.world.enrollment(1, ("2026-01-01", "2026-11-25")))
    assert (await api.get(f"/v1/partners/{partner_id(1)}/reminders")).json()["state"] == "stopped"
    api.world.now = datetime(2026, 11, 24, 17, 0, 1, tzinfo=UTC)
    assert (await api.get(f"/v1/partners/{partner_id(1)}/reminders")).json()["state"] == "scheduled"


async def test_a_merged_partner_answers_as_the_survivor(api: Api) -> None:
    world = api.world
    await world.publish(world.partner(1), world.partner(2))
    await world.publish(world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None))
    body = (await api.get(f"/v1/partners/{partner_id(2)}/reminders")).json()
    assert (body["partner_id"], body["state"]) == (partner_id(1), "scheduled")


async def test_foreign_unknown_and_garbled_ids_answer_the_same(api: Api) -> None:
    await api.world.publish(api.world.partner(1))
    foreign = await api.a_key("33.11")
    answers = [
        await api.get(f"/v1/partners/{text}/reminders", foreign) for text in (partner_id(1), UNKNOWN, "not-an-id")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    own = await api.get(f"/v1/partners/{partner_id(1)}/reminders", await api.a_key("banten"))
    assert own.status_code == 200


async def test_an_agency_sees_whom_it_has_listed_and_bpjs_offices_all(api: Api) -> None:
    """Another agency's partners in the same region are none of its business: the identical 404, not in the plan."""
    world = api.world
    theirs = (Listing("b", "list", date(2026, 11, 1)),)
    await world.publish(world.partner(1), world.partner(2, lists=theirs), world.partner(3))
    await world.publish(world.partner(3, "partner.delisted", listed_on=None))
    await world.publish(world.partner(4), world.partner(5, lists=theirs))
    await world.publish(world.partner(4, "partner.merged", status="merged", merged_into=partner_id(5), listed_on=None))
    both = (*theirs, Listing("a", "list", date(2026, 11, 1)))
    await world.publish(world.partner(5, "partner.updated", lists=both))
    reader, office = await api.a_key("36.71"), await api.a_key("36.71", scopes=("read", "enroll"))
    elsewhere = await api.a_key("33.11", scopes=("read", "enroll"))
    seen = {
        name: [(await api.get(f"/v1/partners/{partner_id(n)}/reminders", key)).status_code for n in range(1, 6)]
        for name, key in (("reader", reader), ("office", office), ("elsewhere", elsewhere))
    }
    assert seen == {"reader": [200, 404, 200, 200, 200], "office": [200] * 5, "elsewhere": [404] * 5}
    foreign = await api.get(f"/v1/partners/{partner_id(2)}/reminders", reader)
    assert foreign.text == (await api.get(f"/v1/partners/{UNKNOWN}/reminders", reader)).text
    planned = {
        name: sorted({item["partner_id"] for item in (await api.get("/v1/plan", key)).json()["items"]})
        for name, key in (("reader", reader), ("office", office))
    }
    assert planned == {
        "reader": [partner_id(1), partner_id(5)],
        "office": [partner_id(1), partner_id(2), partner_id(5)],
    }


async def test_keys_and_scopes(api: Api) -> None:
    path = f"/v1/partners/{partner_id(1)}/reminders"
    assert (await api.client.get(path)).status_code == 401
    assert (await api.get(path, "pyk_wrong")).status_code == 401
    assert (await api.get(path, await api.a_key("ID", scopes=("publish",)))).status_code == 403
    reader = await api.a_key("ID")
    assert (await api.get("/v1/policy", reader)).status_code == 403
    refused = await api.client.post("/v1/opt-outs", json={"partner_id": partner_id(1)}, headers=_bearer(reader))
    assert refused.status_code == 403


async def test_an_opt_out_stays_and_may_be_sent_twice(api: Api) -> None:
    await api.world.publish(api.world.partner(1))
    body = {"partner_id": partner_id(1), "reason": "asked by phone"}
    first = await api.client.post("/v1/opt-outs", json=body, headers=_bearer(None))
    again = await api.client.post("/v1/opt-outs", json=body, headers=_bearer(None))
    assert [first.status_code, again.status_code] == [201, 200]
    answer = (await api.get(f"/v1/partners/{partner_id(1)}/reminders")).json()
    assert (answer["state"], answer["next"]) == ("opted_out", None)
    await api.world.until("2026-11-27")
    assert await api.world.history() == []
    ((kind, event),) = await api.world.published(1)
    assert (kind, event.outcome) == ("contact.opted_out", "operator")


async def test_an_opt_out_is_for_all_who_were_one_when_it_was_recorded(api: Api) -> None:
    """A later row splits them again: which of them asked is not known."""
    world = api.world
    await world.publish(world.partner(1), world.partner(2))
    await world.publish(world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None))
    answer = await api.client.post("/v1/opt-outs", json={"partner_id": partner_id(2)}, headers=_bearer(None))
    assert (answer.status_code, answer.json()["partner_id"]) == (201, partner_id(1))
    await world.publish(world.partner(2), world.partner(3))
    await world.publish(world.partner(3, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None))
    await world.publish(world.partner(3))
    assert [await world.state(number) for number in (1, 2, 3)] == ["opted_out", "opted_out", "scheduled"]


async def test_opt_outs_that_are_refused(api: Api) -> None:
    refused = (
        ({"partner_id": UNKNOWN}, 404),
        ({"partner_id": "x"}, 422),
        ({}, 422),
        ({"partner_id": UNKNOWN, "x": 1}, 422),
    )
    for body, status in refused:
        answer = await api.client.post("/v1/opt-outs", json=body, headers=_bearer(None))
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_an_erased_partner_leaves_no_note_and_takes_none(api: Api) -> None:
    world = api.world
    await world.publish(world.partner(1), world.partner(2))
    await world.publish(world.partner(2, "partner.merged", status="merged", merged_into=partner_id(1), listed_on=None))
    await world.pool.execute("insert into opt_outs values ($1, $2, 'Ibu Contoh called')", partner_id(2), world.now)
    body = {"partner_id": partner_id(1), "reason": "Pak Contoh wrote"}
    assert (await api.client.post("/v1/opt-outs", json=body, headers=_bearer(None))).status_code == 201
    await world.publish(world.partner(1, "partner.erased", status="erased", listed_on=None))
    kept = await world.pool.fetch("select reason from opt_outs")
    assert [row["reason"] for row in kept] == [None, None]
    erased = await api.client.post("/v1/opt-outs", json=body, headers=_bearer(None))
    unknown = await api.client.post("/v1/opt-outs", json={"partner_id": UNKNOWN}, headers=_bearer(None))
    assert (erased.status_code, erased.text) == (404, unknown.text)
    assert "may not have arrived yet" in unknown.json()["detail"]
    assert await world.pool.fetchval("select count(*) from opt_outs where reason is not null") == 0


async def test_the_plan_shows_all_and_sends_nothing(api: Api) -> None:
    world = api.world
    await world.publish(
        *(world.partner(n) for n in range(1, 6)),
        world.partner(6, region="33.11"),
        world.enrollment(5, ("2026-01-01", None)),
    )
    body = (await api.get("/v1/plan", until="2026-12-31")).json()
    assert (body["partners"], body["reminders"], body["escalations"]) == (5, 15, 5)
    assert body["days"][0] == {
        "date": "2026-11-24",
        "region": "33.11",
        "channel": "log",
        "template": "first",
        "count": 1,
    }
    assert [item["at"] for item in body["items"]] == sorted(item["at"] for item in body["items"])
    assert {item["template"] for item in body["items"]} == {"first", "second", "third"}
    assert body["next_cursor"] is None
    assert await world.pool.fetchval("select count(*) from history") == 0
    assert (await api.get("/v1/plan", until="2026-11-24", region="33.11")).json()["reminders"] == 1
    assert (await api.get("/v1/plan", until="2026-11-23")).json()["items"] == []
    assert (await api.get("/v1/plan?until=&region=")).json()["reminders"] == 15


async def test_the_plan_comes_in_pages(api: Api) -> None:
    await api.world.publish(*(api.world.partner(n) for n in range(1, 8)))
    whole = (await api.get("/v1/plan")).json()["items"]
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.get("/v1/plan", limit=4, **({"cursor": cursor} if cursor else {}))).json()
        pages += page["items"]
        cursor = page["next_cursor"]
    assert pages == whole
    assert len(whole) == 21


async def test_the_plan_comes_true(api: Api) -> None:
    world = api.world
    await world.publish(*(world.partner(n) for n in range(1, 10)), world.partner(10, region="91.71"))
    planned = (await api.get("/v1/plan")).json()["items"]
    await world.until("2026-12-24")
    done = await world.pool.fetch("select partner_id::text, template, finished_at from history where kind = 'reminder'")
    late = [
        datetime.fromisoformat(item["at"]) - row["finished_at"]
        for item in planned
        for row in done
        if (item["partner_id"], item["template"]) == (row["partner_id"], row["template"])
    ]
    assert len(late) == len(planned) == len(done) == 30
    assert all(timedelta(minutes=-30) <= gap <= timedelta(0) for gap in late)


async def test_the_plan_shows_a_caller_only_its_regions(api: Api) -> None:
    await api.world.publish(api.world.partner(1), api.world.partner(2, region="33.11"))
    body = (await api.get("/v1/plan", await api.a_key("33.11"))).json()
    assert {item["region"] for item in body["items"]} == {"33.11"}
    assert (body["partners"], body["reminders"]) == (1, 3)


async def test_plans_that_are_refused(api: Api) -> None:
    refused: list[dict[str, Any]] = [
        {"until": "soon"},
        {"until": "2026-11-22"},
        {"regoin": "33.11"},
        {"until": "2099-01-01"},
        {"limit": 0},
        {"cursor": "%%%"},
        {"cursor": "eA=="},
    ]
    for query in refused:
        answer = await api.get("/v1/plan", **query)
        assert (answer.status_code, query) == (422, query)
        assert answer.json()["code"] in ("invalid_value", "invalid_date", "unknown_parameter")
    misspelt = (await api.get("/v1/plan", regoin="33.11")).json()
    assert (misspelt["code"], misspelt["field"]) == ("unknown_parameter", "regoin")
    assert misspelt["detail"] == "There is no parameter 'regoin'; did you mean region?"
    nowhere = await api.get("/v1/plan", region="99.99")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")


async def test_another_policy_moves_what_is_planned(api: Api) -> None:
    await api.world.publish(api.world.partner(1))
    current = (await api.get("/v1/policy")).json()
    assert [step["days"] for step in current["policy"]["steps"]] == [1, 7, 14]
    policy = current["policy"] | {"steps": [{"template": "second", "days": 3}]}
    answer = await api.client.put("/v1/policy", json={"policy": policy}, headers=_bearer(None))
    assert answer.status_code == 200
    assert (await api.get("/v1/policy")).json()["policy"]["steps"] == policy["steps"]
    assert await api.world.engine.rescheduler.apply_policy()
    row = await api.world.schedule()
    assert row["due_at"].date().isoformat() == "2026-11-26"
    answer = await api.get(f"/v1/partners/{partner_id(1)}/reminders")
    assert answer.json()["next"]["template"] == "second"
    assert not await api.world.engine.rescheduler.apply_policy()


async def test_a_policy_of_a_later_day_waits_for_it(api: Api) -> None:
    await api.world.publish(api.world.partner(1))
    policy = (await api.get("/v1/policy")).json()["policy"] | {"min_gap_days": 9}
    body = {"policy": policy, "effective_from": "2026-11-25"}
    assert (await api.client.put("/v1/policy", json=body, headers=_bearer(None))).status_code == 200
    shown = (await api.get("/v1/policy")).json()
    assert (shown["policy"]["min_gap_days"], shown["upcoming"][0]["effective_from"]) == (4, "2026-11-25")
    await api.world.until("2026-11-25")
    await api.world.engine.rescheduler.apply_policy()
    assert (await api.world.schedule())["due_at"].date().isoformat() == "2026-12-03"


async def test_the_policy_is_read_changed_and_written_back(api: Api) -> None:
    shown = (await api.get("/v1/policy")).json()
    shown["policy"]["min_gap_days"] = 5
    answer = await api.client.put("/v1/policy", json=shown, headers=_bearer(None))
    assert (answer.status_code, answer.json()["effective_from"]) == (200, "2026-11-23")
    assert (await api.get("/v1/policy")).json()["policy"]["min_gap_days"] == 5
    strange = await api.client.put("/v1/policy", json=shown | {"idd": 1}, headers=_bearer(None))
    assert (strange.status_code, strange.json()["field"]) == (422, "idd")


async def test_the_plan_and_the_reasons_follow_the_policy_of_each_day(api: Api) -> None:
    world = api.world
    await world.publish(world.partner(1))
    await world.until("2026-11-24")
    policy = (await api.get("/v1/policy")).json()["policy"]
    body = {"policy": policy | {"steps": policy["steps"][:1]}, "effective_from": "2026-11-25"}
    assert (await api.client.put("/v1/policy", json=body, headers=_bearer(None))).status_code == 200
    planned = (await api.get("/v1/plan", until="2026-12-21")).json()
    assert (planned["reminders"], planned["escalations"]) == (0, 1)
    answer = (await api.get(f"/v1/partners/{partner_id(1)}/reminders")).json()
    assert (answer["state"], answer["next"]) == ("waiting", None)
    await world.until("2026-11-25")
    await world.engine.rescheduler.apply_policy()
    await world.until("2026-12-21")
    assert [row["template"] for row in await world.history()] == ["first", "escalation"]


async def test_policies_that_are_refused(api: Api) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"steps": []}, "policy.steps"),
        ({"steps": [{"template": "threat", "days": 1}]}, "policy.steps"),
        ({"steps": [{"template": "first", "days": "soon"}]}, "policy.steps.0.days"),
        ({"misspelt": 1}, "policy.misspelt"),
        ({"channels": ["pigeon"]}, "policy.channels.0"),
        ({"hours": {"start": "05:00"}}, "policy.hours.start"),
        ({"hours": {"strat": "09:00"}}, "policy.hours.strat"),
        ({"hours": {"start": "08:00:00.1", "spread_until": "08:00:00.2"}}, "policy.hours.start"),
        ({"hours": {"weekdays": ["sunday"]}}, "policy.hours.weekdays"),
        ({"min_gap_days": 0}, "policy.min_gap_days"),
    ]
    policy = (await api.get("/v1/policy")).json()["policy"]
    for change, field in refused:
        answer = await api.client.put("/v1/policy", json={"policy": policy | change}, headers=_bearer(None))
        body = answer.json()
        assert (answer.status_code, body["code"], body["field"]) == (422, "invalid_value", field)
        assert body["errors"][0]["field"] == field


async def test_a_change_shows_what_it_moves_before_it_is_set(api: Api) -> None:
    await api.world.publish(*(api.world.partner(n) for n in range(1, 4)))
    policy = (await api.get("/v1/policy")).json()["policy"]
    changed = {"policy": policy | {"steps": policy["steps"][:1], "channels": ["sms", "email"]}}
    answer = await api.client.put("/v1/policy?dry_run=true", json=changed, headers=_bearer(None))
    body = answer.json()
    assert (answer.status_code, body["dry_run"], body["id"]) == (200, True, None)
    assert body["difference"]["before"] == {"partners": 3, "reminders": 9, "escalations": 3}
    assert body["difference"]["after"] == {"partners": 3, "reminders": 3, "escalations": 3}
    assert body["difference"]["days"] == [
        {"date": "2026-11-30", "channel": "log", "before": 3, "after": 0},
        {"date": "2026-12-07", "channel": "log", "before": 3, "after": 0},
    ]
    assert (await api.get("/v1/policy")).json()["policy"] == policy, "nothing was set"
    past = body["backtest"]
    assert (past["listed"], past["partners"], past["left_out"]) == (3, 3, 0)
    assert past["sent"] == past["before"] == {"messages": 0, "registrations": 0, "stops": 0, "visits": 0}, "known today"
    api.world.now += 60 * DAY
    past = (await api.client.put("/v1/policy?dry_run=true", json=changed, headers=_bearer(None))).json()["backtest"]
    assert (past["before"]["messages"], past["after"]["messages"], past["after"]["visits"]) == (9, 3, 3)


async def test_a_group_of_partners_has_its_own_policy_and_messages_have_prices(api: Api) -> None:
    group = {"name": "Tangerang", "regions": ["36.71"], "steps": [{"template": "third", "days": 1}]}
    policy = (await api.get("/v1/policy")).json()["policy"]
    policy |= {"groups": [group], "prices": [{"channel": "log", "rupiah": 7}]}
    strange = policy | {"groups": [group | {"regions": ["99"]}]}
    refused = await api.client.put("/v1/policy", json={"policy": strange}, headers=_bearer(None))
    assert (refused.status_code, refused.json()["field"]) == (422, "policy.groups.0.regions")
    assert (await api.client.put("/v1/policy", json={"policy": policy}, headers=_bearer(None))).status_code == 200
    await api.world.publish(api.world.partner(1), api.world.partner(2, region="33.11"))
    await api.world.until("2026-11-24")
    assert [(await api.world.history(number))[0]["template"] for number in (1, 2)] == ["third", "first"]
    await api.world.engine.task_keeper.step()
    channels = [{"channel": "log", "messages": 2, "spent": 14}]
    assert (await api.get("/v1/spending")).json() == {
        "months": [{"month": "2026-11", "spent": 14, "channels": channels}]
    }


async def test_the_operators_own_wording(api: Api) -> None:
    policy = (await api.get("/v1/policy")).json()["policy"]
    text = "Yth {addressee}, {name} belum terdaftar. Mulai {amount}/bulan. Balas STOP"
    wording = {"template": "first", "channel": "sms", "language": "id", "text": text}
    for change, field in (
        ({"text": "hello"}, "wordings.0.text"),
        ({"text": "{nik} STOP"}, "wordings.0.text"),
        ({"template": "threat"}, "wordings.0.template"),
        ({"channel": "pigeon"}, "wordings.0.channel"),
    ):
        body = {"policy": policy | {"wordings": [wording | change]}}
        refused = await api.client.put("/v1/policy", json=body, headers=_bearer(None))
        assert (refused.status_code, refused.json()["field"]) == (422, f"policy.{field}")
    body = {"policy": policy | {"wordings": [wording], "caps": {"per_day": 1, "per_month": 2}}}
    assert (await api.client.put("/v1/policy", json=body, headers=_bearer(None))).status_code == 200
    stored = (await api.get("/v1/policy")).json()["policy"]
    assert (stored["wordings"], stored["caps"]) == ([wording | {"variant": ""}], {"per_day": 1, "per_month": 2})


async def test_a_pause_holds_at_once_and_its_end_lets_everything_go_on(api: Api) -> None:
    world = api.world
    await world.publish(world.partner(1), world.partner(2, region="33.11"))
    assert (await api.get("/v1/pauses")).json() == {"recorded_at": None, "all": False, "channels": [], "regions": []}
    due = await world.schedule(2)
    for pause, states in (
        ({"regions": ["33"]}, ["scheduled", "waiting"]),
        ({"all": True}, ["waiting", "waiting"]),
        ({"channels": ["log"]}, ["waiting", "waiting"]),
    ):
        assert (await api.client.put("/v1/pauses", json=pause, headers=_bearer(None))).status_code == 200
        shown = [(await api.get(f"/v1/partners/{partner_id(n)}/reminders")).json() for n in (1, 2)]
        assert [each["state"] for each in shown] == states
        assert "paused" in shown[1]["why"]
        assert (await api.get("/v1/plan", region="33.11")).json()["reminders"] == 0
        assert "paused" in (await api.get("/v1/plan")).json()["note"]
    world.now = due["due_at"]
    await world.work()
    assert await world.history(2) == [], "also what was due before anybody calculated again"
    assert (await api.client.put("/v1/pauses", json={}, headers=_bearer(None))).status_code == 200
    assert await world.engine.rescheduler.apply_policy()
    await world.until("2026-11-24")
    assert await world.sent_days(2) == ["11-24"]
    unknown = await api.client.put("/v1/pauses", json={"regions": ["99.99"]}, headers=_bearer(None))
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_region")


async def test_the_plan_says_that_nobody_is_reached(api: Api) -> None:
    assert "reaches nobody" in (await api.get("/v1/plan")).json()["note"]
    answer = await api.client.get("/v1/plan", headers=_bearer(None) | {"Accept-Language": "id"})
    assert answer.json()["note"].startswith("Tidak ada penyedia")


async def test_a_policy_cannot_begin_in_the_past(api: Api) -> None:
    policy = (await api.get("/v1/policy")).json()["policy"]
    body = {"policy": policy, "effective_from": "2026-11-01"}
    answer = await api.client.put("/v1/policy", json=body, headers=_bearer(None))
    assert (answer.status_code, answer.json()["field"]) == (422, "effective_from")


async def test_what_was_replaced_before_its_day_is_not_to_come(api: Api) -> None:
    policy = (await api.get("/v1/policy")).json()["policy"]
    for gap in (5, 6):
        body = {"policy": policy | {"min_gap_days": gap}, "effective_from": "2026-12-01"}
        assert (await api.client.put("/v1/policy", json=body, headers=_bearer(None))).status_code == 200
    shown = (await api.get("/v1/policy")).json()
    assert [each["policy"]["min_gap_days"] for each in shown["upcoming"]] == [6]


async def test_what_every_service_has(api: Api) -> None:
    assert (await api.get("/openapi.json")).json()["paths"].keys() >= {
        "/v1/partners/{partner_id}/reminders",
        "/v1/plan",
        "/v1/opt-outs",
        "/v1/inbound",
        "/v1/pauses",
        "/v1/policy",
        "/livez",
        "/readyz",
        "/metrics",
    }
    assert (await api.get("/livez")).status_code == 200
    assert "payung_notifications_" in (await api.get("/metrics")).text
