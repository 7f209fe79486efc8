"""One reminder: its id, its text's ingredients, what is written down and published of it."""

import hashlib
from datetime import date, datetime
from typing import Any

import asyncpg

from services.notifications.channels import Message, Outcome, Recipient
from services.notifications.policy import Policy
from services.notifications.rules import Send
from shared.bus.records import Outgoing
from shared.events import outreach
from shared.events.model import encode


def message_id(partner_id: str, episode: date, step: int) -> str:
    """The same for the same reminder however often it is tried; tells nothing about the partner."""
    digest = hashlib.sha256(f"{partner_id}|{episode}|{step}".encode()).hexdigest()
    return f"reminder-{digest[:32]}"


def message_of(row: asyncpg.Record, send: Send, policy: Policy, now: datetime) -> Message:
    """The message of this step to whom the row of `recipients` names."""
    recipient = Recipient(
        row["name"], row["contact_person"], row["email"], row["language"], individual=row["kind"] == "individual"
    )
    number = message_id(row["partner_id"], send.episode, send.step)
    return Message(number, send.template, row["region"], send.step, recipient, policy.contribution_from, now)


def finished(messages: dict[str, Message], outcomes: dict[str, Outcome]) -> list[list[Any]]:
    """The columns of `finish_messages`."""
    rows = [
        (m.id, outcomes[key].result, outcomes[key].detail, outcomes[key].may_have_left) for key, m in messages.items()
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def told_of(row: asyncpg.Record, message: Message, outcome: Outcome, now: datetime) -> Outgoing | None:
    """The event of a reminder that was sent or refused for good; one put off tells nothing yet."""
    if outcome.result == "delayed":
        return None
    kind = f"reminder.{outcome.result}"
    return event(
        kind,
        row["partner_id"],
        message.region,
        now,
        f"{message.id}/{outcome.result}/{row['attempts']}",
        template=message.template,
        channel=row["channel"],
        outcome=outcome.detail,
        causation=message.id,
    )


def event(kind: str, partner_id: str, region: str, now: datetime, event_id: str, **more: str | None) -> Outgoing:
    """An event on `outreach`."""
    fact = outreach.Outreach(partner_id=partner_id, region=region, recorded_at=now, **more)
    return Outgoing("outreach", partner_id, kind, event_id, now, encode(fact))
