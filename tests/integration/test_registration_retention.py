"""What was refused, and dry runs, go when their time is over or their agency says so."""

import pytest

from services.registration.retention import Retention
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import World

REFUSED = "nama usaha;nik;kab_kota\nToko;123;Sukoharjo\nKios;;Sukoharjo\n"


@pytest.fixture
async def here(kafka, postgres, topics):
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, topics) as world:
        await world.agency()
        await world.agency("lain")
        yield world
    await stack.drop(postgres, database)


async def rejected(here: World, import_id: str) -> tuple[int, str]:
    answer = await here.http.get(f"/v1/imports/{import_id}/rejected.csv", headers=here.bearer("dinas"))
    return answer.status_code, answer.text


async def entries(here: World) -> int:
    count: int = await here.pool.fetchval("select count(*) from quarantine")
    return count


async def test_an_agency_deletes_the_refused_rows_of_an_upload_that_ended(here: World) -> None:
    report = await here.upload(REFUSED, "partners")
    address = f"/v1/imports/{report['id']}"
    assert report["refused_deleted_at"] is None
    assert (await here.http.delete(address, headers=here.bearer("lain"))).status_code == 404
    assert (await rejected(here, report["id"]))[0] == 200
    answer = (await here.http.delete(address, headers=here.bearer("dinas"))).json()
    assert (answer["state"], answer["rejected"]) == ("done", 1)
    assert answer["deleted"] == {"file": False, "refused_rows": 1}
    status, text = await rejected(here, report["id"])
    assert (status, "were deleted on" in text) == (404, True)
    again = (await here.http.delete(address, headers=here.bearer("dinas"))).json()
    assert again["deleted"] == {"file": False, "refused_rows": 0}
    assert again["refused_deleted_at"] == answer["refused_deleted_at"]
    assert await entries(here) == 0
    assert len(await here.newest("partners")) == 1


async def test_cancelling_an_upload_deletes_its_file(here: World) -> None:
    content = "nama usaha;nik;kab_kota\n" + "".join(f"Toko {n};;Sukoharjo\n" for n in range(20_000))
    files = {"file": ("x.csv", content.encode())}
    answer = await here.http.post("/v1/imports", data={"kind": "partners"}, files=files, headers=here.bearer("dinas"))
    cancelled = (await here.http.delete(answer.headers["location"], headers=here.bearer("dinas"))).json()
    assert (cancelled["state"], cancelled["deleted"]) == ("cancelled", {"file": True, "refused_rows": 0})
    assert await here.pool.fetchval("select count(*) from import_file") == 0


async def test_an_agency_gives_up_an_entry_of_its_quarantine(here: World) -> None:
    await here.upload(REFUSED, "partners")
    (entry,) = (await here.get("/v1/quarantine"))["items"]
    address = f"/v1/quarantine/{entry['id']}"
    assert (await here.http.delete(address, headers=here.bearer("lain"))).status_code == 404
    assert (await here.http.delete(address, headers=here.bearer("dinas"))).status_code == 204
    assert (await here.http.delete(address, headers=here.bearer("dinas"))).status_code == 404
    assert (await here.get("/v1/quarantine"))["items"] == []


async def test_what_was_refused_goes_after_ninety_days_and_not_before(here: World) -> None:
    report = await here.upload(REFUSED, "partners", list="satu")
    dry = await here.upload(REFUSED, "partners", list="dua", dry_run="true")
    listing = {"partner": {}, "name": "Toko", "kind": "business", "region": "Solo", "listed_on": "2021-01-31"}
    await here.send(here.event("partner.listed", listing))
    retention = Retention(here.pool, 90)
    for days, left in ((89, 3), (91, 0)):
        await here.pool.execute(f"update import set finished_at = now() - interval '{days} days'")
        await here.pool.execute(f"update quarantine set recorded_at = now() - interval '{days} days'")
        await retention.expire()
        assert await entries(here) == left
    assert (await rejected(here, report["id"]))[0] == 404
    assert (await here.get(f"/v1/imports/{report['id']}"))["rejected"] == 1
    gone = await here.http.get(f"/v1/imports/{dry['id']}", headers=here.bearer("dinas"))
    assert gone.status_code == 404
    assert await retention.expire() == 0


async def test_a_download_of_many_refused_rows_has_all_of_them(here: World) -> None:
    rows = "".join(f"Toko {n};{n};Sukoharjo\n" for n in range(1, 2_501))
    report = await here.upload("nama usaha;nik;kab_kota\n" + rows, "partners")
    status, text = await rejected(here, report["id"])
    lines = text.splitlines()
    assert (status, len(lines), len(set(lines))) == (200, 2_501, 2_501)
    assert lines[1].startswith("Toko 1,1,Sukoharjo,invalid_nik")
    assert lines[-1].endswith(",2501")
