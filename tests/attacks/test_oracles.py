"""What an agency is answered is the same whether or not another agency lists the person or business."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests import stack
from tests.integration.registration_world import World, world
from tests.integration.test_registration_partners import listing


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"oracles{database.name[-6:]}.") as made:
        await made.agency("victim", ("33.11",))
        await made.agency("curious", ("36.71",))
        for number in KNOWN:
            known = listing("Rahasia", nib=nib(number), nik=nik(number), **VICTIMS)
            await made.send(made.event("partner.listed", known, source="/victim"), agency="victim")
        yield made
    await stack.drop(postgres, database)


KNOWN, UNKNOWN = range(1, 20), range(101, 120)
VICTIMS = {"workers": 7, "scale": "medium", "kind": "cooperative", "occupation": "farmer", "region": "33.11"}
COUNTS = ("rows", "accepted", "created", "merged", "unchanged", "replaced", "rejected", "rejected_by", "warnings")


def nib(number: int) -> str:
    return f"{200_000_000 + number:013d}"


def nik(number: int) -> str:
    return f"33110249080{number:05d}"


async def answered(here: World, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The answer without what differs from event to event."""
    event = here.event(kind, data, source="/curious")
    body = (await here.post([event], agency="curious")).json()
    body["partners"] = len(body["partners"])
    body["rejected"] = [each | {"id": None} for each in body["rejected"]]
    return dict(body)


async def listed(here: World, number: int, **more: Any) -> str:
    """The id that the curious agency is answered for a person it lists with no more than the NIK."""
    data = listing(f"Tebakan {number}", nik=nik(number), region="36.71") | more
    answer = await here.send(here.event("partner.listed", data, source="/curious"), agency="curious")
    (partner,) = answer["partners"].values()
    return str(partner)


@pytest.mark.parametrize("dry_run", ["true", ""])
async def test_an_upload_counts_the_agencys_own_lists_alone(here: World, dry_run: str) -> None:
    reports = []
    for number in (KNOWN[0], UNKNOWN[0]):
        rows = "".join(f"Tebakan {number};{nik(number)};36.71;{note}\n" for note in ("a", "b"))
        content = f"nama;nik;kab_kota;alamat\n{rows}"
        fields = {"dry_run": dry_run} if dry_run else {}
        reports.append(await here.upload(content, "persons", "curious", list=f"tebakan-{number}-{dry_run}", **fields))
    known, unknown = ({name: report[name] for name in COUNTS} for report in reports)
    assert known == unknown
    assert (known["created"], known["merged"]) == (1, 1)


async def test_a_partner_is_shown_by_the_agencys_own_rows(here: World) -> None:
    shown = []
    for number in (KNOWN[1], UNKNOWN[1]):
        partner = await listed(here, number)
        for path, params in ((f"/v1/partners/{partner}", {}), ("/v1/partners", {"region": "36.71", "limit": "1000"})):
            found = await here.get(path, "curious", **params)
            (one,) = [each for each in found.get("items", [found]) if each["id"] == partner]
            assert one.pop("periods", []) == []
            assert one.pop("claims", 0) == 0
            shown.append(one | {"id": None, "name": None})
        assert partner not in str(await here.get("/v1/partners", "curious", region="33.11"))
    assert all(one == shown[0] for one in shown)
    assert (shown[0]["region"], shown[0]["kind"], shown[0]["scale"], shown[0]["nib"]) == (
        "36.71",
        "business",
        None,
        None,
    )


async def test_an_id_holds_no_time_since_when_others_know_the_partner(here: World) -> None:
    assert {UUID(await listed(here, number)).version for number in (KNOWN[2], UNKNOWN[2])} == {4}


async def test_a_listing_by_id_does_not_bring_the_numbers_of_others_along(here: World) -> None:
    found = []
    for number in (KNOWN[3], UNKNOWN[3]):
        partner = await listed(here, number)
        again = {"partner": {"id": partner}, "list": f"by-id-{number}", "name": "Tebakan"}
        assert await listed(here, number, **again) == partner
        one = await here.get(f"/v1/partners/{partner}", "curious")
        found.append({name: one[name] for name in ("nib", "region", "kind", "refs")})
        report = await here.upload("nama usaha;kab_kota\nX;36.71\n", "partners", "curious", list=f"by-id-{number}")
        path = f"/v1/imports/{report['id']}/unregistered.csv"
        content = (await here.http.get(path, headers=here.bearer("curious"))).content
        text = content.decode("utf-8-sig")
        found[-1]["csv"] = sorted((row["nib"], row["nik_koperasi"]) for row in csv.DictReader(io.StringIO(text)))
    assert found[0] == found[1]


async def test_an_id_beside_a_number_is_judged_by_own_rows(here: World) -> None:
    answers = []
    for number in (KNOWN[4], UNKNOWN[4]):
        partner = await listed(here, number)
        data = listing("Tebakan", id=partner, nib=nib(number + 500), region="36.71")
        answers.append(await answered(here, "partner.listed", data))
    assert answers[0] == answers[1]


async def test_a_ref_beside_a_number_of_others_is_no_conflict(here: World) -> None:
    answers = []
    for number in (KNOWN[5], UNKNOWN[5]):
        data = listing(f"Sendiri {number}", ref=f"R{number}", region="36.71", list="refs")
        await here.send(here.event("partner.listed", data, source="/curious"), agency="curious")
        named = {"partner": {"ref": f"R{number}", "nib": nib(number)}, "list": "nowhere"}
        answers.append(await answered(here, "partner.delisted", named))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("key", ["nib", "nik"])
async def test_a_delisting_shows_nobody_that_others_list(here: World, key: str) -> None:
    number = {"nib": nib, "nik": nik}[key]
    answers = [
        await answered(here, "partner.delisted", {"partner": {key: number(each)}, "list": "default"})
        for each in (KNOWN[6], UNKNOWN[6])
    ]
    assert answers[0] == answers[1] == {"accepted": 1, "duplicates": 0, "rejected": [], "partners": 0}


async def test_a_persons_nik_names_no_cooperative(here: World) -> None:
    answers = []
    for number in (KNOWN[7], UNKNOWN[7]):
        data = listing("Anggota", nik=nik(900), region="36.71", cooperative={"nik": nik(number)})
        answers.append(await answered(here, "partner.listed", data))
    assert answers[0] == answers[1]
    assert answers[0]["rejected"][0]["code"] == "partner_unknown"


async def test_an_agency_takes_its_own_listing_off_by_id_wherever_the_partner_is(here: World) -> None:
    for number in (KNOWN[8], UNKNOWN[8]):
        partner = await listed(here, number)
        answer = await answered(here, "partner.delisted", {"partner": {"id": partner}, "list": "default"})
        assert (answer["accepted"], answer["partners"]) == (1, 1)
        assert (await here.http.get(f"/v1/partners/{partner}", headers=here.bearer("curious"))).status_code == 404
        assert (await here.http.delete(f"/v1/partners/{partner}", headers=here.bearer("curious"))).status_code == 404
