"""Whatever arrives, is replaced or removed, in whatever pieces: the partners are those of all rows read at once."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from services.registration.identity.keys import Known, look_up
from services.registration.identity.matching import cluster
from services.registration.intake.cells.names import name_key
from services.registration.writer import import_worker
from tests import stack
from tests.integration.registration_world import World, world
from tests.unit.registration import identity_oracle


@dataclass(frozen=True)
class Row(identity_oracle.Row):
    ref: str = ""


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"identity{database.name[-6:]}.") as made:
        await made.agency()
        yield made
    await stack.drop(postgres, database)


def row(dice: random.Random, world_no: int, ref: str) -> Row:
    """Few values, so that rows meet; `world_no` keeps one run's rows apart from another's."""
    often = [0.6, 0.3, 0.1][world_no % 3]

    def some(*values: Any) -> Any:
        return dice.choice(values) if dice.random() < often else None

    day = date(2021, 1, dice.randint(1, 3))
    return Row(
        ref=ref,
        nib=some(*(f"0000{world_no:04d}{number:05d}" for number in range(1, 5))),
        nik_koperasi=some(f"3311{world_no:04d}01", f"3311{world_no:04d}02"),
        nik=some(*(f"331102{world_no:04d}{number:06d}" for number in range(1, 5))),
        name=(name_key(f"Usaha {world_no} {dice.choice('ABC')}"), dice.choice(["33.11", "33.11", "36.71"])),
        phone=some("+6286000001836", "+6286000001837", "+6286000001838"),
        email=some("satu@usaha.example", "dua@usaha.example"),
        owner=some("SITI MISALNYA", "BUDI CONTOH"),
        list=f"list-{int(ref.rpartition('-')[2]) % 4}",
        first_listed=day,
        last_listed=day,
    )


def listed(each: Row) -> dict[str, Any]:
    partner = {"ref": each.ref, "nib": each.nib, "nik_koperasi": each.nik_koperasi, "nik": each.nik}
    contact = {"name": each.owner, "phone": each.phone, "email": each.email}
    return {
        "partner": {key: value for key, value in partner.items() if value is not None},
        "name": each.name[0],
        "region": each.name[1],
        "kind": "business",
        "workers": each.first_listed.day + len(each.ref),
        "contact": {key: value for key, value in contact.items() if value is not None},
        "list": each.list,
        "listed_on": each.first_listed.isoformat(),
    }


def partition(held: dict[str, Row]) -> set[frozenset[str]]:
    rows = list(held.values())
    return {frozenset(rows[at].ref for at in group) for group in identity_oracle.partners(rows)}


async def stored(here: World, prefix: str) -> set[frozenset[str]]:
    records = await here.pool.fetch(
        "select array_agg(ref) as refs from evidence where ref like $1 group by partner_id", f"{prefix}%"
    )
    return {frozenset(record["refs"]) for record in records}


@pytest.mark.parametrize("seed", range(25))
async def test_partners_are_those_of_all_rows_at_once(here: World, seed: int) -> None:
    dice = random.Random(seed)
    held: dict[str, Row] = {}
    prefix = f"s{seed}-"
    for _ in range(12):
        events, removed = [], set()
        for _ in range(dice.randint(1, 4)):
            ref = f"{prefix}{dice.randint(1, 14)}"
            held[ref] = row(dice, seed, ref)
            events.append(here.event("partner.listed", listed(held[ref])))
        if held and dice.random() < 0.3:
            one = dice.choice(sorted(held))
            group = next(group for group in partition(held) if one in group)
            removed = {ref for ref in group if held[ref].list == held[one].list}
            events.append(here.event("partner.delisted", {"partner": {"ref": one}, "list": held[one].list}))
            held = {ref: each for ref, each in held.items() if ref not in removed}
        answer = await here.send(*events)
        assert answer["rejected"] == []
        assert await stored(here, prefix) == partition(held)


def keys_of(each: Row) -> tuple[Any, Any, Any]:
    return each.nib, each.nik, each.name


def meant(held: dict[str, Row], participant: Row) -> frozenset[str] | None:
    """The group that a participant means, by the rules read on all rows at once."""
    groups = {ref: group for group in partition(held) for ref in group}
    found = []
    for position, value in enumerate(keys_of(participant)):
        holding = {groups[ref] for ref, each in held.items() if value is not None and keys_of(each)[position] == value}
        found.append([_known(held, group) for group in holding])
    return look_up(participant.nib, participant.nik, *found)


def _known(held: dict[str, Row], group: frozenset[str]) -> Known[frozenset[str]]:
    rows = [held[ref] for ref in group]
    return Known(group, frozenset(r.nib for r in rows if r.nib), frozenset(r.nik for r in rows if r.nik))


async def gone_by(here: World, prefix: str) -> dict[str, frozenset[str] | None]:
    """The rows of the partner that each participant goes by; None for one no list names."""
    records = await here.pool.fetch(
        "select participant_no, array_agg(e.ref) filter (where e.ref is not null) as refs from participant p "
        "left join evidence e on e.partner_id = p.partner_id where participant_no like $1 group by participant_no",
        f"{prefix}%",
    )
    return {record["participant_no"]: frozenset(record["refs"]) if record["refs"] else None for record in records}


@pytest.mark.parametrize("seed", range(100, 115))
async def test_participants_go_by_the_partner_they_mean_whatever_comes_first(here: World, seed: int) -> None:
    dice = random.Random(seed)
    held: dict[str, Row] = {}
    participants: dict[str, Row] = {}
    prefix = f"s{seed}-"
    for _ in range(12):
        events = []
        for _ in range(dice.randint(1, 4)):
            number = f"{prefix}{dice.randint(1, 14)}"
            each = row(dice, seed, number)
            if dice.random() < 0.5:
                held[number] = each
                events.append(here.event("partner.listed", listed(each)))
            elif number not in participants:
                participants[number] = each
                data = {"participant_no": number, "partner": listed(each)["partner"] | {"name": each.name[0]}}
                del data["partner"]["ref"]
                data["partner"].pop("nik_koperasi", None)
                data |= {"region": each.name[1], "programmes": ["JKK", "JKM"], "segment": "PU", "workers": 1}
                events.append(here.event("enrollment.registered", data | {"effective_on": "2021-01-01"}))
        answer = await here.send(*events)
        assert answer["rejected"] == []
        assert await gone_by(here, prefix) == {number: meant(held, each) for number, each in participants.items()}


async def rows_of_partners(here: World) -> dict[str, list[Any]]:
    """partner_id → its rows, the one believed last."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await here.pool.fetch("select * from evidence order by last_listed, line, agency, list, sequence"):
        found[str(row["partner_id"])].append(row)
    return found


