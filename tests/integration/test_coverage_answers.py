"""What coverage answers, asked in this process: facts go through the handlers, questions through the routes."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from aiokafka import ConsumerRecord
from fastapi import FastAPI, Request

from services.coverage import app, changed_regions, rollup
from services.coverage.api import stream
from services.coverage.changed_regions import ChangedRegions
from services.coverage.rollup import Rollup
from services.coverage.settings import Settings
from services.coverage.slow_answers import SlowAnswers
from shared.bus.batch import Batch
from shared.bus.records import Outgoing, Record, cloudevent_headers
from shared.database import connect, migrate, transaction
from shared.events.access import Key
from shared.events.claims import Claim
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers, encode
from shared.events.partners import ListedWorkers, Listing, Partner
from shared.events.reference import Agreement, Briefing, Denominator, Target
from shared.jakarta import today
from shared.open_streams import OpenStreams
from shared.security import KeyRing, new_key
from shared.service import build_app
from tests.stack import Database

ADMIN = {"Authorization": "Bearer admin-of-the-tests"}
DAY = date(2021, 1, 1)
RECORDED = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
TYPES = {Denominator: "denominator.set", Target: "target.set", Briefing: "briefing.held", Agreement: "agreement.signed"}

offsets = count()


@dataclass
class World:
    http: httpx.AsyncClient
    pool: asyncpg.Pool
    app: FastAPI

    async def deliver(self, topic: str, *facts: msgspec.Struct, kind: str = "") -> Batch:
        """The batch of these facts of `topic`, applied; a fact's id is its content."""
        batch = Batch(topic, [record(topic, encode(fact), kind or TYPES.get(type(fact), "")) for fact in facts])
        async with transaction(self.pool) as db:
            await app.HANDLERS[topic](batch, db)
        return batch

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def agencies(self) -> dict[str, Any]:
        return {each["agency"]: each for each in (await self.get("/v1/freshness"))["agencies"]}


def record(topic: str, value: bytes, kind: str) -> Record:
    event = Outgoing(topic, "k", kind, f"{hash(value)}", RECORDED, value)
    headers = cloudevent_headers(event, "/payung/registration") if kind else []
    return ConsumerRecord(topic, 0, next(offsets), 0, 0, b"k", value, None, 0, 0, headers)


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    pool = await connect(database.of("coverage"))
    await migrate(pool, app.MIGRATIONS)
    settings = Settings(database="-", kafka="nowhere:1", port=1, admin_key="admin-of-the-tests")
    state = {"pool": pool, "settings": settings, "keys": KeyRing(pool, settings.admin_key)}
    state |= {"open_streams": OpenStreams(), "changed_regions": ChangedRegions(pool), "slow_answers": SlowAnswers()}
    made = build_app("coverage", routers=app.ROUTERS, state=state)
    transport = httpx.ASGITransport(made)
    async with httpx.AsyncClient(transport=transport, base_url="http://coverage", headers=ADMIN) as http:
        yield World(http, pool, made)
    await pool.close()


def identity(number: int) -> str:
    return f"0190aaaa-0000-7000-8000-{number:012x}"


def listed(number: int, *agencies: str, version: int = 1, recorded: datetime = RECORDED, **changes: Any) -> Partner:
    lists = tuple(Listing(agency, "daftar", DAY + timedelta(n)) for n, agency in enumerate(agencies))
    fact = Partner(identity(number), version, "active", "33.11", "business", recorded, lists=lists)
    return msgspec.structs.replace(fact, listed_on=DAY if lists else None, **changes)


def enrolled(number: int, workers: Workers, **changes: Any) -> Enrollment:
    period = Period(DAY, None, "33.11", "PU", ("JKK", "JKM"), workers)
    fact = Enrollment(identity(number), 1, "business", (period,), RECORDED, agency="bpjstk", listed_on=DAY)
    return msgspec.structs.replace(fact, **changes)


# --- freshness ------------------------------------------------------------------------------------------------------


