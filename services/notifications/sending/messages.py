"""One reminder: its id, its message, and what is recorded and published of an attempt to send it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from services.notifications.channels import Message, Outcome, Recipient
from services.notifications.outreach_events import reminder_finished
from services.notifications.policy import ChannelName, Policy
from services.notifications.rules import Send
from shared.bus.records import Outgoing
from shared.database import columns


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that is recorded as 'sending' and may leave now."""

    channel: ChannelName
    message: Message


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message that was handed to its channel, and how that ended."""

    message: Message
    outcome: Outcome


def message_id(partner_id: str, episode: date, step: int) -> str:
    """The same for the same reminder however often it is tried; reveals nothing about the partner."""
    digest = hashlib.sha256(f"{partner_id}|{episode}|{step}".encode()).hexdigest()
    return f"reminder-{digest[:32]}"


def message_to(row: asyncpg.Record, send: Send, policy: Policy, now: datetime) -> Message:
    """The message of this step to the partner in this row of `recipients`."""
    recipient = Recipient(
        row["name"], row["contact_person"], row["email"], row["language"], individual=row["kind"] == "individual"
    )
    number = message_id(row["partner_id"], send.episode, send.step)
    return Message(number, send.template, row["region"], send.step, recipient, policy.contribution_from, now)


def outcome_columns(attempts: dict[str, Attempt]) -> list[list[Any]]:
    """The first columns of `finish_messages`: ids, outcomes, details, may_have_left."""
    outcomes = [(each.message.id, each.outcome) for each in attempts.values()]
    rows = [(number, outcome.result, outcome.detail, outcome.may_have_left) for number, outcome in outcomes]
    return columns(rows)


def outreach_event(row: asyncpg.Record, attempt: Attempt, now: datetime) -> Outgoing | None:
    """The event of a reminder that was sent or refused for good; None for one that is postponed."""
    message, outcome = attempt.message, attempt.outcome
    if outcome.result == "delayed":
        return None
    return reminder_finished(
        row["partner_id"],
        message.region,
        now,
        result=outcome.result,
        attempts=row["attempts"],
        message_id=message.id,
        template=message.template,
        channel=row["channel"],
        outcome=outcome.detail,
    )
