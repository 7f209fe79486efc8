"""What becomes of partners, participants and claims over time, as published on the topics."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import World, world

NIB, OTHER_NIB = "0000100000011", "0000100000012"
NIK, OTHER_NIK = "3311024908000001", "3311024908000002"


@pytest.fixture
async def here(database: stack.Database, kafka: str, topics: str) -> AsyncIterator[World]:
    async with world(database, kafka, topics) as made:
        await made.agency()
        yield made


def listing(name: str = "Toko Peraga", **more: Any) -> dict[str, Any]:
    identifiers = {key: more.pop(key) for key in ("nib", "nik", "ref", "id", "nik_koperasi") if key in more}
    data = {"partner": identifiers, "name": name, "kind": "business", "region": "33.11", "listed_on": "2021-01-31"}
    return data | more


def enrolment(number: str = "Z1", **more: Any) -> dict[str, Any]:
    partner = {key: more.pop(key) for key in ("nib", "nik", "ref", "id", "name") if key in more}
    data = {
        "participant_no": number,
        "partner": partner,
        "region": "33.11",
        "programmes": ["JKK", "JKM"],
        "segment": "PU",
        "workers": {"staff": 1, "labour": 2},
        "effective_on": "2021-03-01",
    }
    return data | more


def claim(number: str = "Z1", **more: Any) -> dict[str, Any]:
    data = {"claim_ref": "K1", "participant_no": number, "programme": "JKK", "amount": 5, "occurred_on": "2021-05-10"}
    return data | more


async def only(here: World, topic: str) -> dict[str, Any]:
    found = await here.newest(topic)
    assert len(found) == 1, found
    return next(iter(found.values()))


async def test_an_accepted_listing_is_told_with_its_contact(here: World) -> None:
    contact = {"name": "Umi", "phone": "0860-0000-1836", "email": "umi@example.id", "language": "en"}
    answer = await here.send(here.event("partner.listed", listing(nib=NIB, contact=contact, scale="small", workers=4)))
    partner_id = answer["partners"]["e1"]
    published = await only(here, "partners")
    assert (published["type"], published["version"], published["partner_id"]) == ("partner.listed", 1, partner_id)
    assert (published["scale"], published["workers"]["total"], published["listed_on"]) == ("small", 4, "2021-01-31")
    contact = await only(here, "contacts")
    assert (contact["phone"], contact["contact_person"], contact["language"]) == ("+6286000001836", "Umi", "en")
    assert contact["person_key"] is None, "no NIK is known"


async def test_a_row_that_links_two_partners_merges_the_younger_into_the_elder(here: World) -> None:
    first = await here.send(here.event("partner.listed", listing("Satu", nib=NIB, list="a", listed_on="2021-02-01")))
    second = await here.send(here.event("partner.listed", listing("Dua", nik=NIK, list="b", listed_on="2021-01-01")))
    elder, younger = first["partners"]["e1"], second["partners"]["e2"]
    await here.send(
        here.event("enrollment.registered", enrolment("Z1", nib=NIB)),
        here.event("enrollment.registered", enrolment("Z2", nik=NIK, programmes=["JKK", "JKM", "JHT"])),
        here.event("claim.filed", claim("Z2")),
    )
    third = await here.send(here.event("partner.listed", listing("Tiga", nib=NIB, nik=NIK, list="c")))
    assert third["partners"]["e6"] == elder
    partners, enrollments = await here.newest("partners"), await here.newest("enrollments")
    assert (partners[younger]["type"], partners[younger]["merged_into"]) == ("partner.merged", elder)
    assert (partners[elder]["listed_on"], len(partners[elder]["lists"])) == ("2021-01-01", 3)
    assert enrollments[younger]["periods"] == []
    (period,) = enrollments[elder]["periods"]
    assert (period["programmes"], period["workers"]["labour"]) == (["JKK", "JKM", "JHT"], 4)
    times = {partners[younger]["recorded_at"], partners[elder]["recorded_at"], enrollments[elder]["recorded_at"]}
    assert len(times | {enrollments[younger]["recorded_at"]}) == 1
    assert (await only(here, "claims"))["partner_id"] == elder
    assert (await here.newest("contacts"))[younger] is None
    assert (await here.get(f"/v1/partners/{younger}"))["id"] == elder


async def test_a_later_row_may_split_a_partner(here: World) -> None:
    answer = await here.send(
        here.event("partner.listed", listing("Warung", nik=NIK)),
        here.event("partner.listed", listing("Warung", list="lain")),
    )
    assert len(set(answer["partners"].values())) == 1
    kept = answer["partners"]["e1"]
    await here.send(here.event("partner.listed", listing("Warung", nik=OTHER_NIK)))
    partners = await here.newest("partners")
    assert len(partners) == 3
    assert partners[kept]["type"] == "partner.listed" if partners[kept]["version"] == 1 else "partner.updated"
    assert all(fact["status"] == "active" for fact in partners.values())


async def test_after_a_split_each_part_is_told_by_its_own_rows(here: World) -> None:
    old = listing("Satu", nik=NIK, list="a", workers=3)
    new = listing("Dua", nik=NIK, nib=NIB, list="b", workers=5, region="36.71", listed_on="2021-03-01")
    kept = (await here.send(here.event("partner.listed", old)))["partners"]["e1"]
    assert (await here.send(here.event("partner.listed", new)))["partners"]["e2"] == kept
    await here.send(here.event("partner.listed", listing("Tiga", nik=NIK, nib=OTHER_NIB)))
    facts = (await here.newest("partners")).values()
    published = {
        (fact["region"], fact["workers"]["total"], *(each["list"] for each in fact["lists"])) for fact in facts
    }
    assert published >= {("33.11", 3, "a"), ("36.71", 5, "b")}
    assert len(facts) == 3


async def test_a_participant_is_found_once_a_replaced_row_no_longer_holds_its_nik_too(here: World) -> None:
    one, other = listing("Satu", nib=NIB, nik=NIK), listing("Dua", nib=OTHER_NIB, nik=NIK, ref="r")
    answer = await here.send(here.event("partner.listed", one), here.event("partner.listed", other))
    await here.send(here.event("enrollment.registered", enrolment(nik=NIK)))
    assert (await only(here, "enrollments"))["listed_on"] is None
    await here.send(here.event("partner.listed", listing("Dua", nib=OTHER_NIB, nik=OTHER_NIK, ref="r")))
    (period,) = (await here.newest("enrollments"))[answer["partners"]["e1"]]["periods"]
    assert period["programmes"] == ["JKK", "JKM"]


async def test_an_unlisted_participant_keeps_its_id_when_a_list_names_it(here: World) -> None:
    answer = await here.send(here.event("enrollment.registered", enrolment(nik=NIK)))
    own = answer["partners"]["e1"]
    assert (await here.newest("enrollments"))[own]["listed_on"] is None
    assert await here.newest("partners") == {}
    answer = await here.send(here.event("partner.listed", listing(nik=NIK)))
    assert answer["partners"]["e2"] == own
    assert (await here.newest("enrollments"))[own]["listed_on"] == "2021-01-31"
    assert (await only(here, "partners"))["type"] == "partner.listed"


async def test_two_unlisted_participants_of_one_business_become_one_partner(here: World) -> None:
    answer = await here.send(
        here.event("enrollment.registered", enrolment("Z1", nib=NIB)),
        here.event("enrollment.registered", enrolment("Z2", nib=NIB)),
    )
    first, second = answer["partners"]["e1"], answer["partners"]["e2"]
    assert first != second
    await here.send(here.event("partner.listed", listing(nib=NIB)))
    enrollments, partners = await here.newest("enrollments"), await here.newest("partners")
    assert enrollments[first]["periods"][0]["workers"] == {"management": 0, "staff": 2, "labour": 4}
    assert enrollments[second]["periods"] == []
    assert partners[second]["merged_into"] == first


async def test_a_participant_follows_its_newest_version(here: World) -> None:
    a = await here.send(here.event("partner.listed", listing("A", nib=NIB)))
    b = await here.send(here.event("partner.listed", listing("B", nib=OTHER_NIB)))
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB)))
    await here.send(here.event("enrollment.changed", enrolment(nib=OTHER_NIB, effective_on="2021-06-01")))
    enrollments = await here.newest("enrollments")
    assert enrollments[a["partners"]["e1"]]["periods"] == []
    assert len(enrollments[b["partners"]["e2"]]["periods"]) == 1


async def test_lapse_and_reinstatement_are_told(here: World) -> None:
    await here.send(here.event("partner.listed", listing(nib=NIB)))
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB)))
    await here.send(
        here.event("enrollment.lapsed", {"participant_no": "Z1", "effective_on": "2021-06-01", "reason": "closed"})
    )
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB, effective_on="2021-09-01")))
    ((_, published),) = (await here.facts("enrollments")).items()
    kinds = ["enrollment.registered", "enrollment.lapsed", "enrollment.reinstated"]
    assert [fact["type"] for fact in published] == kinds
    assert [(p["from"], p["until"]) for p in published[-1]["periods"]] == [
        ("2021-03-01", "2021-06-01"),
        ("2021-09-01", None),
    ]


async def test_a_backdated_version_may_not_turn_a_later_one_into_a_drop(here: World) -> None:
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB)))
    data = enrolment(nib=NIB, programmes=["JKK", "JKM", "JHT"], effective_on="2021-01-01")
    assert await here.refused("enrollment.changed", data) == ("programme_dropped", "programmes")


async def test_a_later_listing_changes_the_enrolment_fact_as_well(here: World) -> None:
    await here.send(here.event("partner.listed", listing(nib=NIB, scale="micro", list="a")))
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB)))
    await here.send(here.event("partner.listed", listing(nib=NIB, scale="small", listed_on="2021-02-01", list="b")))
    published = await only(here, "enrollments")
    assert (published["scale"], published["version"], published["listed_on"]) == ("small", 2, "2021-01-31")


async def test_a_delisted_partner_leaves_coverage_and_comes_back(here: World) -> None:
    await here.send(here.event("partner.listed", listing(nib=NIB, list="a")))
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB)))
    await here.send(here.event("partner.delisted", {"partner": {"nib": NIB}, "list": "a"}))
    assert (await only(here, "partners"))["type"] == "partner.delisted"
    assert (await only(here, "enrollments"))["listed_on"] is None
    assert len((await only(here, "enrollments"))["periods"]) == 1
    await here.send(here.event("partner.listed", listing(nib=NIB, list="a")))
    assert (await only(here, "partners"))["type"] == "partner.listed"
    assert (await only(here, "enrollments"))["listed_on"] == "2021-01-31"


async def test_members_follow_their_cooperative(here: World) -> None:
    first = await here.send(
        here.event("partner.listed", listing("Koperasi A", nik_koperasi="3311000000001", kind="cooperative", ref="K"))
    )
    second = await here.send(here.event("partner.listed", listing("Koperasi B", nib=NIB, kind="cooperative")))
    member = await here.send(here.event("partner.listed", listing("Anggota", nik=NIK, cooperative={"nib": NIB})))
    await here.send(
        here.event("partner.listed", listing("Koperasi C", nib=NIB, nik_koperasi="3311000000001", kind="cooperative"))
    )
    partners = await here.newest("partners")
    assert partners[second["partners"]["e2"]]["merged_into"] == first["partners"]["e1"]
    assert partners[member["partners"]["e3"]]["cooperative_id"] == first["partners"]["e1"]


async def test_a_listing_may_name_its_partner_by_id(here: World) -> None:
    first = await here.send(here.event("partner.listed", listing("Satu", nib=NIB)))
    known = first["partners"]["e1"]
    again = await here.send(here.event("partner.listed", listing("Nama Baru", id=known, list="b")))
    assert again["partners"]["e2"] == known
    assert await here.refused("partner.listed", listing("X", id="00000000-0000-7000-8000-000000000000")) == (
        "partner_unknown",
        "partner.id",
    )


async def test_a_claim_moves_on_and_never_back(here: World) -> None:
    await here.send(here.event("enrollment.registered", enrolment(nib=NIB, effective_on="2021-01-15")))
    await here.send(here.event("claim.filed", claim()))
    await here.send(here.event("claim.paid", claim(paid_on="2021-07-01")))
    late = await here.send(here.event("claim.filed", claim()))
    assert late["accepted"] == 1
    ((_, published),) = (await here.facts("claims")).items()
    assert [(fact["type"], fact["version"]) for fact in published] == [("claim.filed", 1), ("claim.paid", 2)]
    assert (published[-1]["tenure_months"], published[-1]["region"], published[-1]["segment"]) == (3, "33.11", "PU")


async def test_statements_are_told_once(here: World) -> None:
    target = {
        "region": "33.11",
        "measure": "enrolled",
        "value": 200,
        "from": "2021-01-01",
        "until": "2021-12-31",
        "source": "c",
    }
    agreement = {"title": "Kerja sama", "parties": ["A", "B"], "date": "2021-01-01", "region": "ID"}
    denominator = {
        "region": "ID",
        "measure": "businesses",
        "value": 64e6,
        "as_of": "2021-12-31",
        "source": "x",
        "status": "ok",
    }
    for _ in range(2):
        await here.send(
            here.event("target.set", target),
            here.event("agreement.signed", agreement),
            here.event("denominator.set", denominator),
        )
    records = await here.records("reference")
    assert sorted(kind for _, kind, _ in records) == ["agreement.signed", "denominator.set", "target.set"]


async def test_guests_are_found_again_when_a_list_names_them(here: World) -> None:
    briefing = {"region": "33.11", "name": "Sosialisasi", "batch": "4", "held_on": "2021-02-16", "quota": 30}
    await here.send(here.event("briefing.held", briefing | {"attendees": [{"name": "Toko Peraga", "region": "33.11"}]}))
    assert (await only(here, "reference"))["attendees"] == []
    answer = await here.send(here.event("partner.listed", listing("TOKO PERAGA")))
    assert (await only(here, "reference"))["attendees"] == [answer["partners"]["e2"]]


async def test_erasure_leaves_an_id_and_nothing_else(here: World) -> None:
    answer = await here.send(
        here.event("partner.listed", listing("Rahasia", nik=NIK, contact={"phone": "0860-0000-1836"}))
    )
    partner = answer["partners"]["e1"]
    person_key = (await here.newest("contacts"))[partner]["person_key"]
    assert person_key
    assert NIK not in person_key
    await here.send(here.event("enrollment.registered", enrolment(nik=NIK)), here.event("claim.filed", claim()))
    await here.post(here.event("partner.listed", listing("Rahasia", nik=NIK, listed_on="never")))
    assert len((await here.get("/v1/quarantine"))["items"]) == 1
    response = await here.http.delete(f"/v1/partners/{partner}", headers=here.bearer("dinas"))
    assert response.status_code == 204
    published = (await here.newest("partners"))[partner]
    assert (published["type"], published["status"], published["lists"]) == ("partner.erased", "erased", [])
    assert (await here.newest("enrollments"))[partner]["periods"] == []
    assert (await here.newest("contacts"))[partner] is None
    assert (await here.get("/v1/quarantine"))["items"] == []
    assert (await here.http.get(f"/v1/partners/{partner}", headers=here.bearer("dinas"))).status_code == 404
    for table in ("evidence", "participant"):
        assert await here.pool.fetchval(f"select count(*) from {table}") == 0
    assert await here.pool.fetchval("select participant_no from claim") is None
    again = (await here.send(here.event("partner.listed", listing("Lain", nik=NIK))))["partners"]
    assert (await here.newest("contacts"))[again.popitem()[1]]["person_key"] == person_key, (
        "the same person, listed anew"
    )


async def test_an_idempotency_key_answers_the_same(here: World) -> None:
    batch = [here.event("partner.listed", listing(nib=NIB))]
    key = {"idempotency-key": "k1"}
    first, again = await here.post(batch, **key), await here.post(batch, **key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.json()["accepted"] == 1
    other = await here.post([here.event("partner.listed", listing())], **key)
    assert other.status_code == 422
    refused = here.event("partner.listed", listing(listed_on="never"))
    answers = [await here.post(refused, **{"idempotency-key": "k2"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]


async def test_many_requests_at_once_are_all_answered(here: World) -> None:
    events = [
        here.event("partner.listed", listing(f"Toko {n % 40}", ref=f"R{n}", list=f"{n // 40}")) for n in range(200)
    ]
    answers = await asyncio.gather(*(here.send(event) for event in events), *(here.send(event) for event in events))
    assert sum(answer["accepted"] for answer in answers) == 200
    assert sum(answer["duplicates"] for answer in answers) == 200
    assert len(await here.newest("partners")) == 40


async def test_a_dry_run_reports_the_same_and_keeps_nothing(here: World) -> None:
    content = "nama usaha;nik;kab_kota\n" + "\n".join(f"Toko {n};;Sukoharjo" for n in range(50)) + "\nX;1;Sukoharjo\n"
    dry = await here.upload(content, "partners", dry_run="true")
    assert await here.records("partners") == []
    real = await here.upload(content, "partners")
    for name in ("rows", "accepted", "created", "merged", "unchanged", "rejected_by", "state"):
        assert dry[name] == real[name], name
    assert len(await here.newest("partners")) == 50


async def test_an_upload_forms_the_partners_that_were_participants_before(here: World) -> None:
    await here.send(here.event("enrollment.registered", enrolment(nik=NIK)))
    content = f"nama;nik;kab_kota\nA;{NIK};33.11\nB;{OTHER_NIK};33.11\nA;{NIK};33.11\n"
    for dry_run in ("true", ""):
        report = await here.upload(content, "persons", **({"dry_run": dry_run} if dry_run else {}))
        assert (report["created"], report["merged"]) == (2, 1), report
    again = await here.upload(content, "persons")
    assert (again["created"], again["unchanged"]) == (0, 3)


async def test_a_cancelled_upload_stays_cancelled(here: World) -> None:
    content = "nama usaha;nik;kab_kota\n" + "\n".join(f"Toko {n};;Sukoharjo" for n in range(20_000))
    files = {"file": ("x.csv", content.encode())}
    answer = await here.http.post("/v1/imports", data={"kind": "partners"}, files=files, headers=here.bearer("dinas"))
    location = answer.headers["location"]
    cancelled = await here.http.delete(location, headers=here.bearer("dinas"))
    assert cancelled.json()["state"] == "cancelled"
    report = await here.done(location)
    await asyncio.sleep(0)
    held = await here.pool.fetchval("select count(*) from evidence")
    assert (report["state"], report["accepted"]) == ("cancelled", held)


async def test_formulas_are_made_harmless_in_what_is_downloaded(here: World) -> None:
    report = await here.upload('nama usaha;nik;kab_kota\n=HYPERLINK("x");1;Sukoharjo\n', "partners")
    answer = await here.http.get(f"/v1/imports/{report['id']}/rejected.csv", headers=here.bearer("dinas"))
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["nama usaha"].startswith("'=")
    assert (row["error_code"], row["error_field"]) == ("invalid_nik", "nik")


async def test_keys_are_issued_and_revoked_for_everyone(here: World) -> None:
    admin = {"authorization": "Bearer admin-key-of-the-tests"}
    made = (await here.http.post("/v1/agencies/dinas/keys", headers=admin)).json()
    mine = {"authorization": f"Bearer {made['key']}"}
    assert (await here.http.get("/v1/lists", headers=mine)).status_code == 200
    assert (await here.http.delete(f"/v1/agencies/dinas/keys/{made['key_id']}", headers=admin)).status_code == 204
    assert (await here.http.get("/v1/lists", headers=mine)).status_code == 401
    published = (await here.facts("access"))[made["key_id"]]
    assert [fact["type"] for fact in published] == ["key.issued", "key.revoked"]
    assert made["key"] not in json.dumps(published)
    assert (await here.http.get("/v1/agencies", headers=mine)).status_code == 401
    assert (await here.http.get("/v1/agencies", headers=here.bearer("dinas"))).status_code == 403


async def test_nothing_personal_is_kept_in_clear(here: World) -> None:
    await here.upload(
        "nama usaha;nik;kab_kota;no_hp\nRahasiawan;" + NIK + ";Sukoharjo;086000001836\nRahasiawan;12;Sukoharjo;1\n",
        "partners",
    )
    await here.send(here.event("enrollment.registered", enrolment(nik=NIK, name="Rahasiawan")))
    for table in ("evidence", "quarantine", "participant", "import", "event", "partner"):
        text = str([tuple(row) for row in await here.pool.fetch(f"select * from {table}")])
        for secret in (NIK, "ahasiawan", "86000001836"):
            assert secret not in text, table


async def test_a_list_sent_again_on_its_day_corrects_itself(here: World) -> None:
    agency = await here.agency("koreksi")
    header, lines = "nama usaha;nib;kab_kota;no hp\n", range(12)
    for name, phone in (("Kedai Awal", "0860000000"), ("Kedai Benar", "0861111111")):
        rows = "".join(f"{name} {n};91200000023{n:02d};Sukoharjo;{phone}{n:02d}\n" for n in lines)
        await here.upload(header + rows, "partners", agency, list="ganti")
    items = (await here.get("/v1/partners", agency))["items"]
    assert {(each["name"][:11], each["contact"]["phone"][:9]) for each in items} == {("Kedai Benar", "+62861111")}
    assert len(items) == 12
