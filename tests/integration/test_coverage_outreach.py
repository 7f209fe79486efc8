"""What reminders, visits and briefings led to, against a plain count over the same facts; and nothing small is told."""

import csv
import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.coverage import app
from shared.bus.batch import Batch
from shared.database import transaction
from shared.events.enrollments import Enrollment, Period
from shared.events.model import Workers, encode
from shared.events.outreach import Outreach
from shared.events.reference import Briefing
from shared.jakarta import ZONE
from tests.attacks.test_coverage_disclosure import key
from tests.integration.test_coverage_answers import RECORDED, World, identity, listed, record, world

__all__ = ["world"]

REGIONS = ("33.11", "33.72", "36.71")
BEGINNING, LAST = date(2025, 3, 1), date(2025, 12, 31)
MONTHS = "from=2025-03-01&as_of=2025-12-31"
Facts = list[tuple[str, Outreach]]


def moment(chance: random.Random) -> datetime:
    return datetime(2025, 3, 1, tzinfo=UTC) + timedelta(chance.randrange(280), chance.randrange(86_400))


def acts(chance: random.Random, partners: int) -> Facts:
    """Reminders of which some fail; some lead to a task, some tasks to a talk."""
    found: Facts = []
    for number in range(400):
        partner, region = identity(chance.randrange(partners)), chance.choice(REGIONS)
        template, channel, at = chance.choice(["first", "second"]), chance.choice(["email", "whatsapp"]), moment(chance)
        kind = chance.choice(["reminder.sent"] * 4 + ["reminder.failed"])
        found.append((kind, Outreach(partner, region, at, template, channel, causation=f"reminder-{number}")))
        if chance.random() < 0.4:
            opened = Outreach(partner, region, at, "unanswered", "agent", "a1", "agent", f"reminder-{number}")
            found.append(("task.opened", opened))
            agent = chance.choice(["a1", "a2", None])
            outcome = chance.choice(["visited", "agreed", "refused", "unreachable"])
            closed = Outreach(partner, region, moment(chance), None, "agent", agent, outcome, f"task-{number}")
            found.append(("task.closed", closed))
    return found


def enrolments(chance: random.Random, partners: int) -> dict[str, date]:
    return {
        identity(n): BEGINNING + timedelta(chance.randrange(-30, 300)) for n in range(partners) if chance.random() < 0.6
    }


async def deliver(world: World, facts: Facts) -> None:
    """As notifications writes them: a task's events carry its id."""
    records = []
    for kind, fact in facts:
        made = record("outreach", encode(fact), kind)
        if kind == "task.opened":
            event = f"task-{(fact.causation or '').removeprefix('reminder-')}/opened"
            headers = [(name, event.encode() if name == "ce_id" else value) for name, value in made.headers]
            made = replace(made, headers=headers)
        records.append(made)
    for at in range(0, len(records), 150):
        for _ in range(2):  # delivered again, nothing counts twice
            async with transaction(world.pool) as db:
                await app.HANDLERS["outreach"](Batch("outreach", records[at : at + 150]), db)


async def enrol(world: World, starts: dict[str, date]) -> None:
    def fact(partner: str, start: date) -> Enrollment:
        period = Period(start, None, "33.11", "PU", ("JKK", "JKM"), Workers(0, 1, 1))
        return Enrollment(partner, 1, "business", (period,), RECORDED, agency="b", listed_on=date(2021, 1, 1))

    await world.deliver("enrollments", *(fact(*each) for each in starts.items()))


def contacts(facts: Facts) -> Iterator[tuple[str, Outreach]]:
    """Reminders and talks; those with the template of the reminder they came from."""
    sent = {fact.causation: fact.template for kind, fact in facts if kind == "reminder.sent"}
    for kind, fact in facts:
        if kind == "task.closed" and fact.agent_id and fact.outcome != "unreachable":
            template = sent.get(f"reminder-{(fact.causation or '').removeprefix('task-')}")
            yield kind, Outreach(fact.partner_id, fact.region, fact.recorded_at, template, "agent", fact.agent_id)
        elif kind.startswith("reminder"):
            yield kind, fact


