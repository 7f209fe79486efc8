"""The demonstration's twelve files through the API give exactly what was expected, once and twice."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from deploy.local import demonstration
from deploy.local.endpoints import Endpoints
from services.registration.queries import queries
from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.unit.registration.scenario import EXPECTED, FOLDER

FILES = {entry["file"]: entry for entry in EXPECTED["files"]}


@pytest.fixture(scope="module")
async def loaded(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"scenario{database.name[-6:]}.") as here:
        await load(here)
        yield here
    await stack.drop(postgres, database)


async def load(here: World) -> None:
    endpoints = Endpoints("http://here", "", "", "", "", ADMIN, here.keys)
    for agency in demonstration.AGENCIES:
        here.keys[agency.slug] = await demonstration._key(here.http, endpoints, agency)
    for each in demonstration.uploads():
        location = await demonstration._send(here.http, endpoints, each)
        await demonstration._done(here.http, here.keys[each.agency], each, location)


async def reports(here: World) -> dict[str, dict[str, Any]]:
    """The newest report of every file, by its path in the manifest."""
    found = {}
    for each in demonstration.uploads():
        newest = next(r for r in await here.get("/v1/imports", each.agency) if r["list"] == each.fields["list"])
        found[str(each.path.relative_to(demonstration.FOLDER))] = newest
    return found


def new_to_its_agency(file: str) -> int:
    """Partners on this list that are on no earlier one of the same agency: its answers depend on nothing of others'.

    `new_partners` is that number for a second list, since no other agency lists those; of a first list it is all.
    """
    folder = file.partition("/")[0]
    earlier = [each for each in FILES if each.startswith(folder) and "new_partners" in FILES[each]]
    is_first = earlier.index(file) == 0
    return int(FILES[file]["partners_on_list" if is_first else "new_partners"])


async def test_every_file_is_reported_as_expected(loaded: World) -> None:
    for file, report in (await reports(loaded)).items():
        expected = FILES[file]
        for name in ("rows", "skipped", "accepted", "rejected"):
            assert report[name] == expected[name], (file, name, report)
        assert report["rejected_by"] == expected["rejected_by_reason"], file
        assert report["warnings"] == expected.get("warnings", {}), file
        if "new_partners" in expected:
            own = new_to_its_agency(file)
            assert (report["created"], report["merged"]) == (own, expected["accepted"] - own), file
        if "participants" in expected:
            counts = (expected["participants"], expected["later_versions"], expected["resent"])
            assert (report["created"], report["merged"], report["unchanged"]) == counts


async def test_exactly_the_expected_lines_are_refused(loaded: World) -> None:
    rejects = (FOLDER / "expected/expected_rejects.csv").read_text().splitlines()
    expected = {(r["file"], int(r["line"]), r["reason"]) for r in csv.DictReader(rejects)}
    found = set()
    for each in demonstration.uploads():
        file = str(each.path.relative_to(demonstration.FOLDER))
        report = (await reports(loaded))[file]
        answer = await loaded.http.get(f"/v1/imports/{report['id']}/rejected.csv", headers=loaded.bearer(each.agency))
        found |= {
            (file, int(r["error_line"]), r["error_code"])
            for r in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        }
    assert found == expected


@pytest.mark.parametrize(
    ("story", "agency", "name"),
    [
        ("000", "kemenkop", "daftar-koperasi-nasional"),
        ("001", "disdagkop-sukoharjo", "data-umkm-koperasi"),
        ("002", "dinkop-tangerang", "daftar-sasaran"),
        ("004", "bpjstk-sumbagsel", "potensi-bpu"),
    ],
)
async def test_the_stories_lists_stand_as_expected(loaded: World, story: str, agency: str, name: str) -> None:
    expected = EXPECTED["story_snapshots"][story]
    lists = await loaded.get("/v1/lists", agency, as_of=expected["date"])
    row = next(row for row in lists if row["list"] == name)
    assert [row[key] for key in ("listed", "enrolled", "unregistered")] == [
        expected[key] for key in ("listed", "enrolled", "unregistered")
    ]


async def test_who_is_unregistered_in_mojokerto_is_as_expected(loaded: World) -> None:
    expected = EXPECTED["story_snapshots"]["003"]
    found, partners = {}, set()
    for file in ("mojokerto/ods_bpum.csv", "mojokerto/ods_btpklw.csv"):
        path = f"/v1/imports/{(await reports(loaded))[file]['id']}/unregistered.csv"
        params = {"as_of": expected["date"]}
        answer = await loaded.http.get(path, params=params, headers=loaded.bearer("diskopukm-mojokerto"))
        for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))):
            found[row["partner_id"]] = row["nik"]
            partners.add(row["partner_id"])
    assert len(partners) == expected["unregistered"]
    digest = hashlib.sha256("".join(nik + "\n" for nik in sorted(found.values())).encode()).hexdigest()
    assert digest == expected["unregistered_sha256"]
    lists = await loaded.get("/v1/lists", "diskopukm-mojokerto", as_of=expected["date"])
    assert {row["on_other_lists"] for row in lists} == {expected["on_both_lists"]}


async def test_the_facts_on_the_topics_say_the_same(loaded: World) -> None:
    partners = await loaded.newest("partners")
    listed = [fact for fact in partners.values() if fact["status"] == "active" and fact["listed_on"]]
    assert len(listed) == EXPECTED["partners"]["listed"]
    enrollments = await loaded.newest("enrollments")
    on = "2021-12-31"
    insured = {
        key
        for key, fact in enrollments.items()
        if fact["listed_on"]
        and any(p["from"] <= on and (p["until"] is None or p["until"] > on) for p in fact["periods"])
    }
    assert len(insured) == EXPECTED["partners"]["enrolled"]
    claims = (await loaded.newest("claims")).values()
    paid = [claim for claim in claims if claim["status"] == "paid"]
    assert {"count": len(paid), "amount": sum(claim["amount"] for claim in paid)} == EXPECTED["claims"]["paid"]
    assert len(claims) == EXPECTED["claims"]["distinct"]
    briefing = next(b for b in (await loaded.newest("reference")).values() if b.get("batch") == "4")
    assert len(briefing["attendees"]) == EXPECTED["attendance"]["on_partner_list"]
    assert briefing["present"] == EXPECTED["attendance"]["present"]


async def test_loading_again_changes_nothing(loaded: World) -> None:
    before = {
        topic: len(await loaded.records(topic))
        for topic in ("partners", "contacts", "enrollments", "claims", "reference")
    }
    await load(loaded)
    after = {topic: len(await loaded.records(topic)) for topic in before}
    assert after == before
    for file, report in (await reports(loaded)).items():
        assert (report["created"], report["unchanged"]) == (0, report["accepted"]), file


async def test_no_topic_holds_a_nik_a_phone_or_a_name_but_contacts(loaded: World) -> None:
    for topic in ("partners", "enrollments", "claims", "reference"):
        text = str(await loaded.records(topic))
        assert "3576030904880000" not in text
        assert "+6286" not in text
        assert "REKSAFIKSI" not in text.upper()


def counted(rows: list[Any], day: str) -> dict[str, Any]:
    """What the summary says of these participants, by their versions one by one."""
    segments: Counter[str] = Counter()
    programmes: Counter[str] = Counter()
    active = begun = 0
    for row in rows:
        held = [each for each in json.loads(row["history"]) if each["effective_on"] <= day]
        begun += bool(held)
        newest = held[-1] if held else {"programmes": []}
        if newest["programmes"] and (newest["until"] is None or newest["until"] > day):
            active += 1
            segments[newest["segment"]] += 1
            programmes.update(newest["programmes"])
    return {
        "participants": len(rows),
        "active": active,
        "ended": begun - active,
        "not_yet_effective": len(rows) - begun,
        "active_by_segment": dict(segments),
        "active_by_programme": dict(programmes),
    }


async def test_participants_are_counted_as_their_versions_say(loaded: World) -> None:
    rows = await loaded.pool.fetch("select region, history from participant")
    days = {each["effective_on"] for row in rows for each in json.loads(row["history"])}
    for day in [*sorted(days)[:: max(1, len(days) // 6)], "1950-01-01", "2030-01-01"]:
        found = await loaded.http.get(
            f"/v1/enrollments/summary?as_of={day}", headers={"authorization": f"Bearer {ADMIN}"}
        )
        told = {name: value for name, value in found.json().items() if name in counted([], day)}
        assert told == counted(rows, day), day


async def test_the_count_follows_every_change_of_participants(loaded: World) -> None:
    changes = (
        "update participant set history = (select history from participant order by participant_no limit 1) "
        "where participant_no like '%3'",
        "update participant set region = '33.10' where participant_no like '%5'",
        "update participant set name = null where participant_no like '%6'",
        "delete from participant where participant_no like '%7'",
    )
    async with loaded.pool.acquire() as db:
        undone = db.transaction()
        await undone.start()
        for change in changes:
            await db.execute(change)
        rows = await db.fetch("select region, history from participant")
        for day, region in (("2026-01-01", "*"), ("2020-06-01", "*"), ("2026-01-01", "33.10"), ("2026-01-01", "33.11")):
            told = dict(await db.fetchrow(queries["count_participants"], date.fromisoformat(day), [region]))
            told |= {name: json.loads(told[name]) for name in ("active_by_segment", "active_by_programme")}
            assert told == counted([row for row in rows if region in ("*", row["region"])], day), (day, region)
        await undone.rollback()
