"""An enrolment of several participants in one event: an event for each of them, judged and kept by itself. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from services.registration.intake import values
from services.registration.intake.values import Refused, checked
from shared.events.text_limits import MOST_MEMBERS

TYPES: Final = ("enrollment.registered", "enrollment.changed")
_OWN: Final = ("participant_no", "partner")
"""What every member has of its own; all else may stand once for all, and a member's own stands above it."""


def each_of(event: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The event of each member, as it would be sent alone; None for an event without members or with wrong ones."""
    data = event.get("data")
    if event.get("type") not in TYPES or not isinstance(data, dict) or "members" not in data:
        return None
    try:
        check(data)
    except Refused:
        return None
    common = {name: value for name, value in data.items() if name != "members"}
    return [
        {**event, "id": f"{event.get('id')}/members/{number}", "data": common | member}
        for number, member in enumerate(data["members"])
    ]


def without(event: Any) -> Any:
    """The event without its members: of one that was refused as a whole they are not kept."""
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict) or "members" not in data:
        return event
    return {**event, "data": {name: value for name, value in data.items() if name != "members"}}


def check(data: Mapping[str, Any]) -> None:
    """Raises Refused where the event's members are none, or stand beside a participant of its own."""
    if "members" not in data:
        return
    given = data["members"]
    if not isinstance(given, list) or not given or not all(isinstance(each, dict) for each in given):
        raise Refused("invalid_value", "members", "members is a list of participants, at least one.")
    checked(values.at_most(given, "members", MOST_MEMBERS))
    for name in _OWN:
        if name in data:
            raise Refused("invalid_value", name, f"Beside members there is no {name}: each of them has its own.")
    if any("members" in each for each in given):
        raise Refused("unknown_field", "members.members", "A member has no members.")
