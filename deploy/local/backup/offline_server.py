"""The PostgreSQL of a directory whose stack is down, by its socket alone and only for as long as it is needed."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.local import postgres, process
from deploy.local.credentials import Credentials
from deploy.local.directory import Directory
from deploy.local.failure import Failure
from deploy.local.postgres import Postgres

READY_WITHIN = 600.0
"""Seconds that the server may take: after a crash it reads its log first."""

STOPPED_WITHIN = 120.0
_POLL = 0.05


@asynccontextmanager
async def offline_server(home: Directory, credentials: Credentials) -> AsyncIterator[Postgres]:
    """The running server, made where there is none; the caller holds the directory."""
    port = 1024 + secrets.randbelow(60_000)  # names the socket, nothing listens there
    described = Postgres(
        home.file("postgres"), port, credentials.postgres, socket_only=True, former=credentials.former_postgres
    )
    log = home.file("logs/postgres.log")
    await asyncio.to_thread(postgres.prepare, described)
    command = postgres.command(described)
    child = process.spawn(command, log, str(home.path))
    try:
        async with asyncio.timeout(READY_WITHIN):
            while not await postgres.ready(described.dsn("postgres")):
                if child.poll() is not None:
                    raise Failure(f"PostgreSQL did not start: see {log}")
                await asyncio.sleep(_POLL)
        await postgres.settle_password(described)
        yield described
    except TimeoutError:
        raise Failure(f"PostgreSQL was not ready within {READY_WITHIN:.0f} s: see {log}") from None
    finally:
        await asyncio.to_thread(process.stop, child, command.stop_signal, STOPPED_WITHIN)
