"""The sentence `why` of every decision, as the API, the dry run and the table `schedule` show it. Pure."""

from datetime import date

from services.notifications.facts import OPEN_END

MERGED = "Merged into another partner, which is reminded in its place."
ERASED = "Erased on request."
NOT_LISTED = "On no agency's list."
REGION_UNKNOWN = "Its region is unknown here, and so are its contact hours."
NO_ADDRESS = "No e-mail address is known"
ADDRESS_REFUSED = "The e-mail address was refused for good; a new one is needed"

FOUND = {
    "visited": "it was met",
    "agreed": "it agreed to register",
    "unreachable": "nobody was met",
    "wrong_number": "its phone number is not its own",
    "not_enrolled": "BPJS does not find it registered; a new visit is asked for",
}
"""What a visit or check found, after which no more reminders are sent."""


def opted_out(on: date) -> str:
    return f"Asked on {on} not to be contacted."


def registered(start: date, until: date, today: date) -> str:
    """`until`: the first day without insurance, or OPEN_END."""
    if until == OPEN_END:
        return f"Registered since {start}." if start <= today else f"Registered from {start} on."
    if start <= today:
        return f"Registered since {start}, until the registration ends on {until}."
    return f"Registered from {start} on, until the registration ends on {until}."


def reminder_due(step: int, steps: int, on: date, *, anchor: date, lapsed: bool, postponed: bool) -> str:
    """`step` of `steps` (from 1) is due on this day; `anchor` is the day from which the cadence is counted."""
    what = f"reminder {step} of {steps} on {on}" + (", put off after a passing failure" if postponed else "")
    if lapsed:
        return f"Not registered (registration lapsed, counted from {anchor}): {what}."
    return f"Not registered (on a list since {anchor}): {what}."


def escalation_due(last_message: date, on: date) -> str:
    return f"All reminders were sent, the last on {last_message}; a visit is asked for on {on} if still unregistered."


def escalated(on: date) -> str:
    return f"Not registered after all reminders; a visit was asked for on {on}."


def visit_due(problem: str, on: date) -> str:
    """`problem`: NO_ADDRESS or ADDRESS_REFUSED."""
    return f"{problem}; a visit is asked for on {on} if that stays so."


def handed_over(problem: str, on: date) -> str:
    return f"{problem}; a visit was asked for on {on}."


def visited(outcome: str, on: date) -> str:
    found = FOUND.get(outcome, outcome)
    return f"Not registered; by the visit of {on}: {found}."


def refused(on: date) -> str:
    return f"It refused to register when it was visited on {on}; no more reminders are sent."


def said_enrolled(on: date) -> str:
    return f"Said on {on} to be registered already: BPJS was asked, and reminders wait for the answer."


def confirmed(on: date) -> str:
    return f"BPJS confirmed on {on} that it is registered."