def day_of(fact: Outreach) -> date:
    return fact.recorded_at.astimezone(ZONE).date()


def led_to(facts: Facts, starts: dict[str, date], until: date) -> Counter[tuple[Any, ...]]:
    """(region, template, channel, agent, month, what) → how many."""
    found: Counter[tuple[Any, ...]] = Counter()
    last: dict[str, tuple[Any, ...]] = {}
    for kind, fact in contacts(facts):
        day = day_of(fact)
        if not BEGINNING <= day <= until:
            continue
        values = fact.region, fact.template, fact.channel, fact.agent_id, f"{day:%Y-%m}"
        what = {"reminder.sent": "sent", "reminder.failed": "failed", "task.closed": "visits"}[kind]
        found[*values, what] += 1
        start = starts.get(fact.partner_id, date.max)
        if kind != "reminder.failed":
            order = (start >= day, fact.recorded_at, day, values)
            last[fact.partner_id] = max(order, last.get(fact.partner_id, (False, datetime.min.replace(tzinfo=UTC))))
    for partner, (_, _, day, values) in last.items():
        start = starts.get(partner, date.max)
        found[*values, "reached"] += 1
        found[*values, "registered_within_90_days"] += day <= start <= min(day + timedelta(90), until)
    return found


async def test_reminders_and_visits_led_to_what_a_plain_count_says(world: World) -> None:
    chance = random.Random(7)
    facts, starts = acts(chance, 150), enrolments(chance, 150)
    await deliver(world, facts)
    await enrol(world, starts)
    for until in (LAST, date(2025, 8, 15)):
        expected = led_to(facts, starts, until)
        for by in ((), ("template",), ("channel",), ("agent",), ("month",), ("template", "channel", "agent", "month")):
            places = [("template", "channel", "agent", "month").index(name) + 1 for name in by]
            path = f"/v1/coverage/outreach?level=regency&from=2025-03-01&as_of={until}&by={','.join(by)}"
            sums: Counter[tuple[Any, ...]] = Counter()
            for values, number in expected.items():
                sums[values[0], *(values[at] for at in places), values[-1]] += number
            found: Counter[tuple[Any, ...]] = Counter()
            for row in (await world.get(path))["rows"]:
                for what in ("sent", "failed", "visits", "reached", "registered_within_90_days"):
                    found[row["region"], *(row[name] for name in by), what] += row[what]
                assert row["rate"] == (row["registered_within_90_days"] / row["reached"] if row["reached"] else None)
            assert +found == +sums, (until, by)
    (nation,) = (await world.get(f"/v1/coverage/outreach?{MONTHS}"))["rows"]
    assert nation["reached"] == len({fact.partner_id for kind, fact in contacts(facts) if kind != "reminder.failed"})
    text = (await world.http.get(f"/v1/coverage/outreach?{MONTHS}&by=channel&format=csv")).text
    assert {row["channel"] for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))} == {
        "agent",
        "email",
        "whatsapp",
    }


async def test_briefings_led_to_what_a_plain_count_says(world: World) -> None:
    chance = random.Random(8)
    starts = enrolments(chance, 150)
    held: dict[str, Briefing | None] = {}
    for number in range(60):
        name, region = f"briefing.held/{number % 40}", chance.choice([*REGIONS, "33"])
        guests = tuple(identity(chance.randrange(150)) for _ in range(chance.randrange(12)))
        at = RECORDED + timedelta(seconds=number)
        day = BEGINNING + timedelta(chance.randrange(280))
        fact = Briefing(region, "Sosialisasi", "1", day, at, chance.choice("ab"), 30, len(guests) + 2, guests)
        is_withdrawn = number > 50
        made = record("reference", encode(fact), "briefing.withdrawn" if is_withdrawn else "briefing.held")
        held[name] = None if is_withdrawn else fact
        async with transaction(world.pool) as db:
            await app.HANDLERS["reference"](Batch("reference", [replace(made, key=name.encode())]), db)
    await enrol(world, starts)
    expected: Counter[tuple[str, str, str]] = Counter()
    for briefing in filter(None, held.values()):
        for code in {briefing.region, briefing.region[:2], "ID"}:
            expected[code, briefing.agency, "briefings"] += 1
            expected[code, briefing.agency, "quota"] += 30
            expected[code, briefing.agency, "present"] += briefing.present or 0
            for guest in set(briefing.attendees):
                start, day = starts.get(guest, date.max), briefing.held_on
                expected[code, briefing.agency, "attendees"] += 1
                expected[code, briefing.agency, "registered_before"] += start <= day
                expected[code, briefing.agency, "registered_within_90_days"] += (
                    day < start <= min(day + timedelta(90), LAST)
                )
    for level in ("self", "province", "regency"):
        answer = await world.get(f"/v1/coverage/briefings?level={level}&by=agency&{MONTHS}")
        found: Counter[tuple[str, str, str]] = Counter()
        for row in answer["rows"]:
            for what in (
                "briefings",
                "quota",
                "present",
                "attendees",
                "registered_before",
                "registered_within_90_days",
            ):
                found[row["region"], row["agency"], what] += row[what]
        codes = {row["region"] for row in answer["rows"]}
        assert +found == Counter({each: number for each, number in expected.items() if each[0] in codes and number})


