"""After a rotation all that was sealed opens, is recognised again, and soon lies sealed under the new key alone."""

import base64

from services.registration.vault import Vault
from tests.integration.registration_world import SECRET, World, world
from tests.stack import Database
from tests.waiting import eventually

NEW = base64.b64encode(b"n" * 32).decode()
LIST = "nama;nik;kabupaten;alamat\nSiti Aminah;3311014101800001;Sukoharjo;Jl. Contoh 1\n"
REFUSED = "nama;nik;kabupaten\nTanpa Wilayah;3311014101800002;Entah\n"

SEALED = """
select sealed from evidence union all
select (state->>'sealed')::bytea from row_version where state is not null union all
select sealed from quarantine union all
select preview from import where preview is not null union all
select sealed from import_file union all
select sealed from webhook"""


async def sealed(running: World) -> list[bytes]:
    return [row[0] for row in await running.pool.fetch(SEALED)]


async def test_what_former_keys_sealed_is_sealed_anew_and_recognised(
    database: Database, kafka: str, topics: str
) -> None:
    async with world(database, kafka, topics) as before:
        await before.agency()
        assert (await before.upload(LIST, "partners", list="ods"))["created"] == 1
        assert (await before.upload(LIST.replace("Contoh 1", "Baru 2"), "partners", list="ods"))["accepted"] == 1
        assert (await before.upload(REFUSED, "partners", list="ods", dry_run="true"))["rejected"] == 1
        webhook = {"url": "https://dinas.example/terima", "events": ["changed"]}
        answer = await before.http.post("/v1/webhooks", json=webhook, headers=before.bearer("dinas"))
        assert answer.status_code == 201, answer.text
        vault, kept = Vault(SECRET), await sealed(before)
        assert len(kept) >= 4
        assert all(vault.sealed_anew(each) is None for each in kept)
    async with world(database, kafka, topics, secret=f"{NEW},{SECRET}") as after:
        after.keys = before.keys

        async def anew() -> bool:
            return bool(await after.pool.fetchval("select exists (select from sealed_anew)"))

        await eventually(anew, 60)
        only_new = Vault(NEW)
        assert [only_new.open_bytes(each) for each in await sealed(after)]
        assert (await after.upload(LIST, "partners", list="ods"))["created"] == 0
        unregistered = f"/v1/imports/{(await after.get('/v1/imports'))[0]['id']}/unregistered.csv"
        assert [row["name"] for row in await after.downloaded(unregistered)] == ["Siti Aminah"]
