"""Before a message leaves: decide once more on the newest facts, escalate, gather what falls on the same day for the
same address, and record what is about to be sent."""

from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg

from services.notifications import traces
from services.notifications.agents.tasks import Asked, open_tasks
from services.notifications.policy import KIND_OF, Policy
from services.notifications.policy_store import PolicyStore
from services.notifications.queries import queries
from services.notifications.rules import Decision, Escalate, Send
from services.notifications.schedule import Scheduler
from services.notifications.sending.messages import (
    Prepared,
    grouped,
    message_id,
    prepared,
    reminder_columns,
)
from services.notifications.stories import Stories
from shared.database import columns

ActionKind = TypeVar("ActionKind", Send, Escalate)

MOST_TOGETHER = 200
"""Reminders in one message."""


class Preparation:
    """Prepares what one worker has leased. Works inside the caller's transaction."""

    def __init__(self, scheduler: Scheduler, policies: PolicyStore, owner: UUID, lease: timedelta) -> None:
        self._scheduler = scheduler
        self._policies = policies
        self._owner = owner
        self._lease = lease
        self._stories = Stories(scheduler.regions)

    async def prepare(self, db: asyncpg.Connection, ids: list[str]) -> list[Prepared]:
        """The messages to send now. The leases of all partners that none of them is for are given back."""
        rows = await db.fetch(queries["lock_leased"], ids, self._owner)
        leased = [row["partner_id"] for row in rows]
        policy = await self._policies.policy_at(db, self._scheduler.now())
        if self._policies.uses_addresses:
            await db.execute(queries["lock_addresses"], leased)  # another worker's message counts from here on
        decisions = await self._scheduler.decisions(db, leased)
        sends = _actions(decisions, Send)
        await self._scheduler.store(db, {key: each for key, each in decisions.items() if key not in sends})
        await self._escalate(db, _actions(decisions, Escalate))
        await db.execute(queries["release"], [key for key in leased if key not in sends], self._owner)
        return await self._begin(db, sends | await self._due_today_as_well(db, sends, leased), policy)

    async def _escalate(self, db: asyncpg.Connection, escalations: dict[str, Escalate]) -> None:
        """Ask somebody to visit, once an episode and kind of reason."""
        if not escalations:
            return
        now = self._scheduler.now()
        rows = [_escalation(key, action) for key, action in sorted(escalations.items())]
        added = {row["partner_id"] for row in await db.fetch(queries["add_escalations"], *columns(rows), now)}
        asked = [Asked(key, day, escalations[key].reason, number) for key, day, _, number in rows if key in added]
        await open_tasks(db, asked, self._scheduler.regions, now)
        await self._scheduler.store(db, await self._scheduler.decisions(db, list(escalations)))

    async def _due_today_as_well(
        self, db: asyncpg.Connection, sends: dict[str, Send], leased: list[str]
    ) -> dict[str, Send]:
        """What is due later today at the same addresses: it leaves at once, in the same message."""
        found: dict[str, Send] = {}
        for channel in {send.channel for send in sends.values()} & KIND_OF.keys():
            ids = [key for key, send in sends.items() if send.channel == channel]
            until = self._scheduler.now() + timedelta(days=1)
            rows = await db.fetch(queries["due_at_same_address"], ids, channel, until, MOST_TOGETHER)
            others = [row["partner_id"] for row in rows if row["partner_id"] not in leased]
            if others:
                found |= await self._of_today(db, others, channel)
        if found:
            await db.execute(queries["lease"], list(found), self._owner, self._lease)
        return found

    async def _of_today(self, db: asyncpg.Connection, ids: list[str], channel: str) -> dict[str, Send]:
        """Of these partners the reminders that the newest facts plan for this channel on the partner's own today."""
        now, found = self._scheduler.now(), {}
        ready = [each.partner_id for each in await self._scheduler.facts(db, ids) if each.earliest(now) <= now]
        for key, decision in (await self._scheduler.decisions(db, ready)).items():
            planned = decision.next
            if planned and planned.channel == channel and planned.at.date() == now.astimezone(planned.at.tzinfo).date():
                found[key] = Send(planned.episode, planned.step, planned.channel, planned.template)
        return found

    async def _begin(self, db: asyncpg.Connection, sends: dict[str, Send], policy: Policy) -> list[Prepared]:
        """Compose the messages, record each reminder as 'sending', and count the message against its address's caps."""
        if not sends:
            return []
        now = self._scheduler.now()
        recipients = await db.fetch(queries["recipients"], list(sends))
        stories = await self._stories.of(db, {row["region"] for row in recipients}, now)
        kept = await traces.of_partners(db, sends)
        messages = [prepared(group, policy, stories, now, kept) for group in grouped(sends, recipients)]
        await db.execute(queries["begin_messages"], *reminder_columns(messages), now)
        keys = [each.address_key for each in messages]
        if any(keys):
            await db.execute(queries["reserve_addresses"], [each.message.id for each in messages], keys, now)
        return messages


def _actions(decisions: dict[str, Decision], kind: type[ActionKind]) -> dict[str, ActionKind]:
    """The actions of this kind, by partner's id."""
    return {key: action for key, each in decisions.items() for action in each.actions if isinstance(action, kind)}


def _escalation(partner_id: str, action: Escalate) -> tuple[str, date, str, str]:
    """(partner's id, episode, template, id): a visit since all reminders were sent, and one since none can be."""
    if action.reason == "unanswered":
        return partner_id, action.episode, "escalation", message_id(partner_id, action.episode, 0)
    return partner_id, action.episode, "unreachable", message_id(partner_id, action.episode, -1)
