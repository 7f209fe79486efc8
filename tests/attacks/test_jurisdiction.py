"""An agency has no say over partners and participants of regions that are not its own."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from services.registration.writer import authority_upgrade
from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import claim, enrolment, listing

HOME, ABROAD = "33.11", "36.71"
BY_ADMIN = {"authorization": f"Bearer {ADMIN}"}


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"jurisdiction{database.name[-6:]}.") as made:
        for slug, regions in {"home": (HOME,), "beside": (HOME,), "thief": (ABROAD,), "kanwil": ("ID",)}.items():
            await made.agency(slug, regions)
        yield made
    await stack.drop(postgres, database)


def nib(number: int) -> str:
    return f"{100_000_000 + number:013d}"


async def listed(here: World, agency: str, number: int, region: str = HOME, day: int = 1, **more: Any) -> str:
    """The partner's id of a listing by this agency."""
    data = listing(f"Toko {number}", nib=nib(number), region=region, listed_on=f"2021-02-{day:02d}", **more)
    answer = await here.send(here.event("partner.listed", data, source=f"/{agency}"), agency=agency)
    assert answer["rejected"] == []
    (partner,) = answer["partners"].values()
    return str(partner)


async def enrol(here: World, agency: str, number: str, **more: Any) -> httpx.Response:
    event = here.event("enrollment.registered", enrolment(number, **more), source=f"/{agency}")
    return await here.post(event, agency=agency)


async def cases(here: World, agency: str, kind: str, subject: str) -> list[dict[str, Any]]:
    items = (await here.get("/v1/cases", agency))["items"]
    return [item for item in items if (item["kind"], item["subject"]) == (kind, subject)]


async def decide(here: World, agency: str, case: dict[str, Any], decision: str) -> httpx.Response:
    return await here.http.post(f"/v1/cases/{case['id']}", json={"decision": decision}, headers=here.bearer(agency))


async def erase(here: World, partner: str, headers: dict[str, str]) -> int:
    return (await here.http.delete(f"/v1/partners/{partner}", headers=headers)).status_code


async def test_a_newcomer_neither_moves_a_partner_nor_redirects_its_reminders(here: World) -> None:
    contact = {"phone": "0860-0000-1836", "email": "home@example.id"}
    partner = await listed(here, "home", 1, contact=contact, workers=3, scale="micro")
    theirs = {"phone": "0860-0000-1837", "email": "thief@example.id"}
    more = {"contact": theirs, "workers": 900, "scale": "large", "kind": "cooperative", "occupation": "farmer"}
    assert await listed(here, "thief", 1, ABROAD, day=20, **more) == partner
    fact = (await here.newest("partners"))[partner]
    assert (fact["region"], fact["kind"], fact["scale"], fact["workers"]["total"]) == (HOME, "business", "micro", 3)
    assert [each["agency"] for each in fact["lists"]] == ["home", "thief"]
    reached = (await here.newest("contacts"))[partner]
    assert (reached["email"], reached["phone"], reached["name"]) == ("home@example.id", "+6286000001836", "Toko 1")
    assert (await here.get(f"/v1/partners/{partner}", "home"))["region"] == HOME
    assert await here.get("/v1/partners", "home", region=HOME) != {"items": [], "next_cursor": None}


async def test_a_listing_dated_back_does_not_change_since_when_a_partner_is_listed(here: World) -> None:
    partner = await listed(here, "home", 2, day=10)
    await listed(here, "thief", 2, ABROAD, day=1)
    assert (await here.newest("partners"))[partner]["listed_on"] == "2021-02-10"


async def test_an_agency_of_the_same_region_may_correct_the_contact(here: World) -> None:
    partner = await listed(here, "home", 3, contact={"email": "old@example.id"})
    await listed(here, "beside", 3, day=9, contact={"email": "new@example.id"})
    assert (await here.newest("contacts"))[partner]["email"] == "new@example.id"


