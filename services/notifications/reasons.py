"""The sentence `why` of every decision, as the API, the dry run and the table `schedule` show it. Pure."""

from datetime import date

from services.notifications.facts import OPEN_END

MERGED = "Merged into another partner, which is reminded in its place."
ERASED = "Erased on request."
NOT_LISTED = "On no agency's list."
REGION_UNKNOWN = "Its region is unknown here, and so are its contact hours."
NO_ADDRESS = "No phone number or e-mail address that can be used is known."
NO_PROVIDER_FOR_PHONE = "A phone number is known, but no provider for WhatsApp or SMS is in use here."
NO_PROVIDER_FOR_EMAIL = "An e-mail address is known, but no mail server is in use here."
ADDRESS_REFUSED = "Every address that can be used here was refused for good; a new one is needed."
PAUSED = "The operator has paused messages; they go on when the pause ends."
ONLY_LOGGED = "No provider is set up here: the message goes to the log and reaches nobody."


FOUND = {
    "visited": "it was met",
    "agreed": "it agreed to register",
    "unreachable": "nobody was met",
    "wrong_number": "its phone number is not its own",
    "not_enrolled": "BPJS does not find it registered; a new visit is asked for",
}
"""What a visit or check found, after which no more reminders are sent."""


def channel_paused(channel: str) -> str:
    return f"The operator has paused {channel}, the only channel that reaches it."


def unreachable(cause: str, on: date, *, asked: bool) -> str:
    """`cause`: why no channel reaches the partner; `on`: the day on which a field agent is or was asked."""
    return f"{cause} {_asked(on) if asked else _to_be_asked(on)}"


def _asked(on: date) -> str:
    return f"A visit was asked for on {on}."


def _to_be_asked(on: date) -> str:
    return f"A visit is asked for on {on} if that stays so."


def opted_out(on: date, kind: str | None = None) -> str:
    """`kind`: asked or erased where it is the address or the person that is not to be contacted."""
    if kind == "erased":
        return f"Data of this address or person were erased on request on {on}; it is not contacted again."
    if kind == "asked":
        return f"Somebody at this address asked on {on} not to be contacted, for whichever partner."
    return f"Asked on {on} not to be contacted."


def registered(start: date, until: date, today: date) -> str:
    """`until`: the first day without insurance, or OPEN_END."""
    if until == OPEN_END:
        return f"Registered since {start}." if start <= today else f"Registered from {start} on."
    if start <= today:
        return f"Registered since {start}, until the registration ends on {until}."
    return f"Registered from {start} on, until the registration ends on {until}."


def reminder_due(
    step: int, steps: int, on: date, *, anchor: date, lapsed: bool, postponed: bool, capped: bool, logged: bool
) -> str:
    """`step` of `steps` (from 1) is due on this day; `anchor` is the day from which the cadence is counted.

    `capped`: the address has had as many messages as it may get; `logged`: there is no provider.
    """
    what = f"reminder {step} of {steps} on {on}"
    if postponed:
        what += ", put off after a passing failure"
    elif capped:
        what += ", put off since the address has had as many messages as it may get"
    listed = f"Not registered (on a list since {anchor}): {what}."
    if lapsed:
        listed = f"Not registered (registration lapsed, counted from {anchor}): {what}."
    return f"{listed} {ONLY_LOGGED}" if logged else listed


def escalation_due(last_message: date, on: date) -> str:
    return f"All reminders were sent, the last on {last_message}; a visit is asked for on {on} if still unregistered."


def escalated(on: date) -> str:
    return f"Not registered after all reminders; a visit was asked for on {on}."


def visited(outcome: str, on: date) -> str:
    found = FOUND.get(outcome, outcome)
    return f"Not registered; by the visit of {on}: {found}."


def refused(on: date) -> str:
    return f"It refused to register when it was visited on {on}; no more reminders are sent."


def said_enrolled(on: date) -> str:
    return f"Said on {on} to be registered already: BPJS was asked, and reminders wait for the answer."


def confirmed(on: date) -> str:
    return f"BPJS confirmed on {on} that it is registered."
