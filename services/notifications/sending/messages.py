"""Messages: the reminders that leave in one, their ids, and what is recorded and published of an attempt to send it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from services.notifications.channels import Message, Outcome, Recipient
from services.notifications.outreach_events import reminder_finished
from services.notifications.policy import KIND_OF, ChannelName, Policy
from services.notifications.rules import Send
from services.notifications.stories import Story
from shared.bus.records import Outgoing
from shared.database import columns


@dataclass(frozen=True, slots=True)
class Reminder:
    """One partner's reminder; its id stays the same however often it is tried through its channel."""

    id: str
    partner_id: str
    region: str
    send: Send
    label: str
    """What its text is called: the template, and the variant of the operator's wording where that is used."""
    trace: str | None = None
    """The trace that it follows from."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that is recorded as 'sending' and may leave now, with all reminders that it holds, its own first."""

    channel: ChannelName
    message: Message
    reminders: tuple[Reminder, ...]
    address_key: UUID | None

    @property
    def trace(self) -> str | None:
        """The trace that it follows from: that of the first of its reminders that has one."""
        return next((each.trace for each in self.reminders if each.trace), None)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reminder whose message was handed to its channel, and how that ended; `digest` is the message's id."""

    reminder: Reminder
    digest: str
    outcome: Outcome


def message_id(partner_id: str, episode: date, step: int, channel: ChannelName = "email") -> str:
    """The same for the same reminder however often it is tried; reveals nothing about the partner."""
    through = "" if channel in ("email", "log") else f"|{channel}"  # as it was before there were other channels
    digest = hashlib.sha256(f"{partner_id}|{episode}|{step}{through}".encode()).hexdigest()
    return f"reminder-{digest[:32]}"


def grouped(sends: dict[str, Send], recipients: Iterable[asyncpg.Record]) -> list[list[tuple[asyncpg.Record, Send]]]:
    """What leaves in one message: the reminders to one address, the partner with the first id leading."""
    found: dict[object, list[tuple[asyncpg.Record, Send]]] = {}
    for row in sorted(recipients, key=lambda row: str(row["partner_id"])):
        send = sends[row["partner_id"]]
        key = address_key(row, send.channel)
        found.setdefault((send.channel, key or row["partner_id"]), []).append((row, send))
    return list(found.values())


def address_key(row: asyncpg.Record, channel: ChannelName) -> UUID | None:
    """The key of the address that this channel uses of a row of `recipients`."""
    kind = KIND_OF.get(channel)
    return row[f"{kind}_key"] if kind else None


def prepared(
    group: list[tuple[asyncpg.Record, Send]],
    policy: Policy,
    stories: Mapping[str, Story],
    now: datetime,
    traces: Mapping[str, str],
) -> Prepared:
    """The message with these reminders to one address; `traces` by partner's id."""
    row, send = group[0]
    own = policy.wording(send.template, send.channel, row["language"], row["partner_id"])
    is_used = own is not None and (len(group) == 1 or send.channel == "sms")
    reminders = tuple(
        Reminder(
            message_id(row["partner_id"], send.episode, send.step, send.channel),
            row["partner_id"],
            row["region"],
            send,
            own.label if own is not None and is_used and own.template == send.template else send.template,
            traces.get(row["partner_id"]),
        )
        for row, send in group
    )
    recipient = Recipient(
        row["name"],
        row["contact_person"],
        row["email"],
        row["phone"],
        row["language"],
        individual=row["kind"] == "individual",
    )
    others = tuple(other["name"] or "" for other, _ in group[1:])
    message = Message(
        reminders[0].id,
        send.template,
        row["region"],
        send.step,
        recipient,
        policy.contribution_from,
        now,
        others=others,
        wording=own.text if own else None,
        story=stories.get(row["region"] or ""),
    )
    return Prepared(send.channel, message, reminders, address_key(row, send.channel))


def reminder_columns(messages: Iterable[Prepared]) -> list[list[Any]]:
    """The first columns of `begin_messages`."""
    rows = [
        (one.partner_id, one.send.episode, one.send.step, one.label, one.send.channel, one.id, each.message.id)
        for each in messages
        for one in each.reminders
    ]
    return columns(sorted(rows, key=lambda row: row[0]), 7)


def outcome_columns(attempts: dict[str, Attempt]) -> list[list[Any]]:
    """The first columns of `finish_messages`: ids, outcomes, details, may_have_left."""
    outcomes = [(each.reminder.id, each.outcome) for each in attempts.values()]
    rows = [(number, outcome.result, outcome.detail, outcome.may_have_left) for number, outcome in outcomes]
    return columns(rows)


def outreach_event(row: asyncpg.Record, attempt: Attempt, now: datetime) -> Outgoing | None:
    """The event of a reminder that was sent or refused for good; None for one that is postponed."""
    reminder, outcome = attempt.reminder, attempt.outcome
    if outcome.result == "delayed":
        return None
    event = reminder_finished(
        row["partner_id"],
        reminder.region,
        now,
        result=outcome.result,
        attempts=row["attempts"],
        message_id=reminder.id,
        template=reminder.label,
        channel=row["channel"],
        outcome=outcome.detail,
    )
    return replace(event, traceparent=reminder.trace) if reminder.trace else event
