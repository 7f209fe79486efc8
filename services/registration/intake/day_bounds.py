"""Which days a command may name: those of listings, enrolments and claims lie between 1945 and one year ahead.

What a claim is about has happened, and is paid after that.
"""

from datetime import date, timedelta
from typing import Final

from services.registration.intake.commands import Command, Enrol, FileClaim, ListPartner, RecordStatement
from services.registration.intake.values import Refusal
from shared.refusals import WarningCode

FIRST_DAY: Final = date(1945, 1, 1)
YEAR: Final = timedelta(days=366)
LAST_DAY: Final = date(2199, 12, 31)
"""The last day of a statement: a target may reach far ahead."""


def year_ahead(today: date) -> date:
    """The last day that a listing, enrolment or claim accepted today may name."""
    return today + YEAR


def refusal(command: Command, last_day: date) -> Refusal | None:
    """`invalid_date` for the first day of the command outside its bounds; `last_day` is the `year_ahead`."""
    match command:
        case ListPartner():
            return outside("listed_on", command.listed_on, last_day)
        case Enrol():
            return outside("effective_on", command.effective_on, last_day)
        case FileClaim():
            return outside("occurred_on", command.occurred_on, last_day) or _of_claim(command, last_day)
        case RecordStatement():
            days = {field: value for field, value in command.fields.items() if isinstance(value, date)}
            found = (outside("from" if field == "start" else field, day, LAST_DAY) for field, day in days.items())
            return next((each for each in found if each is not None), None)
        case _:
            return None


def _of_claim(claim: FileClaim, last_day: date) -> Refusal | None:
    """Why the days of a claim contradict themselves or the calendar."""
    if claim.occurred_on > last_day - YEAR:
        return Refusal("invalid_date", "occurred_on", "occurred_on lies in the future: a claim is about what happened.")
    if claim.paid_on is None:
        return None
    if claim.paid_on < claim.occurred_on:
        return Refusal("invalid_date", "paid_on", "paid_on lies before occurred_on: check both days.")
    return outside("paid_on", claim.paid_on, last_day)


def outside(field: str, day: date, last_day: date) -> Refusal | None:
    """`invalid_date` for a day before 1945 or after `last_day`."""
    if FIRST_DAY <= day <= last_day:
        return None
    if day < FIRST_DAY:
        return Refusal("invalid_date", field, f"{field} lies before 1945: check the year.")
    return Refusal("invalid_date", field, f"{field} lies after {last_day.isoformat()}: check the year.")


def warnings_of_claim(status: str, paid_on: date | None) -> tuple[WarningCode, ...]:
    """A paid claim without its day of payment is taken: the day is optional."""
    return ("paid_on_missing",) if status == "paid" and paid_on is None else ()
