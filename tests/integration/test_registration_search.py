"""GET /v1/partners?nib=…: an agency finds its own partners, by what it sent itself and by nothing of others."""

import io
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import ADMIN, World, world
from tests.integration.test_registration_partners import NIB, NIK, OTHER_NIB, enrolment, listing

NIK_KOPERASI = "3311000000001"


async def names(here: World, agency: str = "dinas", **params: str) -> list[str]:
    return sorted(each["name"] for each in (await here.get("/v1/partners", agency, **params))["items"])


async def refusal(here: World, **params: str) -> tuple[str, str]:
    answer = await here.http.get("/v1/partners", params=params, headers=here.bearer("dinas"))
    assert answer.status_code == 422, answer.text
    return answer.json()["code"], answer.json()["field"]


async def test_own_partners_are_found_by_what_identifies_them(
    database: stack.Database, kafka: str, topics: str, service_log: io.StringIO
) -> None:
    async with world(database, kafka, topics) as here:
        await here.agency()
        await here.agency("lain")
        await send(here)
        await exact(here)
        await nothing_of_others(here)
        await refused(here)
        await paged(here)
        assert not any(text in service_log.getvalue() for text in (NIB, NIK, "3311024908000001", "Peraga", "1836"))


async def send(here: World) -> None:
    contact: dict[str, Any] = {"contact": {"phone": "0860-0000-1836"}}
    await here.send(
        here.event("partner.listed", listing("PT. Toko Peraga", nib=NIB, **contact)),
        here.event("partner.listed", listing("Warung", nik=NIK, region="33.12")),
        here.event("partner.listed", listing("KSP Maju", nik_koperasi=NIK_KOPERASI, kind="cooperative")),
        here.event("enrollment.registered", enrolment("ZZ9", nib=NIB)),
    )
    rahasia = listing("Rahasia", nib=NIB, nik="3311024908000009", contact={"phone": "0860-0000-9999"})
    await here.send(here.event("partner.listed", rahasia, source="/lain"), agency="lain")


async def exact(here: World) -> None:
    for params, found in (
        ({"nib": NIB}, ["PT. Toko Peraga"]),
        ({"nib": "00001-00000-011"}, ["PT. Toko Peraga"]),
        ({"nik": NIK}, ["Warung"]),
        ({"nik_koperasi": NIK_KOPERASI}, ["KSP Maju"]),
        ({"name": "toko  PERAGA"}, ["PT. Toko Peraga"]),
        ({"name": "Koperasi Simpan Pinjam Maju"}, ["KSP Maju"]),
        ({"phone": "+62 860 0000 1836"}, ["PT. Toko Peraga"]),
        ({"participant_no": "ZZ9"}, ["PT. Toko Peraga"]),
        ({"participant_no": "ZZ9", "phone": "086000001836", "registered": "true"}, ["PT. Toko Peraga"]),
        ({"nib": NIB, "nik": NIK}, []),
        ({"nib": OTHER_NIB}, []),
        ({"nib": NIB, "region": "33.12"}, []),
        ({"name": "Toko"}, []),
    ):
        assert await names(here, **params) == found, params  # type: ignore[arg-type]


async def nothing_of_others(here: World) -> None:
    for params in ({"name": "Rahasia"}, {"nik": "3311024908000009"}, {"phone": "0860-0000-9999"}):
        assert await names(here, **params) == [], params
        assert await names(here, "lain", **params) == ["Rahasia"], params
    everything = {"authorization": f"Bearer {ADMIN}"}
    found = await here.http.get("/v1/partners", params={"nik": "3311024908000009"}, headers=everything)
    assert len(found.json()["items"]) == 1
    (partner,) = (await here.get("/v1/partners", nik=NIK))["items"]
    tied = listing("Warung", id=partner["id"], region="33.12")
    await here.send(here.event("partner.listed", tied, source="/lain"), agency="lain")
    assert await names(here, "lain", nik=NIK) == []  # its row took the number from another's


async def refused(here: World) -> None:
    assert await refusal(here, nib="12") == ("invalid_nib", "nib")
    assert await refusal(here, nib="") == ("invalid_nib", "nib")
    assert await refusal(here, nik="3.57602E+15") == ("nik_excel_damaged", "nik")
    assert await refusal(here, nik_koperasi="7") == ("invalid_value", "nik_koperasi")
    assert await refusal(here, phone="0271-123") == ("invalid_value", "phone")
    assert await refusal(here, name=" ") == ("invalid_value", "name")
    assert await refusal(here, name="x" * 201) == ("too_long", "name")
    assert await refusal(here, participant_no="") == ("invalid_value", "participant_no")
    answer = await here.http.get("/v1/partners", params={"nibb": NIB}, headers=here.bearer("dinas"))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")
    assert "did you mean nib?" in answer.json()["detail"]


async def paged(here: World) -> None:
    await here.send(*(here.event("partner.listed", listing("Sama", nib=f"{800_000_000 + n:013d}")) for n in range(7)))
    page = await here.get("/v1/partners", name="sama", limit="3")
    found = page["items"]
    while page["next_cursor"]:
        page = await here.get("/v1/partners", name="sama", limit="3", cursor=page["next_cursor"])
        found += page["items"]
    assert len({each["id"] for each in found}) == len(found) == 7


@pytest.mark.parametrize("kind", ["partner.listed", "enrollment.registered", "agreement.signed"])
async def test_what_is_odd_about_an_accepted_event_stands_in_the_answer(
    database: stack.Database, kafka: str, topics: str, kind: str
) -> None:
    odd = "9999024908000001"
    data, codes = {
        "partner.listed": (listing(nik=odd, contact={"phone": "0271"}), {"nik_unknown_prefix", "phone_unusable"}),
        "enrollment.registered": (enrolment(nik=odd), {"nik_unknown_prefix"}),
        "agreement.signed": (
            {"title": f"Dengan {NIK}", "parties": ["A"], "date": "2021-01-01", "region": "33.11"},
            {"personal_number_in_text"},
        ),
    }[kind]
    async with world(database, kafka, topics) as here:
        await here.agency()
        event = here.event(kind, data)
        answer = await here.send(event)
        assert {(each["index"], each["id"], each["code"]) for each in answer["warnings"]} == {
            (0, event["id"], code) for code in codes
        }
