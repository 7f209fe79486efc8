"""The events that reminders publish on `outreach`."""

from datetime import datetime

from shared.bus.records import Outgoing
from shared.events.model import encode
from shared.events.outreach import Outreach


def reminder_finished(
    partner_id: str, region: str, now: datetime, *, result: str, attempts: int, message_id: str, **more: str | None
) -> Outgoing:
    """`reminder.sent` or `reminder.failed`, by `result`; `more`: template, channel, outcome."""
    event_id = f"{message_id}/{result}/{attempts}"
    fact = Outreach(partner_id, region, now, causation=message_id, **more)
    return _event(f"reminder.{result}", event_id, fact)


def task_opened(
    partner_id: str,
    region: str,
    now: datetime,
    *,
    task_id: str,
    reason: str,
    agent_id: str | None,
    level: str,
    causation: str,
) -> Outgoing:
    """`task.opened`: somebody is asked to visit the partner, or BPJS to look it up; `outcome` says who: the level."""
    fact = Outreach(
        partner_id, region, now, template=reason, channel="agent", agent_id=agent_id, outcome=level, causation=causation
    )
    return _event("task.opened", f"task-{task_id}/opened", fact)


def task_closed(
    partner_id: str, region: str, now: datetime, *, task_id: str, agent_id: str | None, outcome: str
) -> Outgoing:
    """`task.closed`: what was found, or what settled it; caused by the task."""
    fact = Outreach(
        partner_id, region, now, channel="agent", agent_id=agent_id, outcome=outcome, causation=f"task-{task_id}"
    )
    return _event("task.closed", f"task-{task_id}/closed", fact)


def contact_opted_out(partner_id: str, region: str, now: datetime, outcome: str) -> Outgoing:
    """`contact.opted_out`; `outcome` says how it came: an operator noted it, or a reply asked for it."""
    fact = Outreach(partner_id, region, now, outcome=outcome)
    return _event("contact.opted_out", f"opt-out-{partner_id}", fact)


def _event(kind: str, event_id: str, fact: Outreach) -> Outgoing:
    return Outgoing("outreach", fact.partner_id, kind, event_id, fact.recorded_at, encode(fact))
