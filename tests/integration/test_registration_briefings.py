"""Who came to a briefing: read from a file, joined to the agency's briefing of the day, whichever came first."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import stack
from tests.integration.registration_world import World, world

SCHEDULE = "tanggal;angkatan;nama;wilayah\n{day};{batch};Sosialisasi;{region}\n"


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with world(database, kafka, f"briefings{database.name[-6:]}.") as made:
        await made.agency("dinas")
        await made.agency("kanwil", regions=("33", "34"))
        await made.agency("solo", regions=("33.11",))
        yield made
    await stack.drop(postgres, database)


async def listed(here: World, name: str) -> str:
    data = {"partner": {}, "name": name, "kind": "business", "region": "33.11", "listed_on": "2021-01-31"}
    answer = await here.send(here.event("partner.listed", data))
    return str(next(iter(answer["partners"].values())))


async def briefing(here: World, day: str) -> dict[str, Any]:
    published = await here.newest("reference")
    (found,) = [fact for fact in published.values() if fact["held_on"] == day]
    return dict(found)


@pytest.mark.parametrize("agency", ["kanwil", "solo"])
@pytest.mark.parametrize("first", ["schedule", "attendance"])
async def test_a_briefings_region_holds_for_its_guests(here: World, agency: str, first: str) -> None:
    day = f"2021-0{len(agency)}-{len(first):02}"
    partner = await listed(here, f"Toko {agency} {first}")
    region = ";wilayah" if first == "attendance" else ""
    where = ";33.11" if region else ""
    guests = (
        f"nama usaha;nama{region}\nToko {agency} {first};Umi{where}\nToko Lain;Budi{where}\nToko Lain;Siti{where}\n"
    )
    files = {
        "schedule": (SCHEDULE.format(day=day, batch="1", region="33.11"), "briefings"),
        "attendance": (guests, "attendance"),
    }
    for name in (first, *(other for other in files if other != first)):
        report = await here.upload(*files[name], agency, list_date=day)
        assert (report["rejected"], report["created"]) == (0, report["rows"]), report
    published = await briefing(here, day)
    assert (published["region"], published["attendees"], published["present"]) == ("33.11", [partner], 3)
    again = await here.upload(*files["attendance"], agency, list_date=day)
    assert (again["created"], again["unchanged"]) == (0, 3)


async def test_guests_from_nowhere_wait_in_the_quarantine_until_their_briefing_is_told(here: World) -> None:
    partner = await listed(here, "Toko Menunggu")
    report = await here.upload("nama usaha;nama\nToko Menunggu;Umi\n", "attendance", "kanwil", list_date="2021-05-05")
    assert report["rejected_by"] == {"unknown_region": 1}
    await here.upload(SCHEDULE.format(day="2021-05-05", batch="2", region="33.11"), "briefings", "kanwil")
    (entry,) = (await here.get("/v1/quarantine", "kanwil"))["items"]
    answer = await here.http.post(f"/v1/quarantine/{entry['id']}/retry", headers=here.bearer("kanwil"))
    assert answer.status_code == 200, answer.text
    assert (await briefing(here, "2021-05-05"))["attendees"] == [partner]