async def test_the_facts_on_the_topic_are_the_partners_in_the_database(here: World) -> None:
    """After all those runs: each group is published once, by its own rows; so is each id that lost its rows."""
    facts = await here.facts("partners")
    assert all(fact is not None for versions in facts.values() for fact in versions)
    published = {key for key, versions in facts.items() if versions[-1]["status"] == "active" and versions[-1]["lists"]}
    assert published == {
        str(r["partner_id"]) for r in await here.pool.fetch("select distinct partner_id from evidence")
    }
    for key, versions in facts.items():
        assert [fact["version"] for fact in versions] == list(range(1, len(versions) + 1)), key
        times = [fact["recorded_at"] for fact in versions]
        assert times == sorted(times)
        if versions[-1]["status"] == "merged":
            survivor = versions[-1]["merged_into"]
            assert facts[survivor][-1]["status"] == "active"
            assert versions[-1]["listed_on"] is None
    for partner_id, rows in (await rows_of_partners(here)).items():
        fact = facts[partner_id][-1]
        newest, since = rows[-1], min(row["first_listed"] for row in rows)
        assert (fact["region"], fact["workers"]["total"]) == (newest["region"], newest["total"]), partner_id
        assert fact["listed_on"] == since.isoformat(), partner_id
    for versions in facts.values():
        for one, other in pairwise(versions):
            changing = ("version", "recorded_at", "type")
            assert {k: v for k, v in one.items() if k not in changing} != {
                k: v for k, v in other.items() if k not in changing
            }, "a version that says nothing new"


@pytest.mark.parametrize("seed", [5, 6])
async def test_an_upload_in_many_chunks_forms_the_partners_of_all_its_rows(
    here: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_worker, "CHUNK", 100)
    dice = random.Random(seed)
    rows = []
    for _ in range(1500):
        nik = f"33110{seed}{dice.randint(1, 900):010d}" if dice.random() < 0.7 else ""
        nib = f"0000{seed}{dice.randint(1, 300):08d}" if dice.random() < 0.3 else ""
        rows.append(Row(nib=nib or None, nik=nik or None, name=(f"Besar {seed} {dice.randint(1, 500)}", "33.11")))
    content = "nama usaha;nib;nik;kab_kota\n" + "\n".join(
        f"{each.name[0]};{each.nib or ''};{each.nik or ''};{each.name[1]}" for each in rows
    )
    report = await here.upload(content, "partners", list=f"besar-{seed}")
    distinct = {(each.nib, each.nik, each.name) for each in rows}  # the same content is the same row
    expected = len(
        cluster(
            [Row(nib=nib, nik=nik, name=(name_key(name), where), list="one") for nib, nik, (name, where) in distinct]
        )
    )
    assert (report["accepted"], report["created"]) == (1500, expected)
    (listed,) = [row for row in await here.get("/v1/lists") if row["list"] == f"besar-{seed}"]
    assert listed["listed"] == expected
