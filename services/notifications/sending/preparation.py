"""Before a message leaves: decide once more on the newest facts, escalate, and record what is about to be sent."""

from datetime import date
from typing import TypeVar
from uuid import UUID

import asyncpg

from services.notifications.agents.tasks import Asked, open_tasks
from services.notifications.policy_store import PolicyStore
from services.notifications.queries import queries
from services.notifications.rules import Decision, Escalate, Send
from services.notifications.schedule import Scheduler
from services.notifications.sending.messages import Prepared, message_id, message_to
from shared.database import columns

ActionKind = TypeVar("ActionKind", Send, Escalate)


class Preparation:
    """Prepares what one worker has leased. Works inside the caller's transaction."""

    def __init__(self, scheduler: Scheduler, policies: PolicyStore, owner: UUID) -> None:
        self._scheduler = scheduler
        self._policies = policies
        self._owner = owner

    async def prepare(self, db: asyncpg.Connection, ids: list[str]) -> dict[str, Prepared]:
        """The messages to send now, by partner's id. The leases of all other partners are given back."""
        rows = await db.fetch(queries["lock_leased"], ids, self._owner)
        leased = [row["partner_id"] for row in rows]
        decisions = await self._scheduler.decisions(db, leased)
        await self._scheduler.store(db, decisions)
        await self._escalate(db, _actions(decisions, Escalate))
        sends = _actions(decisions, Send)
        await db.execute(queries["release"], [key for key in leased if key not in sends], self._owner)
        return await self._begin(db, sends)

    async def _escalate(self, db: asyncpg.Connection, escalations: dict[str, Escalate]) -> None:
        """Ask somebody to visit, once an episode and kind of reason."""
        if not escalations:
            return
        now = self._scheduler.now()
        rows = [_escalation(key, action) for key, action in sorted(escalations.items())]
        added = {row["partner_id"] for row in await db.fetch(queries["add_escalations"], *columns(rows), now)}
        asked = [
            Asked(key, episode, escalations[key].reason, number) for key, episode, _, number in rows if key in added
        ]
        await open_tasks(db, asked, self._scheduler.regions, now)
        await self._scheduler.store(db, await self._scheduler.decisions(db, list(escalations)))

    async def _begin(self, db: asyncpg.Connection, sends: dict[str, Send]) -> dict[str, Prepared]:
        """Compose the messages and record each as 'sending'."""
        if not sends:
            return {}
        now = self._scheduler.now()
        policy = await self._policies.policy_at(db, now)
        recipients = await db.fetch(queries["recipients"], list(sends))
        messages = {row["partner_id"]: message_to(row, sends[row["partner_id"]], policy, now) for row in recipients}
        rows = [(key, sends[key], message.id) for key, message in sorted(messages.items())]
        table = [(key, s.episode, s.step, s.template, s.channel, number) for key, s, number in rows]
        await db.execute(queries["begin_messages"], *columns(table), now)
        return {key: Prepared(sends[key].channel, message) for key, message in messages.items()}


def _actions(decisions: dict[str, Decision], kind: type[ActionKind]) -> dict[str, ActionKind]:
    """The actions of this kind, by partner's id."""
    return {key: action for key, each in decisions.items() for action in each.actions if isinstance(action, kind)}


def _escalation(partner_id: str, action: Escalate) -> tuple[str, date, str, str]:
    """(partner's id, episode, template, id): a visit since all reminders were sent, and one since none can be."""
    if action.reason == "unanswered":
        return partner_id, action.episode, "escalation", message_id(partner_id, action.episode, 0)
    return partner_id, action.episode, "unreachable", message_id(partner_id, action.episode, -1)
