"""A large file in several requests: what arrived stays, whoever sends goes on from there, and an import takes it."""

import asyncio
import base64
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.local import resumable_upload
from deploy.local.client import Client
from services.registration.api import previews, uploads
from services.registration.retention import Retention
from services.registration.upload_quota import Quota
from services.registration.vault import Vault
from services.registration.writer import upload_files
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import ADMIN, SECRET, World
from tests.integration.test_registration_restarts import Process
from tests.waiting import eventually

MIB = 1 << 20
HEADER = b"nama usaha;kab_kota\n"
FILE = HEADER + b"Toko Satu;Sukoharjo\nToko Dua;Sukoharjo\n"
BYTES = {"content-type": "application/offset+octet-stream", "tus-resumable": "1.0.0"}


@pytest.fixture(scope="module")
async def here(kafka: str, postgres: str) -> AsyncIterator[World]:
    database = await stack.clone(postgres)
    async with registration_world.world(database, kafka, "uploads.") as world:
        await world.agency()
        await world.agency("asing")
        yield world
    await stack.drop(postgres, database)


async def begin(here: World, length: int, agency: str = "dinas", **headers: str) -> httpx.Response:
    sent = here.bearer(agency) | {"tus-resumable": "1.0.0", "upload-length": str(length)} | headers
    return await here.http.post("/v1/uploads", headers=sent)


async def append(
    here: World, location: str, offset: int | str, content: Any, agency: str = "dinas", **headers: str
) -> httpx.Response:
    sent = here.bearer(agency) | BYTES | {"upload-offset": str(offset)} | headers
    return await here.http.patch(location, content=content, headers=sent)


async def uploaded(here: World, content: bytes, **headers: str) -> str:
    """The address of a finished upload."""
    location: str = (await begin(here, len(content), **headers)).headers["location"]
    assert (await append(here, location, 0, content)).status_code == 204
    return location


async def imported(here: World, location: str, agency: str = "dinas", **fields: str) -> httpx.Response:
    data = {"kind": "partners", "upload": location.rpartition("/")[2]} | fields
    return await here.http.post("/v1/imports", data=data, headers=here.bearer(agency))


async def parts(here: World, location: str) -> int:
    kept: int = await here.pool.fetchval(
        "select count(*) from import_file where file_id = $1::uuid", location.rpartition("/")[2]
    )
    return kept


async def test_an_upload_in_pieces_is_tried_and_then_imported_once(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "ANSWERED_WITHIN", 60.0)
    name = base64.b64encode(b"Daftar Kita.csv").decode()
    made = await begin(here, len(FILE), **{"upload-metadata": f"filename {name},filetype dGV4dA=="})
    assert (made.status_code, made.headers["upload-offset"], made.headers["tus-resumable"]) == (201, "0", "1.0.0")
    location = made.headers["location"]
    for start, end in ((0, 10), (10, 11), (11, len(FILE))):
        answer = await append(here, location, start, FILE[start:end])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        head = await here.http.head(location, headers=here.bearer("dinas"))
        assert (head.status_code, head.headers["upload-offset"], head.headers["upload-length"]) == (
            200,
            str(end),
            str(len(FILE)),
        )
    tried = await imported(here, location, dry_run="true")
    assert (tried.status_code, tried.json()["accepted"], tried.json()["list"]) == (202, 2, "daftar-kita")
    answer = await imported(here, location)
    report = await here.done(answer.headers["location"])
    assert (report["state"], report["accepted"], report["id"] == location.rpartition("/")[2]) == ("done", 2, False)
    again = await imported(here, location)
    assert (again.status_code, again.headers["location"]) == (202, answer.headers["location"])
    assert (await here.http.get(location, headers=here.bearer("dinas"))).status_code == 404
    assert await parts(here, location) == 0


