"""Hands messages to their channels, and notices when the server behind a channel is in trouble."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

from services.notifications.channels import Channels, Outcome
from services.notifications.sending.messages import Prepared
from services.notifications.sending.provider import Provider
from shared import tracing
from shared.observability import get_logger

log = get_logger(__name__)


class Delivery:
    """The deliveries of one worker. `count_result` is called with the channel and the result of each.

    `per_minute`: how many messages a channel's provider is given at most.
    """

    def __init__(
        self,
        channels: Channels,
        count_result: Callable[[str, str], object],
        per_minute: Mapping[str, int] | None = None,
    ) -> None:
        self.results = {"sent": 0, "delayed": 0, "failed": 0}
        self._channels = channels
        self._providers = {name: Provider((per_minute or {}).get(name)) for name in channels}
        self._count_result = count_result
        self._cut_off = asyncio.Event()

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self._channels)

    @property
    def down(self) -> list[str]:
        """The channels whose provider is in trouble."""
        return sorted(name for name, provider in self._providers.items() if provider.is_down)

    def trouble(self) -> dict[str, tuple[datetime, str | None]]:
        """Channel → since when its provider is in trouble, and the code of the last failure."""
        found = ((name, each.down_since, each.problem) for name, each in self._providers.items())
        return {name: (since, problem) for name, since, problem in found if since is not None}

    def room(self, now: datetime, most: int) -> dict[str, int]:
        """Each channel that may be used now, and for how many messages; the empty one, for no message, always."""
        found = {name: min(most, provider.room(now)) for name, provider in self._providers.items()}
        return {"": most} | {name: size for name, size in found.items() if size > 0}

    def cut_off(self) -> None:
        """End every delivery that is still running; whether its message has left is not known."""
        self._cut_off.set()

    async def deliver(self, prepared: Prepared, now: datetime) -> Outcome:
        provider = self._providers[prepared.channel]
        provider.began(now)
        about = {"channel": prepared.channel, "template": prepared.message.template}
        with tracing.span(f"send {prepared.channel}", "client", parent=prepared.trace, may_begin=True, **about) as span:
            outcome = await self._unless_cut_off(self._channels[prepared.channel].send(prepared.message))
            span.attributes["result"], span.has_failed = outcome.result, outcome.result != "sent"
        self.results[outcome.result] += 1
        self._count_result(prepared.channel, outcome.result)
        self._watch(prepared.channel, provider, outcome, now)
        return outcome

    async def _unless_cut_off(self, sending: Coroutine[Any, Any, Outcome]) -> Outcome:
        attempt, cut_off = asyncio.ensure_future(sending), asyncio.ensure_future(self._cut_off.wait())
        try:
            await asyncio.wait({attempt, cut_off}, return_when=asyncio.FIRST_COMPLETED)
            return attempt.result() if attempt.done() else Outcome("delayed", "stopped", may_have_left=True)
        finally:
            cut_off.cancel()
            attempt.cancel()

    def _watch(self, channel: str, provider: Provider, outcome: Outcome, now: datetime) -> None:
        """Log once that the server is in trouble, and once that it works again."""
        was_down = provider.is_down
        provider.ended(outcome, now)
        if provider.is_down and not was_down:
            log.warning(
                "reminders wait: the server refuses or does not answer", channel=channel, problem=outcome.detail
            )
        if was_down and not provider.is_down:
            log.info("reminders go out again", channel=channel)
