"""Rules of alerts as an administrator uses them: tried, added, firing once, acknowledged, resolved, deleted."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from services.coverage.alert_watch import AlertWatch
from shared.events.model import Workers
from shared.events.partners import ListedWorkers
from shared.events.reference import Denominator, Target
from shared.jakarta import today
from tests.integration.test_coverage_answers import DAY, RECORDED, World, claim, enrolled, listed, world

__all__ = ["world"]

SILENT = {"name": "Diam", "condition": {"kind": "agency_silent"}, "clear_after_hours": 24}


async def post(world: World, body: dict[str, Any], query: str = "") -> Any:
    answer = await world.http.post(f"/v1/alert-rules{query}", json=body)
    assert answer.status_code == (200 if "dry_run=true" in query else 201), answer.text
    return answer.json()


async def alerts(world: World, query: str = "") -> list[dict[str, Any]]:
    return list((await world.get(f"/v1/alerts{query}"))["items"])


async def sent(world: World, *days_ago: int) -> None:
    now = datetime.now(UTC)
    await world.deliver(
        "reference", *(Denominator("33.11", "umkm", n, DAY, "D", "ok", now - timedelta(n), "dinas") for n in days_ago)
    )


async def test_an_alert_opens_once_with_two_instances_and_over_restarts(world: World) -> None:
    await sent(world, 70, 63, 56, 49, 42)
    rule = (await post(world, SILENT))["rule"]
    now = datetime.now(UTC)
    await asyncio.gather(*(AlertWatch(world.pool).look(now) for _ in range(4)))
    await AlertWatch(world.pool).look(now + timedelta(minutes=1))
    (alert,) = await alerts(world)
    assert (alert["rule_id"], alert["subject"], alert["state"]) == (rule["id"], "dinas", "open")
    assert "has sent nothing since" in alert["message"]["en"]
    assert "tidak mengirim apa pun sejak" in alert["message"]["id"]
    acknowledged = (await world.http.post(f"/v1/alerts/{alert['id']}/acknowledge")).json()
    again = (await world.http.post(f"/v1/alerts/{alert['id']}/acknowledge")).json()
    assert acknowledged["acknowledged_at"] == again["acknowledged_at"] is not None
    assert [each["id"] for each in await alerts(world, "?state=acknowledged")] == [alert["id"]]
    await sent(world, 0)
    await AlertWatch(world.pool).look(now + timedelta(hours=2))
    assert (await alerts(world))[0]["state"] == "acknowledged", "it may come back within a day"
    await AlertWatch(world.pool).look(now + timedelta(hours=25))
    assert (await alerts(world))[0]["state"] == "resolved"


async def test_a_rule_is_tried_on_past_days_and_nothing_is_kept(world: World) -> None:
    await sent(world, 70, 63, 56, 49, 42, 12)
    found = await post(world, SILENT, "?dry_run=true&days=60")
    (alert,) = found["trial"]["alerts"]
    assert alert["opened_on"] == (today() - timedelta(42 - 15)).isoformat()
    assert alert["resolved_on"] == (today() - timedelta(12)).isoformat()
    assert await alerts(world) == (await world.get("/v1/alert-rules"))["items"] == []


async def test_a_fall_is_seen_as_it_was_reported_and_a_target_by_its_progress(world: World) -> None:
    week_ago, now = datetime.now(UTC) - timedelta(8), datetime.now(UTC)
    before = RECORDED if week_ago > RECORDED else week_ago
    size = ListedWorkers(10, 0, 3, 7)
    await world.deliver("partners", *(listed(n, "dinas", workers=size, recorded=before) for n in range(10)))
    await world.deliver("enrollments", *(enrolled(n, Workers(0, 1, 0), recorded_at=before) for n in range(6)))
    await world.deliver("partners", *(listed(n, "dinas", workers=size, recorded=now) for n in range(10, 20)))
    await world.deliver("reference", Target("33.11", "enrolled", 90, DAY, today(), "SK", before, "bpjstk"))
    fell = {"kind": "coverage_fell", "region": "33", "level": "regency", "listed_at_least": 10}
    await post(world, {"name": "Turun", "condition": fell})
    await post(world, {"name": "Target", "condition": {"kind": "target_off_course", "region": "33"}})
    await AlertWatch(world.pool).look(datetime.now(UTC))
    found = {alert["kind"]: alert["message"]["en"] for alert in await alerts(world)}
    assert "Kabupaten Sukoharjo fell from 60.0% to 30.0%" in found["coverage_fell"]
    assert "is at 6 of 90" in found["target_off_course"]


async def test_claims_that_jump_and_figures_that_cannot_be(world: World) -> None:
    await world.deliver("claims", *(claim(n, "33.11", "JKK", DAY) for n in range(12)))
    jumped = {"kind": "claims_jumped", "region": "33.11", "days": 7, "at_least": 12}
    await post(world, {"name": "Klaim", "condition": jumped})
    await world.deliver("partners", *(listed(n, "dinas") for n in range(9)))
    await world.deliver("enrollments", *(enrolled(n, Workers(0, 1, 0)) for n in range(9)))
    await world.deliver("reference", Denominator("33.11", "umkm", 4, DAY, "Dinas", "ok", RECORDED, "a"))
    impossible = {"kind": "denominator_implausible", "region": "33.11"}
    await post(world, {"name": "Angka", "condition": impossible})
    await AlertWatch(world.pool).look(RECORDED + timedelta(hours=1))
    found = {alert["kind"]: alert["message"]["id"] for alert in await alerts(world)}
    assert "12 klaim" in found["claims_jumped"]
    assert "“UMKM”" in found["denominator_implausible"]


async def test_a_rule_that_is_switched_off_or_deleted_resolves_its_alerts(world: World) -> None:
    await sent(world, 70, 63, 56, 49, 42)
    ids = [(await post(world, SILENT))["rule"]["id"] for _ in range(2)]
    await AlertWatch(world.pool).look(datetime.now(UTC))
    assert len(await alerts(world, "?state=open")) == 2
    off = await world.http.patch(f"/v1/alert-rules/{ids[0]}", json={"enabled": False})
    assert (off.status_code, off.json()["rule"]["enabled"]) == (200, False)
    assert (await world.http.delete(f"/v1/alert-rules/{ids[1]}")).status_code == 204
    assert (await world.http.delete(f"/v1/alert-rules/{ids[1]}")).status_code == 404
    await AlertWatch(world.pool).look(datetime.now(UTC))
    assert {alert["state"] for alert in await alerts(world)} == {"resolved"}
    assert [rule["id"] for rule in (await world.get("/v1/alert-rules"))["items"]] == ids[:1]


async def test_a_wrong_rule_is_refused_by_its_field(world: World) -> None:
    for condition, field in (
        ({"kind": "zzz"}, "condition"),
        ({"kind": "coverage_fell", "region": "99.99"}, "condition.region"),
        ({"kind": "coverage_fell", "region": "33.11", "level": "province"}, "condition.level"),
        ({"kind": "coverage_fell", "points": 0}, "points"),
        ({"kind": "claims_jumped", "tmes": 3}, "tmes"),
    ):
        answer = await world.http.post("/v1/alert-rules", json={"name": "x", "condition": condition})
        assert answer.status_code == 422, answer.text
        assert field in (answer.json()["field"] or ""), answer.text
    assert (await world.http.get("/v1/alerts?cursor=zzz")).json()["field"] == "cursor"
    assert (await world.http.post("/v1/alerts/zzz/acknowledge")).status_code == 404
