"""A task as whoever holds it sees it: whom to visit, where, why now, how to reach it. Pure."""

from datetime import date
from typing import Any, Final, Protocol
from urllib.parse import quote

from services.notifications.agents.phones import dialable
from services.notifications.channels.names import clean_name
from shared import jakarta
from shared.regions import Regions


class Row(Protocol):
    """A row by its columns' names."""

    def __getitem__(self, column: str, /) -> Any: ...


UNREACHABLE: Final = "No message reaches it: a visit is the only way."
NOT_ENROLLED: Final = "It said that it is registered; BPJS does not find it: please visit it again."
SAID_ENROLLED: Final = "It said that it is registered already: please look it up and answer."


def card(row: Row, regions: Regions, today: date) -> dict[str, Any]:
    """A row of the query `inbox`. Personal data: goes to whoever holds the task and nowhere else."""
    phone = None if row["is_phone_wrong"] else dialable(row["phone"])
    region = regions.get(row["region"] or "")
    place, name = region.name if region else row["region"] or "", clean_name(row["name"])
    last = row["last_reminded_at"] and jakarta.day_of(row["last_reminded_at"])
    snoozed = row["snoozed_until"] if row["snoozed_until"] and row["snoozed_until"] > today else None
    return {
        "id": row["task_id"],
        "partner_id": row["partner_id"],
        "kind": row["kind"],
        "priority": row["priority"],
        "reason": row["reason"],
        "why": why(row["reason"], row["reminders"], last),
        "business": {
            "name": name,
            "kind": row["partner_kind"],
            "contact_person": clean_name(row["contact_person"]) or None,
            "phone": phone,
            "email": row["email"],
            "language": row["language"],
            "region": row["region"],
            "place": place,
        },
        "reminders": row["reminders"],
        "last_reminded_on": last,
        "opened_at": row["opened_at"],
        "level": row["level"],
        "agent_id": row["agent_id"],
        "claimed_at": row["claimed_at"],
        "snoozed_until": snoozed,
        "escalates_at": row["touch_by"],
        "links": {
            "call": f"tel:{phone}" if phone else None,
            "whatsapp": f"https://wa.me/{phone[1:]}" if phone else None,
            "route": f"geo:0,0?q={quote(f'{name}, {place}'.strip(', '))}",
        },
    }


def why(reason: str, reminders: int, last: date | None) -> str:
    """Why this business, and why now, in one sentence."""
    match reason:
        case "unreachable":
            return UNREACHABLE
        case "not_enrolled":
            return NOT_ENROLLED
        case "said_enrolled":
            return SAID_ENROLLED
        case _ if last is not None:
            return f"Reminded {reminders} times, the last time on {last}, and still not registered."
        case _:
            return "Not registered after all reminders."
