"""An upload that waited while the service was brought up to date is worked off; refused rows of before are kept."""

import uuid
from pathlib import Path

from services.registration.app import MIGRATIONS
from services.registration.vault import Vault
from shared.database import connect, migrate
from tests import stack
from tests.integration import registration_world
from tests.integration.registration_world import SECRET

CHANGED_BY = "0013_files.sql"
CONTENT = b"nama usaha;nik;kab_kota\nToko;;Sukoharjo\nKios;1;Sukoharjo\n"


async def test_a_file_that_was_kept_in_one_piece_is_worked_off(
    postgres: str, kafka: str, topics: str, tmp_path: Path
) -> None:
    database = await stack.clone(postgres, stack.EMPTY)
    for path in MIGRATIONS.glob("*.sql"):
        if path.name < CHANGED_BY:
            (tmp_path / path.name).write_text(path.read_text())
    pool = await connect(database.of("registration"))
    await migrate(pool, tmp_path)
    waiting, ended = uuid.uuid4(), uuid.uuid4()
    await pool.execute(
        "insert into agency (slug, name, regions, scopes) values ('dinas', 'Dinas', '{ID}', '{publish}')"
    )
    imports = "insert into import (import_id, agency, kind, list, list_date, require_nik, dry_run, state, finished_at) "
    await pool.execute(
        imports + "values ($1, 'dinas', 'partners', 'l', '2021-01-31', false, false, 'queued', null)", waiting
    )
    await pool.execute(
        imports + "values ($1, 'dinas', 'partners', 'm', '2021-01-31', false, false, 'done', now())", ended
    )
    await pool.execute("insert into import_file values ($1, $2)", waiting, Vault(SECRET).seal(CONTENT))
    await pool.close()
    async with registration_world.world(database, kafka, topics) as world:
        key = (await world.http.post("/v1/agencies/dinas/keys", headers=_admin())).json()["key"]
        world.keys["dinas"] = key
        report = await world.done(f"/v1/imports/{waiting}")
        assert (report["state"], report["accepted"], report["rejected_by"]) == ("done", 1, {"invalid_nik": 1})
        former = await world.get(f"/v1/imports/{ended}")
        assert (former["skipped_by"], former["columns"], former["reading"]) == ({}, [], {})
    await stack.drop(postgres, database)


def _admin() -> dict[str, str]:
    return {"authorization": f"Bearer {registration_world.ADMIN}"}
