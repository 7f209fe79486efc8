"""Parameters that several routes take: days, ids and cursors."""

from datetime import date
from uuid import UUID

from services.registration.intake import values
from services.registration.intake.cells import days
from services.registration.intake.values import Refusal
from shared.jakarta import today
from shared.problems import Problem
from shared.regions import Regions

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


def day_or_none(text: str | None, field: str) -> date | None:
    """The day in this text, None without one. Raises Problem."""
    return day_or_today(text, field) if text else None


def areas(regions: Regions, code: str | None) -> list[str] | None:
    """The codes of a region and of all that lie wholly in it, of any level; None where none is asked for."""
    if code is None:
        return None
    inside = set(regions.regencies(code))
    if not inside:
        raise Problem(422, "unknown_region", "No region has this code.", field="region")
    return [each.code for each in regions if inside.issuperset(regions.regencies(each.code))]


def dated_position(cursor: str | None) -> tuple[date, UUID] | tuple[None, None]:
    """The day and id behind which a page begins, the newest first. Raises Problem for a cursor that is none of ours."""
    if cursor is None:
        return None, None
    day, _, identity = cursor.partition(".")
    try:
        return date.fromisoformat(day), UUID(identity)
    except ValueError:
        raise Problem(422, "invalid_value", "This cursor was not given by us.", field="cursor") from None


def given(text: str | None) -> str | None:
    """`?region=` asks for no region."""
    return text or None


def position(cursor: str | None) -> UUID:
    """The id after which a page begins. Raises Problem for a cursor that is no id."""
    after = BEFORE_ALL if cursor is None else values.uuid_or_none(cursor)
    if after is None:
        raise Problem(422, "invalid_value", "This cursor was not given by us.", field="cursor")
    return after