async def test_who_may_list_both_regions_moves_a_partner(here: World) -> None:
    partner = await listed(here, "home", 4)
    await listed(here, "kanwil", 4, ABROAD, day=9)
    assert (await here.newest("partners"))[partner]["region"] == ABROAD
    assert await cases(here, "kanwil", "region_conflict", partner) == []


async def test_the_dispute_is_a_case_for_who_has_both_regions_alone(here: World) -> None:
    partner = await listed(here, "home", 5, contact={"email": "home@example.id"})
    await listed(here, "thief", 5, ABROAD, day=9, contact={"email": "moved@example.id"})
    (case,) = await cases(here, "kanwil", "region_conflict", partner)
    assert case["sides"] == [{"region": HOME, "own": False}, {"region": ABROAD, "own": False}]
    for agency in ("home", "thief"):
        assert await cases(here, agency, "region_conflict", partner) == []
        assert (await decide(here, agency, case, ABROAD)).status_code == 404
    assert (await decide(here, "kanwil", case, "36.03")).json()["code"] == "invalid_value"
    answer = await decide(here, "kanwil", case, ABROAD)
    assert (answer.status_code, answer.json()["decision"]) == (200, ABROAD)
    assert (await here.newest("partners"))[partner]["region"] == ABROAD
    assert (await here.newest("contacts"))[partner]["email"] == "moved@example.id"
    assert await cases(here, "kanwil", "region_conflict", partner) == []
    await listed(here, "home", 5, day=20, contact={"email": "again@example.id"})
    assert (await here.newest("partners"))[partner]["region"] == ABROAD
    assert await cases(here, "kanwil", "region_conflict", partner) == []
    assert (await decide(here, "kanwil", case, HOME)).status_code == 200
    assert (await here.newest("contacts"))[partner]["email"] == "again@example.id"


async def test_the_administrator_sees_who_is_behind_a_side(here: World) -> None:
    partner = await listed(here, "home", 6)
    await listed(here, "thief", 6, ABROAD, day=9)
    items = (await here.http.get("/v1/cases", params={"limit": 1000}, headers=BY_ADMIN)).json()["items"]
    (case,) = [item for item in items if item["subject"] == partner]
    assert case["sides"] == [{"region": HOME, "agencies": ["home"]}, {"region": ABROAD, "agencies": ["thief"]}]


async def test_a_newcomers_deletion_takes_back_its_own_rows_alone(here: World) -> None:
    partner = await listed(here, "home", 7, contact={"email": "home@example.id"})
    await listed(here, "thief", 7, ABROAD, day=9)
    assert await erase(here, partner, here.bearer("thief")) == 204
    fact = (await here.newest("partners"))[partner]
    assert (fact["status"], [each["agency"] for each in fact["lists"]]) == ("active", ["home"])
    assert (await here.newest("contacts"))[partner]["email"] == "home@example.id"
    assert await cases(here, "kanwil", "region_conflict", partner) == []
    assert await erase(here, partner, here.bearer("thief")) == 404
    assert await erase(here, partner, here.bearer("home")) == 204
    assert (await here.newest("partners"))[partner]["status"] == "erased"


async def test_a_deletion_takes_back_what_was_refused_of_that_agency_alone(here: World) -> None:
    partner = await listed(here, "home", 8)
    await listed(here, "thief", 8, ABROAD)
    for agency, region in (("home", HOME), ("thief", ABROAD)):
        data = listing("Toko 8", nib=nib(8), region=region, listed_on="never")
        assert (await here.post(here.event("partner.listed", data, source=f"/{agency}"), agency=agency)).is_error
    assert await erase(here, partner, here.bearer("thief")) == 204
    assert "Toko 8" not in str(await here.get("/v1/quarantine", "thief"))
    assert "Toko 8" in str(await here.get("/v1/quarantine", "home"))


async def test_the_administrator_erases_a_person_everywhere(here: World) -> None:
    partner = await listed(here, "home", 9)
    await listed(here, "beside", 9)
    assert await erase(here, partner, BY_ADMIN) == 204
    assert (await here.newest("partners"))[partner]["status"] == "erased"


