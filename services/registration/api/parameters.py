"""Parameters that several routes take: days, ids and cursors."""

from datetime import date
from uuid import UUID

from services.registration.intake import values
from services.registration.intake.cells import days
from services.registration.intake.values import Refusal
from shared.jakarta import today
from shared.problems import Problem

BEFORE_ALL = UUID(int=0)
"""The cursor of a first page."""


def day_or_today(text: str | None, field: str) -> date:
    """The day in this text, or today in Jakarta without one. Raises Problem."""
    if not text:
        return today()
    found = days.day(text, field)
    if isinstance(found, Refusal):
        raise Problem(422, found.code, found.detail, field=field)
    return found


def given(text: str | None) -> str | None:
    """`?region=` asks for no region."""
    return text or None


def position(cursor: str | None) -> UUID:
    """The id after which a page begins. Raises Problem for a cursor that is no id."""
    after = BEFORE_ALL if cursor is None else values.uuid_or_none(cursor)
    if after is None:
        raise Problem(422, "invalid_value", "This cursor was not given by us.", field="cursor")
    return after
