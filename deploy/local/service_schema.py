"""What a command does in one service's schema of the running stack's database."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deploy.local.failure import Failure

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")


def in_schema(data: Path, service: str, work: "Callable[[asyncpg.Connection], Awaitable[T]]") -> T:
    """The work's result, done in the service's schema."""
    import asyncpg

    from deploy.local.endpoints import load_endpoints

    async def done() -> T:
        settings = {"search_path": service}
        db = await asyncpg.connect(load_endpoints(data).database, server_settings=settings, timeout=10)
        try:
            return await work(db)
        finally:
            await db.close()

    try:
        return asyncio.run(done())
    except (asyncpg.PostgresError, OSError, TimeoutError) as problem:
        raise Failure(f"the database does not answer ({type(problem).__name__}): see ./payung status") from problem