async def test_who_alone_lists_another_regions_participant_does_not_erase_it(here: World) -> None:
    assert (await enrol(here, "home", "P10", nib=nib(10))).status_code == 202
    partner = await listed(here, "thief", 10, ABROAD)
    assert await erase(here, partner, here.bearer("thief")) == 204
    assert (await here.newest("partners"))[partner]["type"] == "partner.delisted"
    assert len((await here.newest("enrollments"))[partner]["periods"]) == 1


async def test_the_office_of_the_partners_region_may_end_any_enrolment_of_it(here: World) -> None:
    partner = await listed(here, "home", 11)
    assert (await enrol(here, "thief", "P11", nib=nib(11), region=ABROAD)).status_code == 202
    data = {"participant_no": "P11", "effective_on": "2021-06-01"}
    assert await here.refused("enrollment.lapsed", data | {"participant_no": "P-none"}, "home") == (
        "unknown_participant",
        "participant_no",
    )
    await here.send(here.event("enrollment.lapsed", data, source="/home"), agency="home")
    (period,) = (await here.newest("enrollments"))[partner]["periods"]
    assert period["until"] == "2021-06-01"


async def test_a_number_squatted_by_a_stranger_is_claimed_back_through_a_case(here: World) -> None:
    partner = await listed(here, "home", 12)
    assert (await enrol(here, "thief", "P12", name="Siapa", region=ABROAD)).status_code == 202
    await here.send(here.event("claim.filed", claim("P12", claim_ref="K12"), source="/thief"), agency="thief")
    refused = await enrol(here, "home", "P12", nib=nib(12))
    assert refused.json()["code"] == "unknown_participant"
    assert (await enrol(here, "home", "P12", name="Nobody Listed")).status_code == 422
    (case,) = await cases(here, "kanwil", "participant_claimed", "P12")
    assert [side["region"] for side in case["sides"]] == [ABROAD, HOME]
    assert (await decide(here, "kanwil", case, HOME)).status_code == 200
    assert (await enrol(here, "thief", "P12", name="Siapa", region=ABROAD)).status_code == 422
    entries = (await here.get("/v1/quarantine", "home", limit="1000"))["items"]
    (entry,) = [e for e in entries if e["code"] == "unknown_participant" and nib(12) in str(e)]
    retried = await here.http.post(f"/v1/quarantine/{entry['id']}/retry", headers=here.bearer("home"))
    assert retried.status_code == 200, retried.text
    assert len((await here.newest("enrollments"))[partner]["periods"]) == 1
    stolen = [fact for fact in (await here.newest("claims")).values() if fact["agency"] == "thief"]
    assert partner not in str(stolen)


async def test_a_stranger_opens_no_case_for_a_partner_of_another_region(here: World) -> None:
    await listed(here, "home", 13)
    assert (await enrol(here, "home", "P13", nib=nib(13))).status_code == 202
    assert (await enrol(here, "thief", "P13", nib=nib(13), region=ABROAD)).status_code == 422
    assert await cases(here, "kanwil", "participant_claimed", "P13") == []


async def test_partners_that_were_moved_before_are_put_right_when_the_service_starts(here: World) -> None:
    partner = await listed(here, "home", 14, workers=3)
    await listed(here, "thief", 14, ABROAD, day=20, workers=900)
    stolen = msgspec.json.decode(await here.pool.fetchval("select fact from partner where partner_id = $1", partner))
    await here.pool.execute(
        "update partner set region = $2, fact = $3 where partner_id = $1",
        partner,
        ABROAD,
        msgspec.json.encode(stolen | {"region": ABROAD}),
    )
    await here.pool.execute("delete from cases where subject = $1", partner)
    await here.pool.execute("insert into partner_to_derive values ($1)", partner)
    await authority_upgrade.run(here.pool, here.app.state.services.writer)
    assert (await here.newest("partners"))[partner]["region"] == HOME
    assert len(await cases(here, "kanwil", "region_conflict", partner)) == 1
    assert await here.pool.fetchval("select count(*) from partner_to_derive") == 0
