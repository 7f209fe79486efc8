"""A partner that left its last list and is listed again is the same partner; one that was erased never is."""

import random
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests import stack
from tests.integration import test_registration_identity as identity
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import NIB, NIK, OTHER_NIB, OTHER_NIK, claim, enrolment, listing

KOPERASI = "3311000000001"


@pytest.fixture
async def here(database: stack.Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency()
        yield made


@pytest.fixture(scope="module")
async def crowd(postgres: str, kafka: str) -> AsyncIterator[World]:
    """One for all seeds: what they list bears names and numbers of their own."""
    database = await stack.clone(postgres)
    async with world(database, kafka, f"t{uuid.uuid4().hex[:10]}.") as made:
        await made.agency()
        yield made
    await stack.drop(postgres, database)


async def partner_of(here: World, kind: str, data: dict[str, Any]) -> str:
    """The partner that an accepted event is about."""
    (partner,) = (await here.send(here.event(kind, data)))["partners"].values()
    return str(partner)


async def delist(here: World, partner: str, name: str = "default") -> None:
    await here.send(here.event("partner.delisted", {"partner": {"id": partner}, "list": name}))


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (listing("Toko Peraga", nib=NIB), listing("Nama Baru", nib=NIB)),
        (listing("Koperasi", nik_koperasi=KOPERASI, kind="cooperative"), listing("Baru", nik_koperasi=KOPERASI)),
        (listing("Toko Peraga", nik=NIK), listing("Nama Baru", nik=NIK, region="33.12")),
        (listing("Toko Peraga"), listing("TOKO  PERAGA")),
        (listing("Toko Peraga", nik=NIK), listing("Toko Peraga")),
    ],
)
async def test_a_partner_listed_again_keeps_its_id_and_goes_on_counting(
    here: World, first: dict[str, Any], again: dict[str, Any]
) -> None:
    contact = {"contact": {"phone": "0860-0000-1836"}}
    partner = await partner_of(here, "partner.listed", first | contact | {"list": "kamp"})
    await delist(here, partner, "kamp")
    assert (await here.newest("contacts"))[partner] is None
    assert await partner_of(here, "partner.listed", again | contact | {"list": "kamp2"}) == partner
    published = await here.facts("partners")
    assert [(fact["type"], fact["version"]) for fact in published[partner] if fact] == [
        ("partner.listed", 1),
        ("partner.delisted", 2),
        ("partner.listed", 3),
    ]
    assert list(published) == [partner]
    assert (await here.newest("contacts"))[partner]["version"] == 3
    assert (await here.get(f"/v1/partners/{partner}"))["lists"] == [{"list": "kamp2", "listed_on": "2021-01-31"}]


async def test_within_one_request_as_well(here: World) -> None:
    answer = await here.send(
        here.event("partner.listed", listing(nib=NIB, list="a")),
        here.event("partner.delisted", {"partner": {"nib": NIB}, "list": "a"}),
        here.event("partner.listed", listing("Baru", nib=NIB, list="b")),
    )
    assert len(set(answer["partners"].values())) == 1
    (published,) = (await here.facts("partners")).values()
    assert [lists["list"] for lists in published[-1]["lists"]] == ["b"]  # type: ignore[index]


async def test_a_name_that_two_bore_brings_nobody_back(here: World) -> None:
    one = await partner_of(here, "partner.listed", listing("Warung", nik=NIK))
    other = await partner_of(here, "partner.listed", listing("Warung", nik=OTHER_NIK))
    await delist(here, one)
    await delist(here, other)
    assert await partner_of(here, "partner.listed", listing("Warung")) not in (one, other)
    assert await partner_of(here, "partner.listed", listing("Warung", nik=OTHER_NIK)) == other


async def test_what_a_removed_row_said_is_not_forgotten_with_a_later_one(here: World) -> None:
    partner = await partner_of(here, "partner.listed", listing("Warung", nib=NIB, list="a"))
    assert await partner_of(here, "partner.listed", listing("Warung", list="b")) == partner
    await delist(here, partner, "a")
    await delist(here, partner, "b")
    assert await partner_of(here, "partner.listed", listing("Nama Baru", nib=NIB)) == partner


async def test_a_row_that_ties_a_former_partner_to_a_younger_one_merges_them(here: World) -> None:
    elder = await partner_of(here, "partner.listed", listing("Satu", nib=NIB))
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB)), here.event("claim.filed", claim()))
    await delist(here, elder)
    younger = await partner_of(here, "partner.listed", listing("Dua", nik=NIK))
    assert younger != elder
    assert await partner_of(here, "partner.listed", listing("Tiga", nib=NIB, nik=NIK, list="b")) == elder
    partners = await here.newest("partners")
    assert (partners[younger]["status"], partners[younger]["merged_into"]) == ("merged", elder)
    assert [each["list"] for each in partners[elder]["lists"]] == ["b", "default"]
    assert len((await here.newest("enrollments"))[elder]["periods"]) == 1


async def test_a_participant_who_means_somebody_else_does_not_come_along(here: World) -> None:
    partner = await partner_of(here, "partner.listed", listing("Warung", nib=NIB))
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB)))
    await delist(here, partner)
    assert await partner_of(here, "partner.listed", listing("Warung")) == partner
    enrollments = await here.newest("enrollments")
    assert enrollments.pop(partner)["periods"] == []
    ((_, apart),) = enrollments.items()
    assert (apart["listed_on"], len(apart["periods"])) == (None, 1)