async def test_every_statement_shows_that_its_agency_is_not_silent(world: World) -> None:
    now = datetime.now(UTC)
    statements = [
        Denominator("33.11", "umkm", 4, DAY, "Dinas", "ok", now, "a"),
        Target("33.11", "partners", 2, DAY, DAY, "SK", now, "b"),
        Briefing("33.11", "Sosialisasi", "1", DAY, now, "c"),
        Agreement("Kerja sama", ("c", "d"), DAY, "33.11", now, "d"),
    ]
    await world.deliver("reference", *statements)
    await world.deliver("reference", *statements)
    agencies = await world.agencies()
    assert {agency: each["events_today"] for agency, each in agencies.items()} == dict.fromkeys("abcd", 1)
    assert all(each["silent_for"] < 60 for each in agencies.values())


async def test_a_change_of_a_partner_and_its_delisting_are_events_of_its_agency(world: World) -> None:
    def version(number: int, *agencies: str, **changes: Any) -> Partner:
        return listed(1, *agencies, version=number, recorded=RECORDED + timedelta(number), **changes)

    async def last() -> dict[str, str]:
        return {agency: each["last_event"][:10] for agency, each in (await world.agencies()).items()}

    await world.deliver("partners", version(1, "a", "b", workers=ListedWorkers(2)))
    assert await last() == {"a": "2026-01-11", "b": "2026-01-11"}
    await world.deliver("partners", version(2, "a", "b", workers=ListedWorkers(9)))
    assert await last() == {"a": "2026-01-11", "b": "2026-01-12"}
    await world.deliver("partners", version(3, "b"), version(2, "a", "b"))
    assert await last() == {"a": "2026-01-13", "b": "2026-01-12"}
    await world.deliver("partners", version(4, status="merged", merged_into=identity(2)))
    assert await last() == {"a": "2026-01-13", "b": "2026-01-12"}


async def test_an_agency_that_never_sent_anything_has_no_last_event(world: World) -> None:
    await world.deliver("partners", listed(1, "active"))
    await world.deliver(
        "access",
        Key("k1", "h1", RECORDED, agency="new"),
        Key("k2", "h2", RECORDED, agency="active"),
        Key("k3", "h3", RECORDED, agency="gone", revoked=True),
        Key("k4", "h4", RECORDED, agent="siti"),
    )
    answer = await world.get("/v1/freshness")
    assert [each["agency"] for each in answer["agencies"]] == ["active", "new"]
    assert answer["agencies"][1] == {
        "agency": "new",
        "last_event": None,
        "events_today": 0,
        "silent_for": None,
        "usual_gap_days": None,
        "silent": False,
        "silent_since": None,
    }
    assert answer["updated_at"] == (await world.get("/v1/coverage"))["updated_at"] == "2026-01-10T03:00:00Z"


async def test_an_agency_that_is_silent_for_longer_than_usual_says_since_when(world: World) -> None:
    now = datetime.now(UTC)

    async def sent(agency: str, *days_ago: int) -> None:
        facts = [
            Denominator("33.11", "umkm", days, DAY, "Dinas", "ok", now - timedelta(days), agency) for days in days_ago
        ]
        await world.deliver("reference", *facts)

    await sent("weekly", 70, 63, 56, 49, 42)
    await sent("still weekly", 40, 33, 26, 19, 12)
    await sent("new", 60, 50)
    agencies = await world.agencies()
    silent = {name: (each["usual_gap_days"], each["silent"]) for name, each in agencies.items()}
    assert silent == {"weekly": (7, True), "still weekly": (7, False), "new": (None, False)}
    overdue = today() - timedelta(42 - 15)
    assert agencies["weekly"]["silent_since"] == overdue.isoformat()
    assert agencies["new"]["silent_since"] is None


# --- claims ----------------------------------------------------------------------------------------------------------


def claim(number: int, region: str, programme: Any, occurred: date) -> Claim:
    status, amount = "paid", 107_000_000
    return Claim(
        identity(number), 1, identity(1), region, programme, "PU", amount, status, occurred, 5, RECORDED, "bpjstk"
    )


async def rows(world: World, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(f"/v1/claims?{query}"))["rows"]
    return found


