"""Which days a command may name: those of listings, enrolments and claims lie between 1945 and one year ahead."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from services.registration.intake.commands import Command, Enrol, FileClaim, ListPartner, RecordStatement
from services.registration.intake.values import Refusal

FIRST_DAY: Final = date(1945, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""The last day of a statement: a target may reach far ahead."""
AHEAD: Final = timedelta(days=366)


def refusal(command: Command, today: date) -> Refusal | None:
    """`invalid_date` for the first day of the command outside its bounds; `today` is the day of acceptance."""
    for field, day, last_day in _days(command, today + AHEAD):
        if day < FIRST_DAY:
            return Refusal("invalid_date", field, f"{field} lies before 1945: check the year.")
        if day > last_day:
            return Refusal("invalid_date", field, f"{field} lies after {last_day.isoformat()}: check the year.")
    return None


def _days(command: Command, year_ahead: date) -> Iterator[tuple[str, date, date]]:
    """(field, day, the last day it may be)."""
    match command:
        case ListPartner():
            yield "listed_on", command.listed_on, year_ahead
        case Enrol():
            yield "effective_on", command.effective_on, year_ahead
        case FileClaim():
            yield "occurred_on", command.occurred_on, year_ahead
            if command.paid_on is not None:
                yield "paid_on", command.paid_on, year_ahead
        case RecordStatement():
            for field, value in command.fields.items():
                if isinstance(value, date):
                    yield "from" if field == "start" else field, value, LAST_DAY
        case _:
            return