async def test_few_who_were_reached_are_suppressed_with_what_gives_them_away(world: World) -> None:
    reached = {"33.11": 3, "33.12": 20, "33.13": 8, "36.71": 30, "36.72": 10}
    regions = [region for region, number in reached.items() for _ in range(number)]
    sent = [
        Outreach(identity(number), region, datetime(2025, 5, 1, tzinfo=UTC), "first", "email", causation=f"r-{number}")
        for number, region in enumerate(regions)
    ]
    await deliver(world, [("reminder.sent", fact) for fact in sent])
    world.http.headers.update(await key(world, "read"))
    rows = (await world.get(f"/v1/coverage/outreach?level=regency&{MONTHS}"))["rows"]
    assert {row["region"] for row in rows if row.get("suppressed")} == {"33.11", "33.13"}
    shown = {row["region"]: row["reached"] for row in rows if row["reached"]}
    assert shown == {"33.12": 20, "36.71": 30, "36.72": 10}
    by_two = (await world.get(f"/v1/coverage/outreach?by=template,channel&{MONTHS}"))["rows"]
    assert [row["reached"] for row in by_two] == [None]
    refused = await world.http.get("/v1/coverage/outreach?by=agent")
    assert (refused.status_code, refused.json()["field"]) == (403, "by")


async def test_figures_by_list_and_agency_are_those_that_explain_one_region(world: World) -> None:
    facts = [listed(number, *"ab"[: 1 + number % 2], region=REGIONS[number % 3]) for number in range(30)]
    await world.deliver("partners", *facts)
    await enrol(world, {identity(number): date(2021, 2, 1) for number in range(12)})
    for code in ("33", "33.11", "ID"):
        explained = await world.get(f"/v1/coverage/explain?region={code}")
        (listed_by, enrolled_by) = explained["listed"], explained["enrolled"]
        rows = (await world.get(f"/v1/coverage/sources?region={code}&by=list"))["rows"]
        members = ("agency", "list", "listed", "alone")
        assert [[row[name] for name in members] for row in rows] == [
            [each[name] for name in members] for each in listed_by["by_list"]
        ]
        rows = (await world.get(f"/v1/coverage/sources?region={code}"))["rows"]
        assert {row["agency"]: row["listed"] for row in rows if row["listed"]} == {
            each["agency"]: each["listed"] for each in listed_by["by_agency"]
        }
        assert {row["agency"]: row["enrolled"] for row in rows if row["enrolled"]} == {
            each["agency"]: each["enrolled"] for each in enrolled_by["by_agency"]
        }
    by_regency = (await world.get("/v1/coverage/sources?level=regency&by=list"))["rows"]
    assert {row["region"] for row in by_regency} == set(REGIONS)
    text = (await world.http.get("/v1/coverage/sources?by=list&format=csv")).text
    assert text.lstrip("\ufeff").startswith("region,name,agency,list,listed,alone,as_of,known_at,suppressed")
    world.http.headers.update(await key(world, "read", agency="a"))
    assert {row["agency"] for row in (await world.get("/v1/coverage/sources?by=list"))["rows"]} == {"a"}