async def test_of_two_who_send_the_same_bytes_one_is_told_where_to_go_on(here: World) -> None:
    location = (await begin(here, 3 * MIB)).headers["location"]
    answers = await asyncio.gather(*(append(here, location, 0, b"x" * (2 * MIB)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "conflict"
    assert (await here.get(location))["received"] == 2 * MIB
    assert await parts(here, location) == 2
    assert (await imported(here, location)).status_code == 409


async def test_uploads_are_the_agencys_own(here: World) -> None:
    location = await uploaded(here, FILE)
    for answer in (
        await here.http.get(location, headers=here.bearer("asing")),
        await append(here, location, len(FILE), b"", agency="asing"),
        await here.http.delete(location, headers=here.bearer("asing")),
        await imported(here, location, agency="asing"),
        await imported(here, "/v1/uploads/none"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert location.rpartition("/")[2] in {each["id"] for each in (await here.get("/v1/uploads"))["items"]}
    assert await here.get("/v1/uploads", "asing") == {"items": [], "next_cursor": None}
    assert (await here.http.delete(location, headers=here.bearer("dinas"))).status_code == 204
    assert await parts(here, location) == 0


@pytest.mark.parametrize(
    ("length", "headers", "status", "field"),
    [
        (5, {"tus-resumable": "0.2.2"}, 412, "Tus-Resumable"),
        (0, {}, 422, "Upload-Length"),
        (-1, {}, 422, "Upload-Length"),
        ((1 << 30) + 1, {}, 413, "Upload-Length"),
        (5, {"upload-metadata": "filename ***"}, 422, "Upload-Metadata"),
    ],
)
async def test_an_upload_that_cannot_begin_is_refused(
    here: World, length: int, headers: dict[str, str], status: int, field: str
) -> None:
    answer = await begin(here, length, **headers)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


async def test_bytes_that_cannot_follow_are_refused(here: World) -> None:
    location = (await begin(here, 5)).headers["location"]
    for offset, content, headers, status in (
        (0, b"123456", {}, 413),
        (3, b"1", {}, 409),
        ("x", b"1", {}, 422),
        (0, b"1", {"content-type": "text/csv"}, 415),
    ):
        answer = await append(here, location, offset, content, **headers)
        assert answer.status_code == status, answer.text
    assert (await here.get(location))["received"] == 0


async def test_an_upload_asked_for_at_once_or_for_something_else_is_one_import(here: World) -> None:
    location = await uploaded(here, FILE)
    answers = await asyncio.gather(*(imported(here, location, list="Satu") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    for other in ({"dry_run": "true"}, {"kind": "persons"}, {"list": "dua"}):
        answer = await imported(here, location, **other)
        assert (answer.status_code, answer.json()["field"]) == (409, "upload")


async def test_an_import_names_a_file_or_an_upload(here: World) -> None:
    location = await uploaded(here, b"halo\n")
    assert (await imported(here, location)).json()["code"] == "malformed"
    both = await here.http.post(
        "/v1/imports",
        data={"kind": "partners", "upload": "x"},
        files={"file": ("x.csv", FILE)},
        headers=here.bearer("dinas"),
    )
    neither = await here.http.post("/v1/imports", data={"kind": "partners"}, headers=here.bearer("dinas"))
    for answer in (both, neither):
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_value", "file")


async def test_an_agencys_quota_holds_for_uploads_and_files_that_wait(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = await here.agency("penuh")
    quota: Quota = here.app.state.services.quota
    monkeypatch.setattr(quota, "most", 3 * MIB)
    location = (await begin(here, 2 * MIB, agency)).headers["location"]
    large = {"file": ("x.csv", HEADER + b"Toko;Sukoharjo\n" * (MIB // 10))}
    refused = [
        await begin(here, 2 * MIB, agency),
        await here.http.post("/v1/imports", data={"kind": "partners"}, files=large, headers=here.bearer(agency)),
    ]

    async def unannounced() -> AsyncIterator[bytes]:
        yield b'--y\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(4):
            yield b"x" * (MIB // 2)

    form = here.bearer(agency) | {"content-type": "multipart/form-data; boundary=y"}
    refused.append(await here.http.post("/v1/imports", content=unannounced(), headers=form))
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests"), answer.text
        assert "delete uploads" in answer.json()["detail"]
    assert (await begin(here, 2 * MIB, "asing")).status_code == 201
    await here.http.delete(location, headers=here.bearer(agency))
    answer = await here.http.post("/v1/imports", data={"kind": "partners"}, files=large, headers=here.bearer(agency))
    assert answer.status_code == 202
    await here.http.delete(answer.headers["location"], headers=here.bearer(agency))
    assert await quota.free(agency) == 3 * MIB


async def test_the_quota_holds_for_uploads_that_begin_at_once(here: World) -> None:
    agency = await here.agency("serentak")
    answers = await asyncio.gather(*(begin(here, 1 << 30, agency) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [429] * 12


async def test_what_is_being_received_counts_in_every_instance(here: World) -> None:
    agency = await here.agency("dua-proses")
    one, other = Quota(here.pool, 3 * MIB), Quota(here.pool, 3 * MIB)
    async with one.receiving(agency) as received:
        assert await received.reserve(2 * MIB)
        assert await other.free(agency) == MIB
        async with other.receiving(agency) as second:
            assert not await second.reserve(2 * MIB)
            assert await second.add(MIB)
            assert not await second.add(1)
            assert await received.add(2 * MIB)
            assert not await received.add(1)
    assert await other.free(agency) == 3 * MIB
    async with one.receiving(agency) as lost:
        assert await lost.reserve(2 * MIB)
        await here.pool.execute("update receiving set expires_at = now() where agency = $1", agency)
        assert await other.free(agency) == 3 * MIB, "a killed process holds nothing for ever"


async def test_an_agency_has_so_many_uploads_open_and_sees_them_page_by_page(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = await here.agency("banyak")
    monkeypatch.setattr(uploads, "MOST_OPEN", 3)
    made = [(await begin(here, 10, agency)).json()["id"] for _ in range(3)]
    refused = await begin(here, 10, agency)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    first = await here.get("/v1/uploads", agency, limit="2")
    rest = await here.get("/v1/uploads", agency, limit="2", cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + rest["items"]] == made
    assert rest["next_cursor"] is None
    await here.http.delete(f"/v1/uploads/{made[0]}", headers=here.bearer(agency))
    assert (await begin(here, 10, agency)).status_code == 201


async def test_an_upload_that_nobody_went_on_with_is_deleted(here: World) -> None:
    location = await uploaded(here, FILE)
    await here.pool.execute(
        "update upload set expires_at = now() where upload_id = $1::uuid", location.rpartition("/")[2]
    )
    assert (await here.http.get(location, headers=here.bearer("dinas"))).status_code == 404
    await Retention(here.pool, 90).expire()
    assert await parts(here, location) == 0


async def send_and_hang_up(process: Process, location: str, headers: dict[str, str], content: bytes) -> None:
    """A PATCH whose connection breaks after these bytes of it."""
    host, port = process.address.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    fields = headers | BYTES | {"upload-offset": "0", "content-length": str(10 * MIB), "host": host}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"PATCH {location} HTTP/1.1\r\n{head}\r\n".encode() + content)
    await writer.drain()
    writer.close()


@pytest.fixture
async def process(database: stack.Database, kafka: str, topics: str, tmp_path: Path) -> AsyncIterator[Process]:
    made = Process(database, kafka, topics, tmp_path / "registration.log")
    await made.start()
    yield made
    await made.end(signal.SIGKILL)


@pytest.fixture
async def http(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks with an agency's key."""
    async with httpx.AsyncClient(base_url=process.address, timeout=30) as client:
        body = {"slug": "dinas", "name": "Dinas", "regions": ["ID"], "scopes": ["publish"]}
        made = await client.post("/v1/agencies", json=body, headers={"authorization": f"Bearer {ADMIN}"})
        client.headers["authorization"] = f"Bearer {made.json()['key']}"
        yield client


async def test_what_arrived_before_the_connection_broke_is_kept(process: Process, http: httpx.AsyncClient) -> None:
    location = (await http.post("/v1/uploads", headers={"upload-length": str(10 * MIB)})).headers["location"]
    mine = {"authorization": http.headers["authorization"]}
    await send_and_hang_up(process, location, mine, b"x" * (MIB + 1000))

    async def has_arrived() -> bool:
        return (await http.head(location)).headers["upload-offset"] == str(MIB + 1000)

    await eventually(has_arrived, 30)
    answer = await http.patch(location, content=b"y" * 9, headers=BYTES | {"upload-offset": str(MIB + 1000)})
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(MIB + 1009))


async def test_the_command_line_goes_on_by_itself_when_the_service_is_killed(
    process: Process, http: httpx.AsyncClient, database: stack.Database, tmp_path: Path
) -> None:
    path = tmp_path / "besar.csv"
    path.write_bytes(HEADER + b"".join(b"Toko %d;Sukoharjo\n" % n for n in range(900_000)))
    loop, sent = asyncio.get_running_loop(), asyncio.Event()

    def progress(arrived: int) -> None:
        if arrived > 8 * MIB:
            loop.call_soon_threadsafe(sent.set)

    key = http.headers["authorization"].removeprefix("Bearer ")
    with Client(process.address, key) as client:
        sending = asyncio.create_task(asyncio.to_thread(resumable_upload.send, client, path, progress))
        await sent.wait()
        await process.end(signal.SIGKILL)
        assert not sending.done()
        await process.start()
        upload_id = await sending
    async with asyncpg.create_pool(database.of("registration")) as pool:
        file = await upload_files.fetch(pool, Vault(SECRET), UUID(upload_id))
    assert file is not None
    with file:
        file.seek(0)
        assert file.read() == path.read_bytes()
    fields = {"kind": "partners", "dry_run": "true", "upload": upload_id}
    answer = await http.post("/v1/imports", data=fields)
    assert (answer.status_code, answer.json()["preview"]["of_rows"]) == (202, 2_000)
    await http.delete(answer.headers["location"])