@pytest.mark.parametrize("delisted_before", [False, True])
async def test_an_erased_id_never_comes_back(here: World, delisted_before: bool) -> None:
    person = listing("Rahasia", nik=NIK)
    partner = await partner_of(here, "partner.listed", person)
    await delist(here, partner)
    await here.send(here.event("partner.listed", person))
    if delisted_before:
        await delist(here, partner)
    await here.post(here.event("partner.listed", person | {"listed_on": "never"}))
    admin = {"authorization": f"Bearer {ADMIN}"}
    assert (await here.http.delete(f"/v1/partners/{partner}", headers=admin)).status_code == 204
    assert await here.pool.fetchval("select count(*) from former") == 0
    assert (await here.get("/v1/quarantine"))["items"] == []
    again = await partner_of(here, "partner.listed", person)
    assert again != partner
    assert (await here.newest("partners"))[partner]["type"] == "partner.erased"
    await delist(here, again)
    assert await partner_of(here, "partner.listed", person) == again


@pytest.mark.parametrize("seed", range(200, 215))
async def test_removing_and_listing_again_changes_no_group_and_no_id(crowd: World, seed: int) -> None:
    """Partners come, go for a while, come back or are erased: groups are those of the rows that stand."""
    here = crowd
    dice = random.Random(seed)
    held: dict[str, identity.Row] = {}
    erased: set[str] = set()
    prefix = f"s{seed}-"
    for _ in range(10):
        for _ in range(dice.randint(1, 4)):
            ref = f"{prefix}{dice.randint(1, 14)}"
            held[ref] = identity.row(dice, seed, ref)
            await here.send(here.event("partner.listed", identity.listed(held[ref])))
        one = dice.choice(sorted(held))
        group = next(group for group in identity.partition(held) if one in group)
        before = await ids(here, prefix)
        if dice.random() < 0.3:
            await here.http.delete(f"/v1/partners/{before[one]}", headers=here.bearer("dinas"))
            erased.add(before[one])
        else:
            lists = sorted({str(held[ref].list) for ref in group})
            partner = {"id": before[one]}
            await here.send(*(here.event("partner.delisted", {"partner": partner, "list": name}) for name in lists))
        left = {ref: each for ref, each in held.items() if ref not in group}
        assert await identity.stored(here, prefix) == identity.partition(left)
        back = [replace(held[ref]) for ref in sorted(group, key=lambda _: dice.random())]
        await here.send(*(here.event("partner.listed", identity.listed(each)) for each in back))
        after = await ids(here, prefix)
        assert await identity.stored(here, prefix) == identity.partition(held)
        assert erased.isdisjoint(after.values())
        sure = any(held[ref].nib or held[ref].nik_koperasi for ref in group)
        if sure and before[one] not in erased:
            assert {await answering(here, before[one])} == {after[ref] for ref in group}


async def answering(here: World, partner: str) -> str:
    """The id that answers for this one."""
    query = "select coalesce(merged_into, partner_id) from partner where partner_id = $1::uuid"
    return str(await here.pool.fetchval(query, partner))


async def ids(here: World, prefix: str) -> dict[str, str]:
    records = await here.pool.fetch("select ref, partner_id from evidence where ref like $1", f"{prefix}%")
    return {record["ref"]: str(record["partner_id"]) for record in records}


async def test_a_ref_of_two_partners_is_a_conflict_unless_the_list_tells_them_apart(here: World) -> None:
    first = await partner_of(here, "partner.listed", listing("Satu", ref="SAMA", list="a"))
    second = await partner_of(here, "partner.listed", listing("Dua", ref="SAMA", list="b"))
    assert await here.refused("enrollment.registered", enrolment(ref="SAMA")) == ("conflict", "partner.ref")
    await here.send(here.event("partner.delisted", {"partner": {"ref": "SAMA"}, "list": "a"}))
    partners = await here.newest("partners")
    assert (partners[first]["type"], partners[second]["type"]) == ("partner.delisted", "partner.listed")
    await here.send(here.event("enrollment.registered", enrolment(ref="SAMA")))
    assert len((await here.newest("enrollments"))[second]["periods"]) == 1


@pytest.mark.parametrize("known", [listing("Satu"), listing("Satu", nik=NIK), listing("Satu", nik_koperasi=KOPERASI)])
@pytest.mark.parametrize("delisted", [False, True])
async def test_an_id_beside_a_new_nib_stays_the_partner_of_the_id(
    here: World, known: dict[str, Any], delisted: bool
) -> None:
    partner = await partner_of(here, "partner.listed", known)
    if delisted:
        await delist(here, partner)
    assert await partner_of(here, "partner.listed", listing("Nama Lain", id=partner, nib=NIB, list="b")) == partner
    assert await partner_of(here, "partner.listed", listing("Nama Ketiga", nib=NIB, list="c")) == partner


async def test_an_id_beside_the_nib_of_another_is_a_conflict(here: World) -> None:
    partner = await partner_of(here, "partner.listed", listing("Satu", nik=NIK))
    await here.send(here.event("partner.listed", listing("Dua", nib=NIB)))
    assert await here.refused("partner.listed", listing("Tiga", id=partner, nib=NIB)) == ("conflict", "partner")
    await here.send(here.event("partner.listed", listing("Satu", id=partner, nib=OTHER_NIB)))
    assert await here.refused("partner.listed", listing("Satu", id=partner, nib="0000100000013")) == (
        "conflict",
        "partner",
    )


async def test_a_kanwil_agency_speaks_of_its_provinces_in_files_as_in_events(here: World) -> None:
    await here.agency("kanwil", ("jateng-diy",))
    rows = "wilayah;target;mulai;selesai\n33;10;2021-01-01;2021-12-31\nJawa Tengah;11;2021-02-01;2021-12-31\n"
    report = await here.upload(rows + "36;12;2021-01-01;2021-12-31\n", "targets", agency="kanwil")
    assert (report["accepted"], report["rejected_by"]) == (2, {"outside_jurisdiction": 1})
