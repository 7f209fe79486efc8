"""The workers that send, as many as the settings ask for."""

from dataclasses import replace
from datetime import timedelta

import asyncpg

from services.notifications.backlog import Backlog
from services.notifications.channels import Channels
from services.notifications.policy_store import PolicyStore
from services.notifications.schedule import Scheduler
from services.notifications.sending.metrics import SendingMetrics
from services.notifications.sending.sender import LOG_PACE, MAIL_PACE, Sender
from services.notifications.settings import Settings
from shared.bus.outbox import Relay
from shared.observability import Metrics


def senders_of(
    settings: Settings,
    pool: asyncpg.Pool,
    scheduler: Scheduler,
    policies: PolicyStore,
    channels: Channels,
    backlog: Backlog,
    relay: Relay,
    metrics: Metrics,
) -> list[Sender]:
    """`settings.senders` workers; their numbers are one metric."""
    numbers = SendingMetrics(metrics)
    pace = LOG_PACE if list(channels) == ["log"] else MAIL_PACE
    lease = timedelta(seconds=settings.lease_seconds)
    rates = {"whatsapp": settings.whatsapp_per_minute, "sms": settings.sms_per_minute}
    senders = [
        Sender(
            pool,
            scheduler,
            policies,
            channels,
            pace=replace(pace, lease=lease),
            per_minute={name: max(1, rate // settings.senders) for name, rate in rates.items()},
            is_caught_up=backlog.is_caught_up,
            on_recorded=relay.wake,
            count_result=numbers.count_result,
            count_delay=numbers.count_delay,
            name=f"sender-{number}",
        )
        for number in range(1, settings.senders + 1)
    ]
    numbers.watch(senders, list(channels))
    return senders
