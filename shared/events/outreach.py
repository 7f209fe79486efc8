"""What notifications did: reminders, agents' tasks, opt-outs. No personal data."""

import msgspec

from shared.events.model import Topic, datetime

TOPIC = Topic("outreach", whole_state=False)


class Outreach(msgspec.Struct, frozen=True):
    """One act towards a partner; `causation` is the id of the event, reminder or task that led to it. Of a task that is
    opened `outcome` says with whom it lies (agent, agency, office), of one that is closed what was found."""

    partner_id: str
    region: str
    recorded_at: datetime
    template: str | None = None
    channel: str | None = None
    agent_id: str | None = None
    outcome: str | None = None
    causation: str | None = None


TYPES = dict.fromkeys(("reminder.sent", "reminder.failed", "task.opened", "task.closed", "contact.opted_out"), Outreach)