async def test_every_region_has_its_claims_rows_also_with_zeros(world: World) -> None:
    everything = [(p, s) for p in ("JKK", "JKM", "JHT", "JP") for s in ("PU", "BPU")]
    assert [row["programme"] for row in await rows(world, "region=91.71&by=programme")] == ["JKK", "JKM", "JHT", "JP"]
    assert len(await rows(world, "level=province&by=segment&known_at=2020-01-01")) == 38 * 2
    found = await rows(world, "region=91.71&by=programme,segment")
    assert [(row["programme"], row["segment"]) for row in found] == everything
    assert all(row["paid"] == {"count": 0, "amount": 0, "median_tenure": None} for row in found)


async def test_months_are_those_in_which_a_region_has_claims_or_none(world: World) -> None:
    await world.deliver(
        "claims", claim(1, "33.11", "JKK", date(2021, 2, 1)), claim(2, "33.11", "JHT", date(2021, 5, 1))
    )
    found = await rows(world, "region=33&level=regency&by=month,programme")
    sukoharjo = [(row["month"], row["programme"], row["paid"]["count"]) for row in found if row["region"] == "33.11"]
    assert sukoharjo == [
        (month, programme, int((month, programme) in {("2021-02", "JKK"), ("2021-05", "JHT")}))
        for month in ("2021-02", "2021-05")
        for programme in ("JKK", "JKM", "JHT", "JP")
    ]
    assert len(found) == 8 + 34 * 4
    assert {row["month"] for row in await rows(world, "by=month&as_of=2021-04-30")} == {"2021-02"}
    assert {row["month"] for row in found if row["region"] != "33.11"} == {None}
    answer = await world.http.get("/v1/claims?region=33&level=regency&by=month&format=csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 2 + 34
    assert {line["month"] for line in lines} == {"2021-02", "2021-05", ""}


# --- rows ------------------------------------------------------------------------------------------------------------


async def test_every_region_has_a_row_however_many_combinations_there_are(world: World) -> None:
    every = "programme,segment,kind,scale,job_level,occupation"
    found = (await world.get(f"/v1/coverage?level=regency&as_of=1900-01-01&by={every}"))["rows"]
    assert len(found) == len({row["region"] for row in found}) == 514


async def test_a_level_that_no_list_gives_has_no_unregistered_and_no_rate(world: World) -> None:
    await world.deliver(
        "partners", listed(1, "a", workers=ListedWorkers(20)), listed(2, "a", workers=ListedWorkers(9, 0))
    )
    await world.deliver("enrollments", enrolled(1, Workers(0, 12, 0)))
    (staff,) = (row for row in (await world.get("/v1/coverage?by=job_level"))["rows"] if row["job_level"] == "staff")
    assert (staff["listed"], staff["enrolled"], staff["unregistered"], staff["rate"]) == (0, 12, None, None)


async def test_a_series_has_joins_and_losses_month_by_month(world: World) -> None:
    """Of two partners one lapses on the day on which the other moves to another regency and a third one comes."""
    day = date(2021, 3, 10)
    two, three = ("JKK", "JKM"), ("JKK", "JKM", "JHT")
    lapses = (Period(DAY, day, "33.11", "PU", two, Workers(0, 2, 0)),)
    moves = (
        Period(DAY, day, "33.11", "PU", two, Workers(0, 2, 0)),
        Period(day, None, "33.12", "PU", three, Workers(0, 2, 0)),
    )
    comes = (Period(day, None, "33.11", "PU", two, Workers(0, 2, 0)),)
    await world.deliver("partners", *(listed(number, "dinas") for number in (1, 2, 3, 4)))
    facts = [enrolled(number, Workers(), periods=each) for number, each in enumerate((lapses, moves, comes), 1)]
    await world.deliver("enrollments", *facts)

    async def months(query: str) -> list[tuple[Any, ...]]:
        found = (await world.get(f"/v1/coverage/series?{query}&from=2021-02&to=2021-03-31"))["rows"]
        names = ("month", "enrolled", "joined", "lost", "net")
        return [tuple(row[name] for name in names) + tuple(row["lost_by"].values()) for row in found]

    assert await months("region=33.11") == [("2021-02", 2, 0, 0, 0, 0, 0), ("2021-03", 1, 1, 2, -1, 1, 1)]
    assert await months("region=Jawa+Tengah") == [("2021-02", 2, 0, 0, 0, 0, 0), ("2021-03", 2, 1, 1, 0, 1, 0)]
    assert (await months("region=33&programme=JHT"))[1] == ("2021-03", 1, 1, 0, 1, 0, 0)
    assert len(await months("level=province&by=month,segment")) == 38 * 2 * 2
    of_day = (await world.get("/v1/coverage?region=33.11&month=2021-03"))["rows"][0]
    of_month = (await world.get("/v1/coverage/series?region=33.11&from=2021-03&to=2021-03"))["rows"][0]
    assert {name: of_month[name] for name in ("listed", "enrolled", "unregistered", "rate", "workers")} == {
        name: of_day[name] for name in ("listed", "enrolled", "unregistered", "rate", "workers")
    }
    assert (await world.http.get("/v1/coverage/series?by=job_level")).json()["field"] == "by"
    assert (await world.http.get("/v1/coverage/series?level=regency&by=kind,scale")).json()["field"] == "level"
    text = (await world.http.get("/v1/coverage/series?region=33.11&from=2021-03&to=2021-03&format=csv")).text
    (line,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (line["month"], line["enrolled"], line["joined"], line["lost"], line["lapsed"]) == (
        "2021-03",
        "1",
        "1",
        "2",
        "1",
    )
    await world.pool.execute("update losses_complete set complete = false")
    assert (await months("region=33.11"))[1] == ("2021-03", 1, None, None, -1, None, None)


# --- targets ---------------------------------------------------------------------------------------------------------


async def targets(world: World, query: str = "") -> list[dict[str, Any]]:
    (row,) = (await world.get(f"/v1/coverage?region=33.11{query}"))["rows"]
    return list(row["targets"])


async def progress(world: World) -> list[int]:
    return [each["progress"] for each in await targets(world)]


async def test_a_target_may_count_the_list_of_another_agency_unless_its_own_has_that_name(world: World) -> None:
    set_by_branch = Target("33.11", "enrolled", 4, DAY, DAY, "SK", RECORDED, "bpjstk", "daftar")
    other = [Listing("dinas", "lain", DAY)]
    await world.deliver("partners", listed(1, "dinas"), listed(2, "kota"), listed(3, "dinas", lists=tuple(other)))
    await world.deliver("enrollments", *(enrolled(number, Workers(0, 1, 0)) for number in (1, 2, 3)))
    assert await targets(world) == []
    await world.deliver("reference", set_by_branch)
    assert [(each["progress"], each["rate"]) for each in await targets(world)] == [(2, 0.5)]
    await world.deliver("partners", listed(4, "bpjstk"))
    assert await progress(world) == [0]
    await world.deliver("enrollments", enrolled(4, Workers(0, 1, 0)))
    assert await progress(world) == [1]


async def test_several_targets_stand_side_by_side_each_by_its_measure_and_days(world: World) -> None:
    kinds = {1: "cooperative", 2: "business", 3: "individual", 4: "business"}
    scales: dict[int, Any] = {2: "micro", 4: "large"}
    starts = {1: DAY, 2: DAY, 3: DAY, 4: DAY + timedelta(40)}
    facts = [(number, {"kind": kind, "scale": scales.get(number)}) for number, kind in kinds.items()]
    await world.deliver("partners", *(listed(number, "dinas", **changes) for number, changes in facts))
    await world.deliver(
        "enrollments",
        *(
            enrolled(
                number,
                Workers(),
                periods=(Period(starts[number], None, "33.11", "PU", ("JKK", "JKM"), Workers(0, number, 300)),),
                **changes,
            )
            for number, changes in facts
        ),
    )
    last = DAY + timedelta(29)
    measures = ("enrolled", "workers", "cooperatives", "businesses", "micro_businesses", "individuals")
    set_for = [Target("33.11", measure, 10, DAY, last, "SK", RECORDED, "bpjstk") for measure in measures]
    later = Target("33.11", "enrolled", 10, DAY, DAY + timedelta(89), "SK", RECORDED, "dinas")
    of_list = Target("33.11", "enrolled", 10, DAY, last, "SK 2", RECORDED, "bpjstk", "nobody's")
    corrected = Target("33.11", "enrolled", 20, DAY, last, "SK", RECORDED + timedelta(1), "bpjstk")
    await world.deliver("reference", *set_for, later, of_list, corrected)
    found = {
        (each["agency"], each["measure"], each["list"]): (each["progress"], each["value"])
        for each in await targets(world)
    }
    expected = {"workers": 906, "cooperatives": 1, "businesses": 1, "micro_businesses": 1, "individuals": 1}
    assert found == {
        **{("bpjstk", measure, None): (count, 10) for measure, count in expected.items()},
        ("bpjstk", "enrolled", None): (3, 20),
        ("bpjstk", "enrolled", "nobody's"): (0, 10),
        ("dinas", "enrolled", None): (4, 10),
    }
    (early,) = [each for each in await targets(world, "&as_of=2021-01-10") if each["agency"] == "dinas"]
    assert (early["progress"], early["state"], early["projected_on"]) == (3, "on_course", "2021-02-03")
    assert (await targets(world, "&as_of=2020-12-31"))[0]["state"] == "not_begun"
    assert {each["state"] for each in await targets(world)} == {"missed", "reached"}


async def test_a_target_is_withdrawn_stated_again_and_corrected_also_within_one_second(world: World) -> None:
    target = Target("33.11", "enrolled", 4, DAY, DAY, "SK", RECORDED, "bpjstk")
    longer = msgspec.structs.replace(target, until=DAY + timedelta(9), list="daftar")

    async def standing(query: str = "") -> list[tuple[int, str]]:
        return [(each["value"], each["until"]) for each in await targets(world, query)]

    once, until = (4, DAY.isoformat()), (DAY + timedelta(9)).isoformat()
    await world.deliver("reference", target)
    await world.deliver("reference", target, kind="target.withdrawn")
    assert await standing() == []
    await world.deliver("reference", target)
    assert await standing() == [once]
    await world.deliver("reference", longer, msgspec.structs.replace(longer, value=5), longer)
    assert await standing() == [(4, until)], "the days are corrected, not doubled"
    later = msgspec.structs.replace(longer, recorded_at=RECORDED + timedelta(days=1))
    await world.deliver("reference", later, kind="target.withdrawn")
    assert await standing() == []
    assert await standing(f"&known_at={RECORDED.isoformat().replace('+00:00', 'Z')}") == [(4, until)]


async def test_progress_is_by_what_is_known_now_and_says_so(world: World) -> None:
    later = RECORDED + timedelta(days=3)
    for region, second in (("33.11", RECORDED), ("33.12", later)):
        await world.deliver("reference", Target(region, "enrolled", 4, DAY, DAY, "SK", second, "bpjstk"))
    answer = await world.get("/v1/coverage?region=33.11&known_at=2026-01-10T03:00:00Z")
    assert answer["rows"][0]["targets"][0]["progress_known_at"] == answer["updated_at"]
    assert datetime.fromisoformat(answer["updated_at"]) == later


async def test_a_measure_or_status_that_nobody_knows_goes_to_the_dead_letters(world: World) -> None:
    facts = [
        Denominator("33.11", "umkn", 4, DAY, "Dinas", "ok", RECORDED, "a"),
        Denominator("33.11", "umkm", 4, DAY, "Dinas", "fine", RECORDED, "a"),
        Target("33.11", "population", 2, DAY, DAY, "SK", RECORDED, "b"),
    ]
    rejected = [(await world.deliver("reference", fact)).rejected[0][1] for fact in facts]
    assert rejected == ["invalid_value: measure", "invalid_value: status", "invalid_value: measure"]


async def test_a_spreadsheet_has_denominators_targets_and_how_fresh_it_is(world: World) -> None:
    await world.deliver("partners", listed(1, "dinas"), listed(2, "dinas", region="33.12"))
    sources = ("BPS", "Dinas")
    await world.deliver(
        "reference",
        *(
            Denominator("33.11", "umkm", value, DAY, name, "ok", RECORDED, "a")
            for name, value in zip(sources, (4, 9), strict=True)
        ),
        Target("33.12", "enrolled", 7, DAY, DAY, "SK", RECORDED, "b"),
    )
    answer = await world.http.get("/v1/coverage?region=33&level=regency&format=csv")
    lines = {line["region"]: line for line in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    one, other = lines["33.11"], lines["33.12"]
    assert [one[f"denominator_{n}_{name}"] for n in (1, 2) for name in ("value", "source", "flags")] == [
        *("4", "BPS", "disagreement", "9", "Dinas", "disagreement")
    ]
    assert (one["target_1_value"], other["target_1_value"], other["target_1_state"]) == ("", "7", "missed")
    assert other["denominator_1_value"] == ""
    assert one["updated_at"] == "2026-01-10T03:00:00Z"
    assert one["freshness"] == "; ".join(f"{agency} 2026-01-10T03:00:00Z" for agency in ("a", "b", "dinas"))


async def test_a_province_is_asked_about_in_the_boundaries_of_before_its_split(world: World) -> None:
    places = ("91.71", "93.01", "94.01", "92.02", "96.71")
    await world.deliver("partners", *(listed(number, "dinas", region=place) for number, place in enumerate(places)))
    await world.deliver("reference", Denominator("91", "umkm", 100, date(2020, 12, 31), "BPS", "ok", RECORDED, "a"))

    async def provinces(query: str) -> dict[str, int]:
        rows = (await world.get(f"/v1/coverage?level=province{query}"))["rows"]
        return {row["region"]: row["listed"] for row in rows if row["region"] > "90"}

    assert await provinces("") == {"91": 1, "92": 1, "93": 1, "94": 1, "95": 0, "96": 1}
    assert await provinces("&boundaries=2021") == {"91": 3, "92": 2}
    (former,) = (await world.get("/v1/coverage?region=91&boundaries=2021"))["rows"]
    (newer,) = (await world.get("/v1/coverage?region=91"))["rows"]
    assert (former["listed"], [each["flags"] for each in former["denominators"]]) == (3, [[]])
    assert (newer["listed"], [each["flags"] for each in newer["denominators"]]) == (1, [["other_boundaries"]])
    months = (await world.get("/v1/coverage/series?region=91&boundaries=2021&from=2021-01&to=2021-01"))["rows"]
    assert [row["listed"] for row in months] == [3]
    below = (await world.get("/v1/coverage?region=91&boundaries=2021&level=regency"))["rows"]
    assert sum(row["listed"] for row in below) == 3, "its regencies are those of all provinces that it became"
    assert (await world.http.get("/v1/coverage?region=93&boundaries=2021")).json()["field"] == "region"
    assert (await world.http.get("/v1/coverage?boundaries=1999")).json()["field"] == "boundaries"


# --- rollup ----------------------------------------------------------------------------------------------------------


async def test_the_rollup_waits_for_the_end_of_a_backlog_but_not_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = Rollup(world.pool)
    monkeypatch.setattr(rollup, "BACKLOG_ROWS", 0)

    async def pending_after_a_step() -> int:
        await part.roll_up_when_quiet()
        return part.pending_batches

    await world.deliver("partners", listed(1, "dinas"))
    assert await pending_after_a_step() == 1
    monkeypatch.setattr(rollup, "QUIET_SECONDS", 0.0)
    assert await pending_after_a_step() == 0
    monkeypatch.setattr(rollup, "QUIET_SECONDS", 60.0)
    await world.deliver("partners", listed(2, "dinas", region="33.12"))
    assert await pending_after_a_step() == 1
    monkeypatch.setattr(rollup, "MOST_PENDING_ROWS", 1)
    assert await pending_after_a_step() == 0
    assert (await world.get("/v1/coverage"))["rows"][0]["listed"] == 2


# --- the stream ------------------------------------------------------------------------------------------------------


async def subscribed(world: World, key: str = "admin-of-the-tests") -> AsyncIterator[str]:
    headers = [(b"authorization", f"Bearer {key}".encode())]
    scope = {"type": "http", "app": world.app, "headers": headers}
    return stream._changes(Request(scope, asyncio.Event().wait))  # type: ignore[arg-type]


async def changed(world: World, batch: int, place: int) -> None:
    await world.pool.execute("insert into changes (batch, places) values ($1, $2)", batch, [place])


async def test_a_batch_that_becomes_visible_after_later_ones_is_sent_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed_regions, "POLL_SECONDS", 0.01)
    await changed(world, 100, 33 << 7 | 11)
    events = await subscribed(world)
    assert await anext(events) == ": connected\n\n"
    await changed(world, 99, 36 << 7 | 71)
    event = await anext(events)
    assert json.loads(event.splitlines()[1].removeprefix("data: ")) == {"regions": ["36.71"]}


async def test_a_stream_ends_when_its_key_is_revoked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_regions, "POLL_SECONDS", 0.01)
    key_id, secret, digest = new_key()
    issued = Key(key_id, digest, RECORDED, agency="dinas", scopes=("read",))
    await world.deliver("access", issued)
    events = await subscribed(world, secret)
    assert await anext(events) == ": connected\n\n"
    await world.deliver("access", msgspec.structs.replace(issued, revoked=True))
    async with asyncio.timeout(5):
        assert [line async for line in events if line.startswith("event")] == []


# --- parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["coverage", "claims"])
async def test_a_client_can_be_made_from_the_description(world: World, path: str) -> None:
    described = (await world.get("/openapi.json"))["paths"][f"/v1/{path}"]["get"]
    parameters = {each["name"]: each for each in described["parameters"]}
    assert set(parameters) >= {"region", "level", "by", "as_of", "known_at", "format"}
    assert parameters["level"]["schema"]["enum"] == ["kanwil", "province", "regency", "self"]
    assert "programme" in parameters["by"]["schema"]["items"]["enum"]
    assert all(each["description"] and each["in"] == "query" for each in parameters.values())
    assert set(described["responses"]["200"]["content"]) == {"application/json", "text/csv"}


@pytest.mark.parametrize("path", ["coverage", "claims"])
async def test_a_misspelt_parameter_is_refused_with_those_there_are(world: World, path: str) -> None:
    answer = await world.http.get(f"/v1/{path}?region=33&asof=2021-01-01")
    assert (answer.status_code, answer.json()["field"]) == (422, "asof")
    assert {"region", "level", "by", "as_of", "known_at", "format"} <= set(answer.json()["allowed"])
    assert "asof" in answer.json()["detail"]


async def test_of_two_values_for_one_parameter_none_is_picked(world: World) -> None:
    answer = await world.http.get("/v1/coverage?region=33&region=36")
    assert (answer.status_code, answer.json()["field"]) == (422, "region")
    assert (await world.get("/v1/coverage?by=kind&by=scale"))["by"] == ["kind", "scale"]


@pytest.mark.parametrize(
    ("accept", "csv"),
    [
        ("text/csv;q=0", False),
        ("TEXT/CSV", True),
        ("text/csv; q=0.9, */*;q=0.1", True),
        ("application/json, text/csv;q=0.5", False),
        ("*/*", False),
        ("text/csv;q=high", False),
    ],
)
async def test_a_spreadsheet_is_given_to_clients_that_accept_it(world: World, accept: str, csv: bool) -> None:
    answer = await world.http.get("/v1/coverage", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/csv" if csv else "application/json")


@pytest.mark.parametrize("path", ["coverage", "claims"])
async def test_an_answer_repeats_what_was_asked_and_the_instant_it_was_known_at(world: World, path: str) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    answer = await world.get(f"/v1/{path}?level=province&region=33")
    assert (answer["level"], [row["region"] for row in answer["rows"]]) == ("province", ["33"])
    assert before <= datetime.fromisoformat(answer["known_at"]) <= datetime.now(UTC)
    assert (await world.get(f"/v1/{path}?known_at=2021-01-01"))["known_at"] == "2021-01-01T16:59:59Z"


# --- facts of no known type ------------------------------------------------------------------------------------------


async def test_a_record_of_an_unknown_type_goes_to_the_dead_letters(world: World) -> None:
    target = Target("33.11", "partners", 2, DAY, DAY, "SK", RECORDED, "a")
    for topic, fact in (
        ("reference", target),
        ("partners", listed(1, "a")),
        ("claims", claim(1, "33.11", "JKK", DAY)),
    ):
        batch = await world.deliver(topic, fact, kind="zzz")
        assert [reason for _, reason in batch.rejected] == ["unknown_type"], topic
    assert await world.agencies() == {}
    assert (await world.deliver("reference", target)).rejected == []
    assert list(await world.agencies()) == ["a"]
