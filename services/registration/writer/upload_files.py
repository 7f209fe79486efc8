"""Where an uploaded file waits until it is worked off: sealed, in parts, of which two at a time are in memory."""

import asyncio
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import UUID

import asyncpg

from services.registration.queries import queries
from services.registration.vault import Vault

PART_BYTES = 1 << 20


async def keep(db: asyncpg.Connection, vault: Vault, file_id: UUID, file: BinaryIO) -> None:
    """Keep the whole file, in the caller's transaction; a part is sealed while the one before it is stored."""
    await asyncio.to_thread(file.seek, 0)
    part = 0
    sealing = asyncio.create_task(asyncio.to_thread(_next_part, vault, file))
    try:
        while sealed := await sealing:
            sealing = asyncio.create_task(asyncio.to_thread(_next_part, vault, file))
            await db.execute(queries["add_import_file"], file_id, part, sealed)
            part += 1
    finally:
        await asyncio.gather(sealing, return_exceptions=True)  # it uses a file that is closed after this


def _next_part(vault: Vault, file: BinaryIO) -> bytes:
    content = file.read(PART_BYTES)
    return vault.seal(content) if content else b""


def _add_part(vault: Vault, file: BinaryIO, sealed: bytes) -> None:
    file.write(vault.open_bytes(sealed))


async def fetch(pool: asyncpg.Pool, vault: Vault, file_id: UUID, most_parts: int | None = None) -> BinaryIO | None:
    """The file, or its first parts, as a temporary one without a name, to be closed by the caller; None if there is
    none."""
    file, part = TemporaryFile(), 0  # noqa: SIM115 - closed by the caller
    while part != most_parts and (sealed := await pool.fetchval(queries["import_file"], file_id, part)):
        await asyncio.to_thread(_add_part, vault, file, sealed)
        part += 1
    if not part:
        file.close()
        return None
    return file
