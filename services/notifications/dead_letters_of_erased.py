"""Whose dead letters of `contacts` are to be deleted."""

import asyncpg

from services.notifications.queries import queries
from shared.bus.dead_letters import Matches


async def letters_of_erased(db: asyncpg.Connection) -> Matches | None:
    """Take the notes that erasure left; a letter is a partner's by its key, whatever its value."""
    ids = {row["partner_id"] for row in await db.fetch(queries["take_letters_to_forget"])}
    return (lambda letter: letter.key in ids) if ids else None
